//! Fields of records and of changes to them, as annex 3 calls them.

use std::borrow::Cow;

use xinzheng_domain::record::{Coercion, Judgment, Mark, MarkedRecord, Penalty, Removal};
use xinzheng_domain::{Amount, Details, Record};

/// A field of a record.
pub(crate) struct RecordField {
    /// What annex 3 calls it.
    pub(crate) label: &'static str,
    /// Where the record's JSON has it, and with it a correction.
    pub(crate) place: &'static str,
    /// What it says; `None` when the record has none.
    pub(crate) text: fn(&Record<'_>) -> Option<String>,
}

const fn field(label: &'static str, place: &'static str, text: fn(&Record<'_>) -> Option<String>) -> RecordField {
    RecordField { label, place, text }
}

/// What a decision may correct.
pub(crate) const CORRECTABLE: [RecordField; 22] = [
    field("决定日期", "decided", |record| Some(record.decided.to_string())),
    field("机关", "authority/name", |record| Some(record.authority.name.to_string())),
    field("违法行为类型", "details/violation", |record| Some(penalty(record)?.violation.to_string())),
    field("违法事实", "details/facts", |record| Some(penalty(record)?.facts.to_string())),
    field("依据", "details/basis", |record| match &record.details {
        Details::Penalty(penalty) => Some(penalty.basis.to_string()),
        Details::Coercion(coercion) => Some(coercion.basis.to_string()),
        Details::SeriousDishonesty(listing) => Some(listing.basis.to_string()),
        Details::AbnormalOperation(_) | Details::Judgment(_) => None,
    }),
    field("内容", "details/content", |record| match &record.details {
        Details::Penalty(penalty) => Some(penalty.content.to_string()),
        Details::Coercion(coercion) => Some(coercion.content.to_string()),
        Details::SeriousDishonesty(_) | Details::AbnormalOperation(_) | Details::Judgment(_) => None,
    }),
    field("罚款金额（万元）", "details/fine", |record| penalty(record)?.fine.as_ref().map(Amount::to_string)),
    field("没收金额（万元）", "details/confiscated", |record| {
        penalty(record)?.confiscated.as_ref().map(Amount::to_string)
    }),
    field("暂扣或吊销证照名称及编号", "details/licence", |record| {
        penalty(record)?.licence.as_ref().map(Cow::to_string)
    }),
    field("处罚有效期", "details/valid_until", |record| Some(penalty(record)?.valid_until?.to_string())),
    field("公示截止期", "details/published_until", |record| Some(penalty(record)?.published_until?.to_string())),
    field("强制种类", "details/category", |record| Some(coercion(record)?.category.to_string())),
    field("事由", "details/cause", |record| match &record.details {
        Details::Coercion(coercion) => Some(coercion.cause.to_string()),
        Details::SeriousDishonesty(listing) => Some(listing.cause.to_string()),
        Details::AbnormalOperation(listing) => Some(listing.cause.to_string()),
        Details::Penalty(_) | Details::Judgment(_) => None,
    }),
    field("解除日期", "details/lifted", |record| Some(coercion(record)?.lifted?.to_string())),
    field("名单名称", "details/list", |record| match &record.details {
        Details::SeriousDishonesty(listing) => Some(listing.list.to_string()),
        _ => None,
    }),
    field("罪名", "details/offence", |record| Some(judgment(record)?.offence.to_string())),
    field("裁判文书类型", "details/document_type", |record| Some(judgment(record)?.document_type.to_string())),
    field("裁判结果", "details/outcome", |record| Some(judgment(record)?.outcome.to_string())),
    field("生效日期", "details/effective", |record| Some(judgment(record)?.effective.to_string())),
    field("移出日期", "details/removal/date", |record| Some(removal(record)?.date.to_string())),
    field("移出事由", "details/removal/cause", |record| Some(removal(record)?.cause.to_string())),
    field("备注", "remarks", |record| record.remarks.as_ref().map(Cow::to_string)),
];

/// What makes it this record: no decision changes it.
const FIXED: [RecordField; 6] = [
    field("记录编号", "id", |record| Some(record.id.to_string())),
    field("文号", "document", |record| Some(record.document.to_string())),
    field("领域", "domain", |record| Some(record.domain.number().to_string())),
    field("报送单位", "unit", |record| Some(record.unit.to_string())),
    field("主体名称", "subject/name", |record| Some(record.subject.name.to_string())),
    field("法定代表人", "subject/legal_representative", |record| {
        record.subject.legal_representative.as_ref().map(Cow::to_string)
    }),
];

fn penalty<'r, 'v>(record: &'r Record<'v>) -> Option<&'r Penalty<'v>> {
    match &record.details {
        Details::Penalty(penalty) => Some(penalty),
        _ => None,
    }
}

fn coercion<'r, 'v>(record: &'r Record<'v>) -> Option<&'r Coercion<'v>> {
    match &record.details {
        Details::Coercion(coercion) => Some(coercion),
        _ => None,
    }
}

fn judgment<'r, 'v>(record: &'r Record<'v>) -> Option<&'r Judgment<'v>> {
    match &record.details {
        Details::Judgment(judgment) => Some(judgment),
        _ => None,
    }
}

fn removal<'r, 'v>(record: &'r Record<'v>) -> Option<&'r Removal<'v>> {
    match &record.details {
        Details::SeriousDishonesty(listing) => listing.removal.as_ref(),
        Details::AbnormalOperation(listing) => listing.removal.as_ref(),
        Details::Penalty(_) | Details::Coercion(_) | Details::Judgment(_) => None,
    }
}

/// Label and text of what a record says.
pub(crate) fn of_record(record: &Record<'_>) -> Vec<(&'static str, String)> {
    let said = |field: &RecordField| match field.place {
        // People know a domain and a unit by their names.
        "domain" => Some(record.domain.name().to_owned()),
        "unit" => Some(record.unit.name()),
        _ => (field.text)(record),
    };
    CORRECTABLE.iter().chain(&FIXED).filter_map(|field| Some((field.label, said(field)?))).collect()
}

/// Label and text of what a 修复, 撤销, 移出 or 取消 says.
pub(crate) fn of_mark(marked: &MarkedRecord<'_>) -> Vec<(&'static str, String)> {
    let (authority, content, cause) = match &marked.mark {
        Mark::Repair(repair) => (&repair.authority, repair.content.as_ref(), None),
        Mark::Withdrawal(withdrawal) => (&withdrawal.authority, None, Some(&withdrawal.cause)),
        Mark::Removal(removal) => (&removal.authority, None, Some(&removal.removal.cause)),
        Mark::Cancellation(cancellation) => (&cancellation.authority, None, Some(&cancellation.cause)),
    };
    let fields = [
        ("记录编号", Some(marked.id.to_string())),
        ("文号", marked.mark.document().map(str::to_owned)),
        ("报送单位", Some(marked.unit.name())),
        ("原决定书文号", Some(marked.of.to_string())),
        ("作出机关", Some(authority.to_string())),
        ("日期", Some(marked.mark.date().to_string())),
        ("修复内容", content.map(Cow::to_string)),
        ("事由", cause.map(Cow::to_string)),
    ];
    fields.into_iter().filter_map(|(label, text)| Some((label, text?))).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};
    use xinzheng_domain::Uscc;

    use super::*;

    /// A record whose details are these.
    pub(crate) fn record(details: &Value) -> Record<'static> {
        let uscc = Uscc::compose("91140403", "MA0TE1T1").unwrap();
        serde_json::from_value(json!({
            "id": "0123456789abcdef0123456789abcdef",
            "unit": "market-supervision",
            "domain": 1,
            "subject": {
                "id": uscc, "name": "虚构公司", "subject_type": "organisation", "legal_representative": "某",
            },
            "document": "虚〔2025〕1号",
            "decided": "2025-03-01",
            "authority": { "name": "长治市虚构局", "uscc": uscc },
            "remarks": "旧",
            "details": details,
        }))
        .unwrap()
    }

    #[test]
    fn a_field_stands_where_its_place_says() {
        let source = json!({ "name": "长治市虚构局", "uscc": Uscc::compose("91140403", "MA0TE1T1").unwrap() });
        let removal = json!({ "date": "2025-09-01", "cause": "已整改" });
        let all = [
            json!({
                "kind": "penalty", "violation": "甲", "facts": "乙", "basis": "丙", "categories": ["罚款"], "content": "丁",
                "fine": "1.5", "confiscated": "0.2", "licence": "戊", "valid_until": "2026-03-01",
                "published_until": "2028-03-01", "source_unit": source,
            }),
            json!({
                "kind": "coercion", "category": "甲", "cause": "乙", "basis": "丙", "content": "丁", "lifted": "2025-04-01",
            }),
            json!({ "kind": "serious-dishonesty", "list": "甲", "cause": "乙", "basis": "丙", "removal": removal }),
            json!({ "kind": "abnormal-operation", "cause": "乙", "removal": removal }),
            json!({
                "kind": "judgment", "offence": "甲", "document_type": "乙", "outcome": "丙", "effective": "2025-04-01",
            }),
        ];
        let records = all.each_ref().map(record);
        for field in CORRECTABLE.iter().chain(&FIXED) {
            let mut seen = false;
            for record in &records {
                let json = serde_json::to_value(record).unwrap();
                let written = json.pointer(&format!("/{}", field.place)).map(|value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                assert_eq!((field.text)(record), written, "{}", field.place);
                seen |= written.is_some();
            }
            assert!(seen, "{}", field.place);
        }
    }
}
