//! Rows of table abnormal-operation (经营异常名录).

use crate::SampleError;
use crate::docket::Docket;
use crate::row::Row;

/// Cause of the entry, and of the removal.
const CAUSES: [(&str, &str); 3] = [
    ("未依照虚构条例规定的期限公示年度报告", "已补报虚构年度报告并公示"),
    ("通过登记的虚构住所或者经营场所无法联系", "已办理住所变更登记，重新取得联系"),
    ("公示虚构企业信息隐瞒真实情况、弄虚作假", "已更正公示的虚构信息"),
];

/// Row `number` (from 1) of the abnormal-operations list.
pub(crate) fn row(docket: &mut Docket, number: usize) -> Result<Row, SampleError> {
    let party = docket.party(number)?;
    let decided = docket.day(number);
    let (cause, removal_cause) = *docket.pick(&CAUSES)?;
    let row = party
        .row()
        .text("document", docket.document(decided))
        .text("cause", cause)
        .day("decided", decided)
        .text("authority", &docket.authority.name)
        .text("authority_uscc", docket.authority.uscc.to_string());
    let removed = decided.saturating_add(docket.days_between(15, 300));
    Ok(if docket.one_in(2) && removed <= docket.decided.1 {
        row.day("removed", removed).text("removal_cause", removal_cause)
    } else {
        row
    })
}
