//! `GET /access-log`: what was done to a subject's data, what a unit did, what the platform did (R19).

use xinzheng_api::access_log::{AccessLog, AuditEntry, READ};
use xinzheng_domain::audit::Action;
use xinzheng_domain::china_time;
use xinzheng_runtime::problem::{PARAMETERS_CONTRADICT, ROLE_NOT_ALLOWED};
use xinzheng_runtime::{HttpRequest, HttpResponse, Official, Party, Problem};
use xinzheng_store::audit::{Access, AuditOf, KEPT_DAYS};

use crate::App;

/// The most entries of a page.
const PAGE: i32 = 50;

/// Where entries are that the table does not have any more.
const OLDER: &str = "更早的记录已移出日志，另有不可更改的副本，请向平台申请查阅";

/// A page of an audit, newest first: for a subject and a unit their own; for the platform its own, or that of `?subject=`
/// or `?unit=`, which is itself noted. A Query for each month until the page is full; for the
/// platform a PutItem.
pub(crate) async fn read(app: &App, reader: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&READ)?;
    let of = match reader {
        Party::Subject(subject) => {
            let own = asked.subject.is_none_or(|named| named == subject.id) && asked.unit.is_none();
            own.then_some(AuditOf::Subject(subject.id)).ok_or(ROLE_NOT_ALLOWED)?
        }
        Party::Unit(_) if asked.subject.is_some() => return Err(ROLE_NOT_ALLOWED.into()),
        Party::Unit(unit) => AuditOf::Unit(Official::Unit(unit).unit(asked.unit)?),
        Party::Platform => {
            let (of, object) = match (asked.subject, asked.unit) {
                (Some(_), Some(_)) => return Err(PARAMETERS_CONTRADICT.into()),
                (Some(subject), None) => (AuditOf::Subject(subject), subject.to_string()),
                (None, Some(unit)) => (AuditOf::Unit(unit), unit.to_string()),
                (None, None) => (AuditOf::Platform, "platform".to_owned()),
            };
            app.registry
                .note_platform(&request.actor(&app.address_key), app.clock.now(), Action::AuditRead, &object)
                .await?;
            of
        }
    };
    let now = app.clock.now();
    let page = app.registry.audit(of, now, asked.cursor.as_ref(), PAGE).await?;
    let kept_since = china_time::date(now).saturating_sub(jiff::Span::new().days(KEPT_DAYS));
    Ok(HttpResponse::of(&READ, &AccessLog { page: page.map(entry), kept_since, older: OLDER.to_owned() }))
}

fn entry(access: Access) -> AuditEntry {
    let Access { at, action, object, role, by, purpose, address, result } = access;
    let purpose = purpose.map(|why| why.written().to_owned());
    AuditEntry { at, action, object, role, by, purpose, address, result }
}
