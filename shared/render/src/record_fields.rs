//! The fields of a record as the report shows them: label and value, short ones side by side.

use jiff::civil::Date;
use xinzheng_domain::record::standing::StandingRecord;
use xinzheng_domain::record::{Details, Removal};
use xinzheng_domain::{Record, ReportContent};

/// A field of a record, as reports show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is.
    pub label: &'static str,
    /// What it says.
    pub value: String,
    /// Whether it takes the whole width.
    pub wide: bool,
}

fn short(label: &'static str, value: impl AsRef<str>) -> Field {
    Field { label, value: value.as_ref().to_owned(), wide: false }
}

fn long(label: &'static str, value: impl AsRef<str>) -> Field {
    Field { label, value: value.as_ref().to_owned(), wide: true }
}

fn date(label: &'static str, date: Date) -> Field {
    short(label, date.to_string())
}

/// Every field of the record, in the order of the sharing standard; the marks last. In a report, a name that the subject does
/// not have any more is told.
pub fn of<'s>(standing: &'s StandingRecord, report: Option<&ReportContent>) -> Vec<Field> {
    let record = &standing.record;
    // The removal in the record's own row, or the one that came by itself.
    let removed = |own: Option<&'s Removal<'static>>| own.or(standing.removal.as_ref().map(|removal| &removal.removal));
    let mut fields = vec![];
    match &record.details {
        Details::Penalty(penalty) => {
            fields.extend([
                short("处罚决定日期", record.decided.to_string()),
                short("处罚类别", penalty.categories.join("、")),
                long("违法行为类型", &penalty.violation),
                long("违法事实", &penalty.facts),
                long("处罚依据", &penalty.basis),
                long("处罚内容", &penalty.content),
            ]);
            fields.extend(penalty.fine.map(|amount| short("罚款金额（万元）", amount.to_string())));
            fields.extend(penalty.confiscated.map(|amount| short("没收金额（万元）", amount.to_string())));
            fields.extend(penalty.licence.as_ref().map(|licence| long("暂扣或吊销证照", licence)));
            fields.extend(penalty.valid_until.map(|day| date("处罚有效期", day)));
            fields.extend(penalty.published_until.map(|day| date("公示截止期", day)));
            fields.extend(penalty.simplified.map(|yes| short("是否简易程序", if yes { "是" } else { "否" })));
            authority(&mut fields, "处罚机关", record);
            if penalty.source_unit.name != record.authority.name {
                fields.push(long("数据来源单位", &penalty.source_unit.name));
            }
        }
        Details::Coercion(coercion) => {
            fields.extend([
                short("决定日期", record.decided.to_string()),
                short("强制种类", &coercion.category),
                long("强制事由", &coercion.cause),
                long("强制依据", &coercion.basis),
                long("强制内容", &coercion.content),
            ]);
            fields.push(coercion.lifted.map_or_else(|| short("解除日期", "—"), |day| date("解除日期", day)));
            authority(&mut fields, "强制机关", record);
        }
        Details::SeriousDishonesty(listing) => {
            fields.extend([
                long("名单名称", &listing.list),
                short("列入日期", record.decided.to_string()),
                removed_on(removed(listing.removal.as_ref())),
                long("列入事由", &listing.cause),
                long("列入依据", &listing.basis),
            ]);
            fields.extend(removed(listing.removal.as_ref()).map(|removal| long("移出事由", &removal.cause)));
            authority(&mut fields, "列入机关", record);
        }
        Details::AbnormalOperation(entry) => {
            fields.extend([
                short("列入日期", record.decided.to_string()),
                removed_on(removed(entry.removal.as_ref())),
                long("列入原因", &entry.cause),
            ]);
            fields.extend(removed(entry.removal.as_ref()).map(|removal| long("移出原因", &removal.cause)));
            authority(&mut fields, "列入机关", record);
        }
        Details::Judgment(judgment) => {
            fields.extend([
                short("判决日期", record.decided.to_string()),
                date("生效日期", judgment.effective),
                short("罪名", &judgment.offence),
                short("裁判文书类型", &judgment.document_type),
                long("裁判结果", &judgment.outcome),
            ]);
            authority(&mut fields, "审理法院", record);
        }
    }
    let renamed = report.is_some_and(|report| report.subject.name != record.subject.name);
    fields.extend(renamed.then(|| long("记录所载名称", &record.subject.name)));
    fields.extend(record.remarks.as_ref().map(|remarks| long("备注", remarks)));
    fields.extend(standing.repair.as_ref().map(|repair| {
        let content = repair.content.as_ref().map_or_else(String::new, |content| format!("；{content}"));
        let text = format!("{}准予修复，修复日期 {}，文书 {}{content}", repair.authority, repair.date, repair.document);
        long(REPAIRED, text)
    }));
    fields.extend(standing.objected.map(|day| long(OBJECTED, format!("主体自 {day} 起对此记录提出异议，尚在核实"))));
    fields
}

/// The label of a contested record.
pub(crate) const OBJECTED: &str = "异议处理中";

/// The label of a repaired record's repair.
pub(crate) const REPAIRED: &str = "已修复";

fn removed_on(removal: Option<&Removal<'_>>) -> Field {
    removal.map_or_else(|| short("移出日期", "未移出"), |removal| date("移出日期", removal.date))
}

fn authority(fields: &mut Vec<Field>, label: &'static str, record: &Record) {
    fields.push(short(label, &record.authority.name));
    fields.push(short("机关信用代码", record.authority.uscc.to_string()));
}
