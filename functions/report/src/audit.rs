//! `GET /access-log`: what was done to a subject's data, what a unit did, what the platform did (R19).

use xinzheng_api::access_log::{AccessLog, AccessLogQuery, AuditEntry, READ};
use xinzheng_domain::audit::{Action, Coded, Role};
use xinzheng_domain::{ReportNumber, china_time};
use xinzheng_runtime::problem::{
    LOOK_REASON_MISSING, PARAMETERS_CONTRADICT, PERIOD_END_BEFORE_START, REPORT_UNKNOWN, ROLE_NOT_ALLOWED,
};
use xinzheng_runtime::{HttpRequest, HttpResponse, Official, Party, Problem};
use xinzheng_store::audit::{Access, AuditOf, KEPT_DAYS, Sought};

use crate::App;

/// The most entries of a page.
const PAGE: usize = 50;

/// Where entries are that the table does not have any more.
const OLDER: &str = "更早的记录已移出日志，另有不可更改的副本，请向平台申请查阅";

/// A page of an audit, newest first: for a subject and a unit their own; for the platform its own, that of `?unit=`, or that of
/// `?subject=` or of whom `?report=` is about, each of which is itself noted. A Query for each month until the page is full; for the
/// platform a PutItem or a TransactWriteItems, and two GetItem for a report.
pub(crate) async fn read(app: &App, reader: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&READ)?;
    if asked.from.zip(asked.to).is_some_and(|(from, to)| from > to) {
        return Err(PERIOD_END_BEFORE_START.into());
    }
    if asked.by.is_some() && reader != Party::Platform {
        return Err(ROLE_NOT_ALLOWED.into());
    }
    let of = match &reader {
        Party::Subject(subject) => {
            let own = asked.subject.is_none_or(|named| named == subject.id) && asked.unit.is_none();
            own.then_some(AuditOf::Subject(subject.id)).ok_or(ROLE_NOT_ALLOWED)?
        }
        Party::Unit(_) if asked.subject.is_some() => return Err(ROLE_NOT_ALLOWED.into()),
        Party::Unit(unit) => AuditOf::Unit(Official::Unit(*unit).unit(asked.unit)?),
        Party::Platform => {
            let of = of_others(app, &asked).await?;
            let (actor, now, action) = (request.actor(&app.address_key), app.clock.now(), Action::AuditRead);
            match &of {
                AuditOf::Subject(subject) => {
                    let reason = asked.reason.ok_or(LOOK_REASON_MISSING)?;
                    app.registry.note_look(subject, &actor, now, action, reason).await?;
                }
                AuditOf::Unit(unit) => app.registry.note_platform(&actor, now, action, &unit.to_string()).await?,
                AuditOf::Platform => app.registry.note_platform(&actor, now, action, "platform").await?,
            }
            of
        }
    };
    let now = app.clock.now();
    let sought = Sought {
        from: asked.from,
        to: asked.to,
        by: asked.by.as_deref(),
        action: asked.action,
        object: asked.report.as_ref().map(ReportNumber::as_str),
    };
    let page = app.registry.audit(of, now, &sought, asked.cursor.as_ref(), PAGE).await?;
    let kept_since = china_time::date(now).saturating_sub(jiff::Span::new().days(KEPT_DAYS));
    let page = page.map(|access| entry(access, &reader));
    Ok(HttpResponse::of(&READ, &AccessLog { page, kept_since, older: OLDER.to_owned() }))
}

/// Whose audit the platform asks for: what is done with a report stands with the subject whose it is. Two GetItem for a report.
async fn of_others(app: &App, asked: &AccessLogQuery) -> Result<AuditOf, Problem> {
    if asked.subject.is_some() && asked.unit.is_some() {
        return Err(PARAMETERS_CONTRADICT.into());
    }
    if let Some(unit) = asked.unit {
        return Ok(AuditOf::Unit(unit));
    }
    let subject = match (&asked.report, asked.subject) {
        (Some(number), None) => {
            Some(app.registry.report_by_number(number).await?.ok_or(REPORT_UNKNOWN)?.report.subject)
        }
        (_, named) => named,
    };
    Ok(subject.map_or(AuditOf::Platform, AuditOf::Subject))
}

/// An entry as a reader sees it: who of the platform's staff did something is told to the platform alone.
fn entry(access: Access, reader: &Party) -> AuditEntry {
    let Access { at, action, object, role, by, purpose, address, result } = access;
    let purpose = purpose.map(|why| why.written().to_owned());
    let hidden = role == Coded::Known(Role::Platform) && *reader != Party::Platform;
    let by = if hidden { Role::Platform.code().to_owned() } else { by };
    AuditEntry { at, action, object, role, by, purpose, address, result }
}
