//! `/portal/platform`: what the platform's staff sees and does.

mod audit;
mod backfill;
mod calendar;
mod dashboard;
mod escalations;
mod feedback;
mod reports;
mod template;

use xinzheng_api::token::Account;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::{PageRequest, no_page};

/// Pages.
pub(crate) async fn get(asked: &PageRequest<'_>, rest: &[&str]) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::Operator)?;
    match rest {
        [] => dashboard::page(asked).await,
        ["evaluation.xlsx"] => dashboard::workbook(asked).await,
        ["escalations"] => escalations::page(asked).await,
        ["feedback"] => feedback::page(asked).await,
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
        ["feedback", code] => feedback::answer(asked, code).await,
        ["reports", number, "withdrawal"] => reports::withdraw(asked, number).await,
        ["template"] => template::send(asked).await,
        ["template", version, "activation"] => template::activate(asked, version).await,
        ["calendar"] => calendar::put(asked).await,
        _ => Err(no_page()),
    }
}
