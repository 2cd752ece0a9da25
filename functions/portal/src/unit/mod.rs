//! `/portal/unit`: what a source unit's clerk sees and does.

mod case;
mod check;
mod commitment;
mod desk;
mod done;
mod objection;
mod reconciliation;
mod record;
mod record_field;
mod rejections;
mod repair;
mod search;
mod templates;
mod timeliness;
mod upload;
mod uploads;
mod waiting;
mod work;

pub(crate) use commitment::lift;
pub(crate) use desk::{Desk, address_of};
pub(crate) use reconciliation::{table as reconciliation_table, workbook_of};
pub(crate) use timeliness::table as timeliness_table;
pub(crate) use uploads::table as uploads_table;
use xinzheng_api::page_problem::ACCOUNT_WITHOUT_UNIT;
use xinzheng_api::token::Account;
use xinzheng_domain::{Catalogue, UnitCode};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::{PageRequest, no_page};

/// Pages.
pub(crate) async fn get(asked: &PageRequest<'_>, rest: &[&str]) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::Unit)?;
    match rest {
        [] => uploads::page(asked).await,
        ["templates"] => templates::page(asked),
        _ => read(asked, &Desk::own(), rest).await,
    }
}

/// Pages that the unit has, and the platform about it.
pub(crate) async fn read(asked: &PageRequest<'_>, desk: &Desk, rest: &[&str]) -> Result<HttpResponse, Problem> {
    match rest {
        ["uploads"] => uploads::found(asked, desk).await,
        ["uploads", id] => upload::page(asked, desk, id).await,
        ["uploads", id, "proof"] => upload::proof(asked, id).await,
        ["uploads", id, "statement"] => upload::statement(asked, id).await,
        ["uploads", id, "effects"] => upload::effects_file(asked, id).await,
        ["uploads", id, "rejections", format] => rejections::file(asked, id, format).await,
        ["waiting"] => waiting::page(asked, desk).await,
        ["work", "done"] => done::page(asked, desk).await,
        ["work"] => work::page(asked, desk).await,
        ["work", "objections", id] => objection::page(asked, desk, id).await,
        ["work", "objections", id, attachment] => objection::attachment(asked, id, attachment).await,
        ["work", "repairs", id] => repair::page(asked, desk, id).await,
        ["work", "repairs", id, attachment] => repair::attachment(asked, id, attachment).await,
        ["work", "commitments", id] => commitment::page(asked, desk, id).await,
        ["timeliness"] => timeliness::page(asked, desk).await,
        ["timeliness", "records"] => timeliness::records(asked, desk).await,
        ["records"] => search::page(asked, desk).await,
        ["records", id] => record::page(asked, desk, id).await,
        ["reconciliation"] => reconciliation::page(asked, desk).await,
        ["reconciliation", id] => reconciliation::one(asked, desk, id).await,
        ["reconciliation", id, "workbook"] => reconciliation::workbook(asked, desk, id).await,
        _ => Err(no_page()),
    }
}

/// Forms.
pub(crate) async fn post(asked: &PageRequest<'_>, rest: &[&str]) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::Unit)?;
    match rest {
        ["uploads"] => uploads::announce(asked).await,
        ["work", "objections", id, "acceptance"] => objection::accept(asked, id).await,
        ["work", "objections", id, "decision"] => objection::decide(asked, id).await,
        ["work", "repairs", id, "decision"] => repair::decide(asked, id).await,
        ["work", "commitments", id, "steps"] => commitment::note(asked, id).await,
        ["reconciliation"] => reconciliation::declare(asked).await,
        ["records", id, "cancellation"] => record::cancel(asked, id).await,
        ["records", id, "severity"] => record::classify(asked, id).await,
        _ => Err(no_page()),
    }
}

/// The unit that is signed in, and its row of annex 2.
fn own(asked: &PageRequest<'_>) -> Result<(UnitCode, &'static xinzheng_domain::identity::catalogue::Unit), Problem> {
    let session = asked.visitor.signed_in_as(Account::Unit)?;
    let code = session.unit.as_deref().and_then(UnitCode::parse);
    let row = code.and_then(|code| Catalogue::get().unit(code.row()).map(|row| (code, row)));
    row.ok_or_else(|| Problem::from(ACCOUNT_WITHOUT_UNIT))
}
