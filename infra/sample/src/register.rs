//! Rows of table subject (主体登记信息).

use xinzheng_domain::identity::subject::RegisterType;

use crate::SampleError;
use crate::docket::Docket;
use crate::row::Row;
use crate::subjects::{Registered, compose, register};

/// Every row of a register: the subjects that the plan's file is about, then rows of subjects that exist only to be
/// rejected, up to the plan's number of rows.
pub(crate) fn rows(docket: &Docket) -> Result<Vec<Row>, SampleError> {
    let kept = |subject: &&Registered| docket.plan.about.contains(&subject.register_type);
    let mut rows: Vec<Row> = register().iter().filter(kept).map(|subject| row(docket, subject)).collect();
    for number in 1..=docket.plan.rows.saturating_sub(rows.len()) {
        let stranger =
            register().iter().find(kept).zip(compose(RegisterType::Enterprise, "140403", &format!("XN9{number:05}")));
        let (pattern, uscc) = stranger.ok_or_else(|| SampleError::NotWhole("empty register".to_owned()))?;
        let name = format!("长治市虚构错行{number}号有限公司");
        rows.push(row(docket, &Registered { uscc, name, ..pattern.clone() }));
    }
    Ok(rows)
}

fn row(docket: &Docket, subject: &Registered) -> Row {
    Row::default()
        .text("name", &subject.name)
        .text("uscc", subject.uscc.to_string())
        .text("register_type", subject.register_type.title())
        .text("legal_representative", &subject.representative)
        .text("authority", &docket.authority.name)
        .text("division", subject.division.code())
        .day("established", subject.established)
        .text("status", subject.status.title())
        .text("address", format!("山西省长治市{}{}", subject.division.name(), subject.place))
}
