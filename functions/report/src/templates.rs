//! The report template as data (R11): uploaded, checked, previewed, activated and rolled back by the platform. Versions
//! never change; a report remembers its version.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use xinzheng_render::{Template, TemplateError};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem, cursor};
use xinzheng_store::Page;
use xinzheng_store::StoreError;
use xinzheng_store::templates::Filed;

use crate::App;
use crate::issue::unwritable;

/// The most versions of a page.
const LISTED: i32 = 50;

/// Templates that this process has read, by version.
#[derive(Debug, Default)]
pub(crate) struct Templates(Mutex<BTreeMap<String, Arc<Template>>>);

impl Templates {
    /// The template of new reports: the active one, or the built-in one when none was ever activated. One GetItem, and a
    /// GetObject when it is new to the process.
    pub(crate) async fn active(&self, app: &App) -> Result<Arc<Template>, Problem> {
        let active = app.registry.active_template().await?;
        self.version(app, active.as_deref().unwrap_or(Template::builtin().version())).await
    }

    /// The template of this version. A GetObject when it is new to the process and not the built-in one.
    pub(crate) async fn version(&self, app: &App, version: &str) -> Result<Arc<Template>, Problem> {
        let known =
            |templates: &Self| templates.0.lock().unwrap_or_else(PoisonError::into_inner).get(version).map(Arc::clone);
        if let Some(template) = known(self) {
            return Ok(template);
        }
        let text = text_of(app, version).await?;
        let template = Arc::new(Template::parse(&text).map_err(|error| unwritable(&error))?);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(all.entry(version.to_owned()).or_insert(template)))
    }
}

async fn text_of(app: &App, version: &str) -> Result<String, Problem> {
    if version == Template::builtin().version() {
        return Ok(Template::builtin_json().to_owned());
    }
    if !Template::is_version(version) {
        return Err(unknown());
    }
    match app.registry.template(&app.reports, version).await {
        Ok(text) => Ok(text),
        Err(StoreError::NoObject(_)) => Err(unknown()),
        Err(error) => Err(error.into()),
    }
}

fn unknown() -> Problem {
    Problem::new(404, "template-unknown", "没有这个版本的报告模板").hint("请先上传此版本，或从版本列表中选择")
}

fn parsed(body: &[u8]) -> Result<(Template, &str), Problem> {
    let refused = |detail: String| {
        Problem::new(422, "template-invalid", "报告模板不符合要求")
            .detail(detail)
            .hint("请对照 /schemas/report-template.schema.json 修改后重新上传")
    };
    let text = std::str::from_utf8(body).map_err(|_| refused("应为 UTF-8 编码的 JSON".to_owned()))?;
    let template = Template::parse(text).map_err(|error| match error {
        TemplateError::Json(error) => refused(format!("第{}行第{}列附近不符合格式", error.line(), error.column())),
        other => refused(other.to_string()),
    })?;
    Ok((template, text))
}

/// `PUT /config/report-template`: 201 for a new version, 200 for one that is there with the same text, 409 for one that
/// is there with another. One PutObject, one TransactWriteItems.
pub(crate) async fn put(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let body = request.bytes()?;
    let (template, text) = parsed(&body)?;
    // It must be possible to set with it.
    xinzheng_render::preview(&template).map_err(|error| unwritable(&error))?;
    let version = template.version().to_owned();
    let taken = || {
        Problem::new(409, "template-version-taken", "此版本号已有内容不同的模板")
            .hint("版本一经上传不再改变，请换一个版本号")
    };
    if version == Template::builtin().version() {
        return if text.trim() == Template::builtin_json().trim() {
            Ok(HttpResponse::json(200, &json!({ "version": version })))
        } else {
            Err(taken())
        };
    }
    let filed = app.registry.put_template(&app.reports, &version, text, &app.actor(request), app.clock.now()).await?;
    match filed {
        Filed::New => Ok(HttpResponse::json(201, &json!({ "version": version }))
            .header("location", format!("/config/report-template/{version}"))),
        Filed::Same => Ok(HttpResponse::json(200, &json!({ "version": version }))),
        Filed::Other => Err(taken()),
    }
}

/// `POST /config/report-template/preview`: a made-up report by this template, marked 样张. Nothing is stored, no call.
pub(crate) fn preview(_operator: &Operator, body: &[u8]) -> Result<HttpResponse, Problem> {
    let (template, _) = parsed(body)?;
    let rendered = xinzheng_render::preview(&template).map_err(|error| unwritable(&error))?;
    Ok(HttpResponse::bytes(200, "application/pdf", &rendered.pdf)
        .header("content-disposition", "inline; filename=\"specimen.pdf\""))
}

/// `GET /config/report-template`: a page of the versions, and which one is active. Two calls.
pub(crate) async fn list(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let cursor = cursor::of(request)?;
    let (active, Page { items: versions, next }) =
        tokio::try_join!(app.registry.active_template(), app.registry.templates(cursor.as_ref(), LISTED))?;
    let builtin = Template::builtin().version();
    let active = active.as_deref().unwrap_or(builtin);
    let first = cursor.is_none().then(|| json!({ "version": builtin, "builtin": true }));
    let listed: Vec<_> = first.into_iter().chain(versions.iter().map(|filed| json!(filed))).collect();
    let body = json!({ "active": active, "versions": listed, "next": next });
    Ok(HttpResponse::json(200, &body).header("etag", etag(active)))
}

/// `GET /config/report-template/{version}`: its text. One GetObject.
pub(crate) async fn read(app: &App, _operator: &Operator, version: &str) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::text(200, "application/json; charset=utf-8", text_of(app, version).await?))
}

/// `POST /config/report-template/{version}/activation`: new reports are made with it from now on. Activating an earlier
/// version is the way back. One GetObject, one GetItem, one TransactWriteItems.
pub(crate) async fn activate(app: &App, operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let version = request.path_parameter("version");
    let template = app.templates.version(app, version).await?;
    let previous = app.registry.active_template().await?;
    let before = previous.as_deref().unwrap_or(Template::builtin().version());
    precondition::expect(request, before)?;
    let mut response =
        HttpResponse::json(200, &json!({ "active": version, "previous": before })).header("etag", etag(version));
    let (actor, now) = (answering(app.actor(request), &mut response), app.clock.now());
    if !app.registry.activate_template(template.version(), previous.as_deref(), &actor, now).await? {
        return Err(precondition::outdated());
    }
    tracing::info!(version, operator = %operator.id, "a report template was activated");
    Ok(response)
}
