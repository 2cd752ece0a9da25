//! The template of the report: its wording, as versioned data (R11).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use thiserror::Error;

/// The wording of a report. Each report remembers the version that it was made with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    version: String,
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) issuer: String,
    labels: BTreeMap<String, String>,
    pub(crate) no_record: String,
    pub(crate) conclusion_none: String,
    pub(crate) conclusion_some: String,
    pub(crate) no_details: String,
    pub(crate) notes: Vec<String>,
}

/// Why a text is not a template.
#[derive(Debug, Error)]
pub enum TemplateError {
    /// Not JSON of the template's shape.
    #[error("模板不符合格式：{0}")]
    Json(#[from] serde_json::Error),
    /// A text that every report needs is empty.
    #[error("模板缺少“{0}”")]
    Missing(&'static str),
}

/// The labels that every template has.
const LABELS: [&str; 10] =
    ["number", "code", "issued_at", "data_as_of", "scan", "subject", "scope", "summary", "details", "notes"];

static BUILTIN: LazyLock<Template> = LazyLock::new(|| {
    // Part of the program; `the_template_of_the_program_is_whole` proves that it parses.
    Template::parse(include_str!("../data/report-template.json")).unwrap_or_else(|_| Template {
        version: String::new(),
        title: String::new(),
        subtitle: String::new(),
        issuer: String::new(),
        labels: BTreeMap::new(),
        no_record: String::new(),
        conclusion_none: String::new(),
        conclusion_some: String::new(),
        no_details: String::new(),
        notes: vec![],
    })
});

impl Template {
    /// The template that comes with the program.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Reads a template and checks that nothing of it is missing.
    pub fn parse(json: &str) -> Result<Self, TemplateError> {
        let template: Self = serde_json::from_str(json)?;
        let texts = [
            ("version", &template.version),
            ("title", &template.title),
            ("issuer", &template.issuer),
            ("no_record", &template.no_record),
            ("conclusion_none", &template.conclusion_none),
            ("conclusion_some", &template.conclusion_some),
        ];
        if let Some((name, _)) = texts.into_iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(TemplateError::Missing(name));
        }
        if let Some(label) = LABELS.into_iter().find(|label| template.label(label).trim().is_empty()) {
            return Err(TemplateError::Missing(label));
        }
        if template.notes.is_empty() {
            return Err(TemplateError::Missing("notes"));
        }
        Ok(template)
    }

    /// The version that reports remember.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_of_the_program_is_whole() {
        let template = Template::parse(include_str!("../data/report-template.json")).unwrap();
        assert_eq!(template.version(), Template::builtin().version());
        assert!(!Template::builtin().version().is_empty());
    }

    #[test]
    fn what_lacks_something_is_refused() {
        let whole: serde_json::Value = serde_json::from_str(include_str!("../data/report-template.json")).unwrap();
        for change in ["/title", "/labels/code", "/version", "/conclusion_none"] {
            let mut broken = whole.clone();
            *broken.pointer_mut(change).unwrap() = " ".into();
            assert!(matches!(Template::parse(&broken.to_string()), Err(TemplateError::Missing(_))), "{change}");
        }
        let mut broken = whole.clone();
        broken["notes"] = serde_json::json!([]);
        assert!(Template::parse(&broken.to_string()).is_err());
        let mut broken = whole;
        broken["unknown"] = 1.into();
        assert!(matches!(Template::parse(&broken.to_string()), Err(TemplateError::Json(_))));
    }
}
