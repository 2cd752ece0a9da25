//! `/portal/platform`: what the platform's staff sees and does.

mod audit;
mod backfill;
mod calendar;
mod dashboard;
mod escalations;
mod feedback;
mod measure;
mod reports;
mod subject;
mod template;
mod template_form;
mod units;
mod work;

use xinzheng_api::token::Account;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::unit::{self, Desk};
use crate::{PageRequest, no_page};

/// Pages.
pub(crate) async fn get(asked: &PageRequest<'_>, rest: &[&str]) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::Operator)?;
    match rest {
        [] => dashboard::page(asked).await,
        ["work"] => work::page(asked).await,
        ["measures", measure] => measure::page(asked, measure).await,
        ["subjects"] => Ok(subject::page(asked)),
        ["subjects", id] => subject::part(asked, id, "records").await,
        ["subjects", id, part] => subject::part(asked, id, part).await,
        ["units"] => units::list(asked).await,
        ["units", unit] => units::one(asked, &Desk::about(unit)?).await,
        ["units", unit, rest @ ..] => unit::read(asked, &Desk::about(unit)?, rest).await,
        ["evaluation.xlsx"] => dashboard::workbook(asked).await,
        ["escalations"] => escalations::page(asked).await,
        ["feedback"] => feedback::page(asked).await,
        ["reports", "issued"] => reports::issued(asked).await,
        ["reports"] => reports::page(asked).await,
        ["template"] => template::page(asked).await,
        ["calendar"] => calendar::page(asked).await,
        ["audit"] => audit::page(asked).await,
        ["backfill"] => backfill::page(asked).await,
        _ => Err(no_page()),
    }
}

/// Forms.
pub(crate) async fn post(asked: &PageRequest<'_>, rest: &[&str]) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::Operator)?;
    match rest {
        ["subjects"] => subject::find(asked).await,
        ["feedback", code] => feedback::answer(asked, code).await,
        ["units", of, "work", "commitments", id, "lifting"] => unit::lift(asked, of, id).await,
        ["reports", number, "withdrawal"] => reports::withdraw(asked, number).await,
        ["template"] => template::send(asked).await,
        ["template", version, "activation"] => template::activate(asked, version).await,
        ["calendar"] => calendar::put(asked).await,
        _ => Err(no_page()),
    }
}
