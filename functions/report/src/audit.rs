//! `GET /access-log`: what was done to a subject's data, what a unit did, what the platform did (R19).

use serde_json::json;
use xinzheng_domain::audit::Action;
use xinzheng_domain::{SubjectId, UnitCode, china_time};
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem, Subject, Unit, cursor};
use xinzheng_store::Page;
use xinzheng_store::audit::{AuditOf, KEPT_DAYS};

use crate::App;

/// The most entries of a page.
const PAGE: i32 = 50;

/// Where entries are that the table does not have any more.
const OLDER: &str = "更早的记录已移出日志，另有不可更改的副本，请向平台申请查阅";

/// Who reads what others may not.
pub(crate) enum Reader {
    /// A subject what is about it.
    Subject(Subject),
    /// A unit what it did.
    Unit(UnitCode),
    /// The platform everything.
    Platform,
}

impl TryFrom<&HttpRequest> for Reader {
    type Error = Problem;

    fn try_from(request: &HttpRequest) -> Result<Self, Problem> {
        if let Ok(subject) = Subject::try_from(request) {
            return Ok(Self::Subject(subject));
        }
        match Operator::try_from(request) {
            Ok(_) => Ok(Self::Platform),
            Err(_) => Unit::try_from(request).map(|unit| Self::Unit(unit.code)),
        }
    }
}

/// A page of an audit, newest first: for a subject and a unit their own; for the platform its own, or that of `?subject=`
/// or `?unit=`, which is itself noted. A Query for each month until the page is full; for the
/// platform a PutItem.
pub(crate) async fn read(app: &App, reader: Reader, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let cursor = cursor::of(request)?;
    let of = match reader {
        Reader::Subject(subject) => AuditOf::Subject(subject.id),
        Reader::Unit(unit) => AuditOf::Unit(unit),
        Reader::Platform => {
            let (of, object) = match (request.query_parameter("subject"), request.query_parameter("unit")) {
                (Some(subject), _) => {
                    let unknown = || Problem::new(422, "subject-unreadable", "subject 应为统一社会信用代码或主体编号");
                    (AuditOf::Subject(SubjectId::parse(subject).ok_or_else(unknown)?), subject)
                }
                (None, Some(unit)) => {
                    let unknown = || Problem::new(422, "unit-unknown", "单位代码不存在");
                    (AuditOf::Unit(UnitCode::parse(unit).ok_or_else(unknown)?), unit)
                }
                (None, None) => (AuditOf::Platform, "platform"),
            };
            app.registry.note_platform(&app.actor(request), app.clock.now(), Action::AuditRead, object).await?;
            of
        }
    };
    let now = app.clock.now();
    let Page { items: steps, next } = app.registry.audit(of, now, cursor.as_ref(), PAGE).await?;
    let since = china_time::date(now).saturating_sub(jiff::Span::new().days(KEPT_DAYS));
    Ok(HttpResponse::json(200, &json!({ "steps": steps, "next": next, "kept_since": since, "older": OLDER })))
}
