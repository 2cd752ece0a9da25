//! The report template as data (R11): uploaded, checked, previewed, activated and rolled back by the platform. Versions
//! never change; a report remembers its version.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use xinzheng_api::report_template::{
    ACTIVATE, ActivatedTemplate, FILE, FiledTemplate, LIST, READ, TemplateVersion, TemplateVersions, VersionPath,
};
use xinzheng_domain::file_name::disposition;
use xinzheng_render::{Template, TemplateError};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::problem::{TEMPLATE_INVALID, TEMPLATE_UNKNOWN, TEMPLATE_VERSION_TAKEN, VERSION_OUTDATED};
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};
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
        return Err(TEMPLATE_UNKNOWN.into());
    }
    match app.registry.template(&app.reports, version).await {
        Ok(text) => Ok(text),
        Err(StoreError::NoObject(_)) => Err(TEMPLATE_UNKNOWN.into()),
        Err(error) => Err(error.into()),
    }
}

fn parsed(body: &[u8]) -> Result<(Template, &str), Problem> {
    let refused = |detail: String| TEMPLATE_INVALID.detail(detail);
    let text = std::str::from_utf8(body).map_err(|_| refused("应为 UTF-8 编码的 JSON".to_owned()))?;
    let template = Template::proposed(text).map_err(|error| match error {
        TemplateError::Json(error) => refused(format!("第{}行第{}列附近不符合格式", error.line(), error.column())),
        other => match other.field() {
            Some(field) => refused(other.to_string()).of_field(field),
            None => refused(other.to_string()),
        },
    })?;
    Ok((template, text))
}

/// `PUT /config/report-template`: 201 for a new version, 200 for one that is there with the same text, 409 for one that
/// is there with another. One PutObject, one TransactWriteItems.
pub(crate) async fn put(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let body = request.json_bytes()?;
    let (template, text) = parsed(&body)?;
    // It must be possible to set with it.
    xinzheng_render::preview(&template).map_err(|error| unwritable(&error))?;
    let version = template.version().to_owned();
    let filed = |status| {
        let filed = HttpResponse::json(status, &FiledTemplate { version: version.clone() });
        if status == FILE.status() {
            filed.header("location", READ.address(&VersionPath { version: version.clone() }, &()))
        } else {
            filed
        }
    };
    if version == Template::builtin().version() {
        return if text.trim() == Template::builtin_json().trim() {
            Ok(filed(200))
        } else {
            Err(TEMPLATE_VERSION_TAKEN.into())
        };
    }
    match app
        .registry
        .put_template(&app.reports, &version, text, &request.actor(&app.address_key), app.clock.now())
        .await?
    {
        Filed::New => Ok(filed(FILE.status())),
        Filed::Same => Ok(filed(200)),
        Filed::Other => Err(TEMPLATE_VERSION_TAKEN.into()),
    }
}

/// `POST /config/report-template/preview`: a made-up report by this template, marked 样张. Nothing is stored, no call.
pub(crate) fn preview(_operator: &Operator, body: &[u8]) -> Result<HttpResponse, Problem> {
    let (template, _) = parsed(body)?;
    let rendered = xinzheng_render::preview(&template).map_err(|error| unwritable(&error))?;
    Ok(HttpResponse::bytes(200, "application/pdf", &rendered.pdf)
        .header("content-disposition", disposition("inline", "专项信用报告-样张.pdf")))
}

/// `GET /config/report-template`: a page of the versions, and which one is active. Two calls.
pub(crate) async fn list(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&LIST)?;
    let cursor = asked.cursor.as_ref();
    let (active, page) = tokio::try_join!(app.registry.active_template(), app.registry.templates(cursor, LISTED))?;
    let builtin = Template::builtin().version();
    let active = active.as_deref().unwrap_or(builtin).to_owned();
    let mut page = page.map(|filed| TemplateVersion {
        version: filed.version,
        builtin: false,
        sha256: Some(filed.sha256),
        at: filed.at.parse::<Timestamp>().ok(),
        by: Some(filed.by),
    });
    if cursor.is_none() {
        let first = TemplateVersion { version: builtin.to_owned(), builtin: true, sha256: None, at: None, by: None };
        page.items.insert(0, first);
    }
    let tag = etag(&active);
    Ok(HttpResponse::of(&LIST, &TemplateVersions { active, page }).header("etag", tag))
}

/// `GET /config/report-template/{version}`: its text. One GetObject.
pub(crate) async fn read(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let version = request.path_of(&READ)?.version;
    Ok(HttpResponse::text(200, "application/json; charset=utf-8", text_of(app, &version).await?))
}

/// `POST /config/report-template/{version}/activation`: new reports are made with it from now on. Activating an earlier
/// version is the way back. One GetObject, one GetItem, one TransactWriteItems.
pub(crate) async fn activate(app: &App, operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let version = request.path_of(&ACTIVATE)?.version;
    let template = app.templates.version(app, &version).await?;
    let previous = app.registry.active_template().await?;
    let before = previous.as_deref().unwrap_or(Template::builtin().version());
    precondition::expect(request, before)?;
    let activated = ActivatedTemplate { active: version.clone(), previous: before.to_owned() };
    let mut response = HttpResponse::of(&ACTIVATE, &activated).header("etag", etag(&version));
    let (actor, now) = (answering(request.actor(&app.address_key), &mut response), app.clock.now());
    if !app.registry.activate_template(template.version(), previous.as_deref(), &actor, now).await? {
        return Err(VERSION_OUTDATED.into());
    }
    tracing::info!(version, operator = %operator.id, "a report template was activated");
    Ok(response)
}
