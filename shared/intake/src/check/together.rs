//! What the values of a row say together.

use jiff::civil::Date;
use xinzheng_domain::record::in_force::{End, InForce, is_lasting};
use xinzheng_domain::record::table::Requirement;
use xinzheng_domain::report::period::SCOPE_START;
use xinzheng_domain::{Field, RecordKind};

use crate::fields::Fields;
use crate::findings::Findings;
use crate::normalisation::Normalisation;
use crate::rejection::RejectionCode;
use crate::sums::{self, Compared};
use crate::value::Value;

/// Fills in what follows from other values.
pub(super) fn settle(fields: &mut Fields<'_, '_>, findings: &mut Findings<'_>) {
    settle_domain(fields);
    settle_subject_type(fields, findings);
}

/// Checks that no value contradicts another, the clock or the unit's row in the directory.
pub(super) fn consistent(fields: &Fields<'_, '_>, findings: &mut Findings<'_>) {
    dates(fields, findings);
    fine(fields, findings);
    target(fields, findings);
    manifest(fields, findings);
}

/// A blank domain becomes the unit's only one, or the one that its kind of record always has.
fn settle_domain(fields: &mut Fields<'_, '_>) {
    let Some(index) = fields.surroundings.table.index_of(Field::Domain) else { return };
    let Some(unit) = fields.surroundings.sender.directory_row() else { return };
    if let (Some(value @ Value::Blank), [only]) = (fields.values_mut().get_mut(index), unit.domains.as_slice()) {
        *value = Value::Domain(*only);
    }
}

/// Without a column for it, the subject's type is told from the identity columns that are filled.
fn settle_subject_type(fields: &mut Fields<'_, '_>, findings: &mut Findings<'_>) {
    let Some(index) = fields.surroundings.table.index_of(Field::SubjectType) else { return };
    if !matches!(fields.surroundings.header.places.get(index), Some(None)) {
        return;
    }
    let told = match (fields.get(Field::Uscc), fields.get(Field::IdNumber)) {
        // GB 32100-2015: the first two characters of the code of a sole trader.
        (Value::Uscc(uscc), Value::Blank) if uscc.as_str().starts_with("92") => "个体工商户",
        (Value::Uscc(_), Value::Blank) => "法人及非法人组织",
        (Value::Blank, Value::IdNumber(_)) => "自然人",
        _ => return,
    };
    if let Some(value) = fields.values_mut().get_mut(index) {
        *value = Value::Code(told);
        findings.begin(index);
        findings.note(Normalisation::Inferred);
    }
}

/// Checks that no mandatory value is missing.
pub(super) fn require(fields: &Fields<'_, '_>, findings: &mut Findings<'_>) {
    for (column, value) in fields.columns() {
        if !matches!(value, Value::Blank) {
            continue;
        }
        let reason = match &column.required {
            Requirement::Optional => continue,
            Requirement::Always | Requirement::UnlessTold => "必填项为空".to_owned(),
            Requirement::IfIs(field, values) => match fields.get(*field) {
                Value::Code(code) if values.iter().any(|v| v == code) => {
                    format!("{}为“{code}”时必填", fields.header(*field))
                }
                _ => continue,
            },
            Requirement::UnlessIs(field, values) => match fields.get(*field) {
                Value::Code(code) if values.iter().any(|v| v == code) => continue,
                Value::Code(code) => format!("{}为“{code}”时必填", fields.header(*field)),
                _ => continue,
            },
            Requirement::IfHas(field, values) => match fields.get(*field) {
                Value::Codes(codes) => match codes.iter().find(|code| values.iter().any(|v| v == code)) {
                    Some(code) => format!("{}含“{code}”时必填", fields.header(*field)),
                    None => continue,
                },
                _ => continue,
            },
            Requirement::IfPresent(field) => match fields.get(*field) {
                Value::Blank | Value::Faulty => continue,
                _ => format!("填写了{}时必填", fields.header(*field)),
            },
            Requirement::IfSeveralDomains => "贵单位涉及多个领域，必须写明涉及领域".to_owned(),
        };
        let at = fields.at(column.field);
        if let Some(merged) = fields.merged(column.field) {
            let reason = format!("{reason}（单元格 {merged} 已合并，值只在左上角）");
            let hint = "请取消合并单元格，逐行填写";
            findings.reject(at, "", RejectionCode::ValueMissing, reason, hint);
        } else if at.cell.is_none() {
            let hint = format!("文件没有“{}”列，请添加该列并填写", column.header);
            findings.reject(at, "", RejectionCode::ValueMissing, reason, hint);
        } else {
            findings.reject(at, "", RejectionCode::ValueMissing, reason, "请补填该单元格");
        }
    }
}

/// A fine that is ten thousand times what the decision says, or a ten-thousandth of it, is in the wrong unit; of one that
/// its sums do not name otherwise the clerk is told.
fn fine(fields: &Fields<'_, '_>, findings: &mut Findings<'_>) {
    let (Value::Amount(fine), Value::Text(content)) = (fields.get(Field::Fine), fields.get(Field::Content)) else {
        return;
    };
    let confiscated = match fields.get(Field::Confiscated) {
        Value::Amount(confiscated) => Some(*confiscated),
        _ => None,
    };
    match sums::compared(content, *fine, confiscated) {
        Compared::Named => {}
        Compared::Otherwise => findings.note_amount_unlike_text(),
        Compared::WrongUnit(said) => {
            let reason = format!("与处罚内容所写的金额（{said}万元）相差一万倍，单位可能弄错");
            let hint = "请核对罚款金额的单位，应以万元填写";
            let written = fine.to_string();
            let code = RejectionCode::AmountContradicted;
            findings.reject(fields.at(Field::Fine), &written, code, reason, hint);
        }
    }
}

/// Dates are not to come, lie in the scheme's scope, and follow one another.
fn dates(fields: &Fields<'_, '_>, findings: &mut Findings<'_>) {
    let date = |field: Field| match fields.get(field) {
        Value::Date(date) => Some(*date),
        _ => None,
    };
    let today = fields.surroundings.sender.today;
    for field in [Field::Decided, Field::Lifted, Field::Removed, Field::Established] {
        if let Some(day) = date(field).filter(|&day| day > today) {
            let reason = format!("日期晚于今天（{today}）");
            findings.reject(fields.at(field), &day.to_string(), RejectionCode::DateInFuture, reason, "请核对日期");
        }
    }
    let Some(decided) = date(Field::Decided) else { return };
    if decided < SCOPE_START && is_over_before_the_scope(fields, decided) {
        let reason = "早于2022年8月1日，且当日已不在名单、已解除或不在处罚有效期内，不属于归集范围";
        let hint = "2022年7月31日前的记录按原途径查询，不需报送；此后仍有效的，请填写移出日期、解除日期或处罚有效期";
        findings.reject(fields.at(Field::Decided), &decided.to_string(), RejectionCode::DateBeforeScope, reason, hint);
    }
    for field in [Field::Lifted, Field::Removed, Field::Effective, Field::ValidUntil, Field::PublishedUntil] {
        if let Some(day) = date(field).filter(|&day| day < decided) {
            let reason = format!("早于{}（{decided}）", fields.header(Field::Decided));
            let hint = "请核对两个日期";
            findings.reject(fields.at(field), &day.to_string(), RejectionCode::DateOrder, reason, hint);
        }
    }
}

/// True of a record decided before the scheme's scope whose measure, if it is one, was over when the scope began. A row whose
/// end cannot be read is faulty for that alone.
fn is_over_before_the_scope(fields: &Fields<'_, '_>, decided: Date) -> bool {
    let ended = |field: Field| match fields.get(field) {
        Value::Date(day) => Some(End::Ended(*day)),
        Value::Faulty => None,
        _ => Some(End::Open),
    };
    let end = match fields.surroundings.table.table.record_kind() {
        Some(RecordKind::SeriousDishonesty | RecordKind::AbnormalOperation) => ended(Field::Removed),
        Some(RecordKind::Coercion) => ended(Field::Lifted),
        Some(RecordKind::Penalty) => match (fields.get(Field::Categories), fields.get(Field::ValidUntil)) {
            (Value::Faulty, _) | (_, Value::Faulty) => None,
            (Value::Codes(codes), Value::Date(day)) if codes.iter().any(is_lasting) => Some(End::Until(*day)),
            _ => return true,
        },
        Some(RecordKind::Judgment) => return true,
        None => None,
    };
    end.is_some_and(|end| !InForce { from: decided, end }.on_or_after(SCOPE_START))
}

/// The record that a row of table repair or withdrawal means must be one that the unit may form.
fn target(fields: &Fields<'_, '_>, findings: &mut Findings<'_>) {
    let Value::Code(title) = fields.get(Field::Kind) else { return };
    let (Some(kind), Some(unit)) = (RecordKind::from_title(title), fields.surroundings.sender.directory_row()) else {
        return;
    };
    if !unit.kinds.contains(&kind) {
        let titles: Vec<&str> = unit.kinds.iter().map(|kind| kind.title()).collect();
        let reason = format!("目录中贵单位不报送{title}");
        let hint = format!("贵单位可填：{}", titles.join("、"));
        findings.reject(fields.at(Field::Kind), title, RejectionCode::KindNotPermitted, reason, hint);
    } else if kind == RecordKind::SeriousDishonesty
        // A manifest counts a unit's lists together.
        && fields.surroundings.table.index_of(Field::List).is_some()
        && *fields.get(Field::List) == Value::Blank
        && unit.lists.len() != 1
    {
        let reason = "贵单位有多个名单，必须写明名单名称";
        let hint = format!("贵单位可填：{}", unit.lists.join("、"));
        findings.reject(fields.at(Field::List), "", RejectionCode::ValueMissing, reason, hint);
    }
}

/// A manifest's period runs forward, its kind is one that the unit may form, its list is as long as its count.
fn manifest(fields: &Fields<'_, '_>, findings: &mut Findings<'_>) {
    if let (Value::Date(from), Value::Date(to)) = (fields.get(Field::PeriodFrom), fields.get(Field::PeriodTo)) {
        if to < from {
            let reason = format!("早于{}（{from}）", fields.header(Field::PeriodFrom));
            let code = RejectionCode::DateOrder;
            findings.reject(fields.at(Field::PeriodTo), &to.to_string(), code, reason, "请检查起止日期是否填反");
        }
        let today = fields.surroundings.sender.today;
        if *to > today {
            let reason = format!("日期晚于今天（{today}）");
            let code = RejectionCode::DateInFuture;
            findings.reject(fields.at(Field::PeriodTo), &to.to_string(), code, reason, "请在期间结束后对账");
        }
        if *from < SCOPE_START {
            let reason = "早于2022年8月1日，不属于归集范围";
            let code = RejectionCode::DateBeforeScope;
            findings.reject(fields.at(Field::PeriodFrom), &from.to_string(), code, reason, "请从2022年8月1日起对账");
        }
    }
    if let (Value::Count(count), Value::Documents(documents)) = (fields.get(Field::Count), fields.get(Field::Documents))
        && documents.len() as u64 != *count
    {
        let reason = format!("清单有{}个文号，与条数{count}不符", documents.len());
        let code = RejectionCode::CountContradicted;
        findings.reject(fields.at(Field::Documents), "", code, reason, "请核对条数和清单");
    }
}
