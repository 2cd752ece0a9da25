//! `/portal/unit`: what a source unit's clerk sees and does.

mod decisions;
mod reconciliation;
mod record;
mod templates;
mod timeliness;
mod uploads;
mod work;

pub(crate) use reconciliation::workbook_of;
use xinzheng_domain::{Catalogue, UnitCode};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::problems::ACCOUNT_WITHOUT_UNIT;
use crate::visitor::Account;
use crate::{Asked, no_page};

/// Pages.
pub(crate) async fn get(asked: &Asked<'_>, rest: &[&str]) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::Unit)?;
    match rest {
        [] => uploads::page(asked).await,
        ["uploads", id] => uploads::one(asked, id).await,
        ["uploads", id, "effects"] => uploads::effects_file(asked, id).await,
        ["waiting"] => uploads::waiting(asked).await,
        ["uploads", id, "rejections", format] => uploads::rejections(asked, id, format).await,
        ["templates"] => templates::page(asked),
        ["work"] => work::page(asked).await,
        ["work", "objections", id] => decisions::objection(asked, id).await,
        ["work", "repairs", id] => decisions::repair(asked, id).await,
        ["work", "commitments", id] => decisions::commitment(asked, id).await,
        ["work", list @ ("objections" | "repairs"), id, attachment] => {
            crate::subject::attachment(asked, list, id, attachment).await
        }
        ["timeliness"] => timeliness::page(asked).await,
        ["timeliness", "records"] => timeliness::records(asked).await,
        ["records", id] => record::page(asked, id).await,
        ["reconciliation"] => reconciliation::page(asked).await,
        ["reconciliation", id] => reconciliation::one(asked, id).await,
        ["reconciliation", id, "workbook"] => reconciliation::workbook(asked, id).await,
        _ => Err(no_page()),
    }
}

/// Forms.
pub(crate) async fn post(asked: &Asked<'_>, rest: &[&str]) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::Unit)?;
    match rest {
        ["uploads"] => uploads::announce(asked).await,
        ["work", "objections", id, "acceptance"] => decisions::accept(asked, id).await,
        ["work", "objections", id, "decision"] => decisions::decide_objection(asked, id).await,
        ["work", "repairs", id, "decision"] => decisions::decide_repair(asked, id).await,
        ["work", "commitments", id, "steps"] => decisions::note_commitment(asked, id).await,
        ["reconciliation"] => reconciliation::declare(asked).await,
        ["records", id, "cancellation"] => record::cancel(asked, id).await,
        ["records", id, "severity"] => record::classify(asked, id).await,
        _ => Err(no_page()),
    }
}

/// The unit that is signed in, and its row of annex 2.
fn own(asked: &Asked<'_>) -> Result<(UnitCode, &'static xinzheng_domain::catalogue::Unit), Problem> {
    let session = asked.visitor.signed_in_as(Account::Unit)?;
    let code = session.unit.as_deref().and_then(UnitCode::parse);
    let row = code.and_then(|code| Catalogue::get().unit(code.row()).map(|row| (code, row)));
    row.ok_or_else(|| Problem::from(ACCOUNT_WITHOUT_UNIT))
}
