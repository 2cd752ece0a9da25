//! The report template as versioned data (R11).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Role::Platform;
use xinzheng_domain::calendar_schema::Moment;

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::page::{ListQuery, Page};
use crate::parameter::parameters;

/// A template, by `report-template.schema.json`.
pub type TemplateText = serde_json::Map<String, serde_json::Value>;

/// The versions.
pub const LIST: Endpoint<(), ListQuery, (), TemplateVersions> =
    Endpoint::get("/config/report-template", Topic::Template, "The versions of the report template")
        .about("Newest first, and which of them new reports are made by")
        .callers(&[Platform])
        .versioned()
        .problems(&[422]);

/// Files a version.
pub const FILE: Endpoint<(), (), TemplateText, FiledTemplate> =
    Endpoint::put("/config/report-template", Topic::Template, "File a version")
.about("Filed under the version that stands in it, for ever: the same version with another text is refused. It is not used until it is activated. `/schemas/report-template.schema.json` says what is in it")
        .callers(&[Platform])
        .creates_or_keeps()
        .problems(&[409, 422]);

/// Shows what a template makes.
pub const PREVIEW: Endpoint<(), (), TemplateText, ()> =
    Endpoint::post_for_file("/config/report-template/preview", Topic::Template, "A specimen by a template")
        .about("A PDF of made-up content, set by the template in the body; nothing is kept")
        .callers(&[Platform])
        .files(&["application/pdf"])
        .problems(&[422])
        .traced(Trace::Nothing);

/// A version's text.
pub const READ: Endpoint<VersionPath, (), (), TemplateText> =
    Endpoint::get("/config/report-template/{version}", Topic::Template, "A version's text")
        .about("The template as it was filed")
        .callers(&[Platform])
        .problems(&[404]);

/// Makes a version the one of new reports.
pub const ACTIVATE: Endpoint<VersionPath, (), (), ActivatedTemplate> = Endpoint::act(
    "/config/report-template/{version}/activation",
    Topic::Template,
    "Make a version the one of new reports",
)
.about("From now on reports are made by it; reports that were issued keep theirs. Activating an earlier version is the way back")
.callers(&[Platform])
.guarded()
.problems(&[404]);

parameters! {
    /// Which version.
    pub struct VersionPath {
        /// What it calls itself.
        pub version: String,
    }
}

/// A page of versions, and which one is active.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TemplateVersions {
    /// The version of new reports.
    pub active: String,
    /// The versions.
    #[serde(flatten)]
    pub page: Page<TemplateVersion>,
}

/// A version of the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateVersion {
    /// Its name.
    pub version: String,
    /// True of the one that comes with the program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub builtin: bool,
    /// SHA-256 of its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// When it was filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Moment>")]
    pub at: Option<Timestamp>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A version that is filed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FiledTemplate {
    /// Its name.
    pub version: String,
}

/// The version of new reports.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ActivatedTemplate {
    /// Now.
    pub active: String,
    /// Before.
    pub previous: String,
}
