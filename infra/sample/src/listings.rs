//! Rows of table serious-dishonesty (严重失信主体名单).

use crate::SampleError;
use crate::docket::Docket;
use crate::row::Row;

/// Row `number` (from 1) of a unit's lists.
pub(crate) fn row(docket: &mut Docket, number: usize) -> Result<Row, SampleError> {
    let party = docket.party(number)?;
    let decided = docket.day(number);
    let wording = docket.pick(&docket.wording()?.listings)?;
    let row = party
        .row()
        .text("list", &wording.list)
        .text("document", docket.document(decided))
        .text("cause", &wording.cause)
        .text("basis", &wording.basis)
        .day("decided", decided)
        .text("authority", &docket.authority.name)
        .text("authority_uscc", docket.authority.uscc.to_string())
        .some("domain", wording.domain.as_deref());
    let removed = decided.saturating_add(docket.days_between(100, 400));
    Ok(if docket.one_in(3) && removed <= docket.decided.1 {
        row.day("removed", removed).text("removal_cause", "虚构的义务已经履行完毕，依申请移出")
    } else {
        row
    })
}
