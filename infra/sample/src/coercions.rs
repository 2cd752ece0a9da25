//! Rows of table coercion (行政强制).

use xinzheng_domain::identity::subject::SubjectType;

use crate::SampleError;
use crate::docket::Docket;
use crate::row::Row;
use crate::wording::CoercionWording;

const AGAINST_PEOPLE: &str = "限制公民人身自由";

/// Row `number` (from 1) of a unit's coercive measures.
pub(crate) fn row(docket: &mut Docket, number: usize) -> Result<Row, SampleError> {
    let party = docket.party(number)?;
    let decided = docket.day(number);
    let is_person = party.subject_type == SubjectType::NaturalPerson;
    let fits = |wording: &&CoercionWording| is_person || wording.category != AGAINST_PEOPLE;
    let fitting: Vec<&CoercionWording> = docket.wording()?.coercions.iter().filter(fits).collect();
    let wording = *docket.pick(&fitting)?;
    let row = party
        .row()
        .text("document", docket.document(decided))
        .text("category", &wording.category)
        .text("cause", &wording.cause)
        .text("basis", &wording.basis)
        .text("content", &wording.content)
        .day("decided", decided)
        .text("authority", &docket.authority.name)
        .text("authority_uscc", docket.authority.uscc.to_string())
        .some("domain", wording.domain.as_deref());
    Ok(if docket.one_in(2) {
        let lifted = decided.saturating_add(docket.days_between(5, 30));
        // A measure that would be lifted after the file was sent is still in force.
        if lifted <= docket.decided.1 { row.day("lifted", lifted) } else { row }
    } else {
        row
    })
}
