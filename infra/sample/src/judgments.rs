//! Rows of table judgment (刑事裁判).

use jiff::Span;
use xinzheng_domain::identity::subject::SubjectType;

use crate::SampleError;
use crate::docket::Docket;
use crate::row::Row;

const OFFENCES: [&str; 3] = ["虚构单位行贿罪", "虚构污染环境罪", "虚构合同诈骗罪"];

/// Row `number` (from 1) of the court's judgments.
pub(crate) fn row(docket: &mut Docket, number: usize) -> Result<Row, SampleError> {
    let party = docket.party(number)?;
    let decided = docket.day(number);
    let offence = *docket.pick(&OFFENCES)?;
    let outcome = match (party.subject_type, docket.amount()) {
        (SubjectType::NaturalPerson, _) => format!("被告人{}犯{offence}，判处拘役三个月，缓刑六个月。", party.name),
        (_, Some(amount)) => format!("被告单位{}犯{offence}，判处罚金{amount}万元。", party.name),
        (_, None) => format!("被告单位{}犯{offence}，免予刑事处罚。", party.name),
    };
    Ok(party
        .row()
        .text("document", docket.document(decided))
        .text("offence", offence)
        .text("document_type", "刑事判决书")
        .text("outcome", outcome)
        .day("decided", decided)
        .day("effective", decided.saturating_add(Span::new().days(11)))
        .text("authority", &docket.authority.name)
        .text("authority_uscc", docket.authority.uscc.to_string()))
}
