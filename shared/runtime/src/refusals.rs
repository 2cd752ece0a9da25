//! Refusals of whoever has a token that holds: each is an entry of the audit (R19).

use jiff::Timestamp;
use xinzheng_api::problem::Problem;
use xinzheng_api::token::{Account, Claim};
use xinzheng_domain::{AddressKey, SubjectId, UnitCode};
use xinzheng_store::Registry;
use xinzheng_store::audit::AuditOf;

use crate::http::HttpRequest;

/// Notes a refusal with the subject or unit that was refused, else with the platform; none of what could not be read, of who has
/// no token, and of what is noted already. One PutItem. The answer does not wait for an audit that cannot be written: it shows
/// nothing.
pub(crate) async fn note(
    registry: &Registry,
    address_key: &AddressKey,
    request: &HttpRequest,
    at: Timestamp,
    problem: &Problem,
) {
    let Some(role) = request.claim(Claim::Role).filter(|_| is_refusal(problem)) else { return };
    let subject = || request.claim(Claim::Subject).and_then(SubjectId::parse).map(AuditOf::Subject);
    let unit = || request.claim(Claim::Unit).and_then(UnitCode::parse).map(AuditOf::Unit);
    let of = match Account::parse(role) {
        Some(Account::Subject) => subject(),
        Some(Account::Unit) => unit(),
        Some(Account::Operator | Account::ThirdParty) | None => None,
    };
    let of = of.unwrap_or(AuditOf::Platform);
    let actor = request.actor(address_key);
    if let Err(error) = registry.note_refused_request(of, &actor, at, request.route(), problem.code()).await {
        tracing::error!(%error, route = request.route(), "a refusal could not be noted");
    }
}

/// True of what the caller was not let: it may not, there is nothing for it, or the state of things does not allow it.
fn is_refusal(problem: &Problem) -> bool {
    matches!(problem.status(), 403 | 404 | 409) && !problem.is_noted()
}
