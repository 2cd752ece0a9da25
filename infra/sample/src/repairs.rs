//! Rows of table repair (信用修复).

use xinzheng_domain::TableId;

use crate::SampleError;
use crate::docket::Docket;
use crate::row::Row;

/// Row `number` (from 1), which repairs a record of the same unit.
pub(crate) fn row(docket: &mut Docket, number: usize, (table, record): (TableId, &Row)) -> Result<Row, SampleError> {
    let kind = table.record_kind().ok_or_else(|| SampleError::NotWhole(format!("{table} has no records")))?;
    let decided = docket.day(number);
    let mut row = Row::default();
    for field in ["name", "subject_type", "uscc", "id_type", "id_number", "document", "list"] {
        if let Some(content) = record.get(field) {
            row = row.with(field, content.clone());
        }
    }
    Ok(row
        .text("kind", kind.title())
        .text("authority", &docket.authority.name)
        .text("repair_document", docket.document(decided))
        .day("decided", decided)
        .text("content", "虚构：已履行处罚决定，纠正失信行为，作出信用承诺，准予修复"))
}
