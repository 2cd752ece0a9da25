//! The template of the report: its wording, as versioned data (R11).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::fonts::Fonts;
use crate::seal_picture::{SealPicture, SealPictureError};

/// A section of a report, after its cover block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Section {
    Subject,
    Scope,
    Summary,
    List,
    Details,
    Notes,
    Seal,
}

const SECTIONS: [Section; 7] = [
    Section::Subject,
    Section::Scope,
    Section::Summary,
    Section::List,
    Section::Details,
    Section::Notes,
    Section::Seal,
];

/// The template of a report: its wording, and its sections in their order. Each report remembers the version that it
/// was made with; a version never changes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    version: String,
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) issuer: String,
    pub(crate) sections: Vec<Section>,
    labels: BTreeMap<String, String>,
    /// What is said of a domain without a record; {kinds} are those that are collected.
    pub(crate) no_record: String,
    /// What is said of one whose units have reported nothing.
    pub(crate) not_reported: String,
    /// What the signs of the summary mean.
    pub(crate) legend: String,
    /// Nothing at all.
    pub(crate) conclusion_none: String,
    /// Nothing that was decided in the period, but measures in force.
    pub(crate) conclusion_none_decided: String,
    pub(crate) conclusion_some: String,
    /// Added when there are measures in force.
    pub(crate) conclusion_in_force: String,
    pub(crate) completeness: CompletenessWording,
    pub(crate) no_details: String,
    pub(crate) notes: Vec<String>,
    pub(crate) seal: Vec<String>,
    /// A picture of the seal for the seal block, PNG or JPEG in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal_picture: Option<String>,
    /// The same, read.
    #[serde(skip)]
    picture: Option<SealPicture>,
}

/// How a report words how complete its data are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompletenessWording {
    /// The head of the summary's column; without it there is no column.
    #[serde(default)]
    pub(crate) column: String,
    /// Everything that is due up to {month} is reported.
    pub(crate) whole: String,
    /// {gaps} are not.
    pub(crate) some: String,
    /// It was not worked out yet.
    pub(crate) unknown: String,
}

/// Why a text is not a template.
#[derive(Debug, Error)]
pub enum TemplateError {
    #[error("模板不符合格式：{0}")]
    Json(#[from] serde_json::Error),
    /// A text that every report needs is empty.
    #[error("模板缺少“{0}”")]
    Missing(&'static str),
    /// A version that cannot be a file's name.
    #[error("版本号只能用字母、数字、点和连字符，最长 40 位")]
    Version,
    /// A section is missing or comes twice.
    #[error("sections 应当列出每个章节各一次：subject、scope、summary、list、details、notes、seal")]
    Sections,
    /// A text is longer than it can be set.
    #[error("“{0}”过长")]
    TooLong(&'static str),
    #[error("“seal_picture”不能用作印章图样：{0}")]
    SealPicture(#[from] SealPictureError),
    /// A place is named that nothing is put into, so that it would be printed as it stands.
    #[error("“{field}”中的“{written}”不会被替换：{allowed}")]
    Placeholder { field: String, written: String, allowed: String },
    /// What is to be said has no place.
    #[error("“{field}”缺少“{placeholder}”")]
    WithoutPlaceholder { field: String, placeholder: &'static str },
    /// A character that the fonts lack.
    #[error("“{field}”中的“{character}”（U+{code:04X}）字体中没有，不能印出", code = u32::from(*character))]
    Character { field: String, character: char },
}

/// What is put into a text of the template, by its field: each placeholder, and whether the text needs it.
const PLACEHOLDERS: [(&str, &[(&str, bool)]); 8] = [
    ("no_record", &[("{kinds}", true)]),
    ("not_reported", &[("{kinds}", true)]),
    ("conclusion_none", CONCLUSION),
    ("conclusion_none_decided", CONCLUSION),
    ("conclusion_some", &[("{count}", true), ("{domains}", false), ("{repaired}", false), ("{in_force}", false)]),
    ("conclusion_in_force", &[("{in_force}", true), ("{count}", false), ("{domains}", false), ("{repaired}", false)]),
    ("completeness.whole", &[("{month}", true)]),
    ("completeness.some", &[("{gaps}", true), ("{month}", true)]),
];
/// What is put into a conclusion that there is nothing.
const CONCLUSION: &[(&str, bool)] =
    &[("{count}", false), ("{domains}", false), ("{repaired}", false), ("{in_force}", false)];

const LABELS: [&str; 12] = [
    "number",
    "code",
    "issued_at",
    "data_as_of",
    "scan",
    "subject",
    "scope",
    "summary",
    "list",
    "details",
    "in_force",
    "notes",
];

/// The same as fields of the template, in that order.
const LABEL_FIELDS: [&str; 12] = [
    "labels.number",
    "labels.code",
    "labels.issued_at",
    "labels.data_as_of",
    "labels.scan",
    "labels.subject",
    "labels.scope",
    "labels.summary",
    "labels.list",
    "labels.details",
    "labels.in_force",
    "labels.notes",
];

/// The field that a label is.
fn label_field(label: &str) -> &'static str {
    LABELS.iter().zip(LABEL_FIELDS).find(|(known, _)| **known == label).map_or("labels", |(_, field)| field)
}

impl TemplateError {
    /// The field of the template that it is about, where it is about one: a JSON Pointer (RFC 6901).
    pub fn field(&self) -> Option<String> {
        match self {
            Self::Missing(name) | Self::TooLong(name) => Some(format!("/{}", name.replace('.', "/"))),
            Self::Version => Some("/version".to_owned()),
            Self::Sections => Some("/sections".to_owned()),
            Self::Placeholder { field, .. }
            | Self::WithoutPlaceholder { field, .. }
            | Self::Character { field, .. } => Some(format!("/{}", field.replace('.', "/"))),
            Self::SealPicture(_) => Some("/seal_picture".to_owned()),
            Self::Json(_) => None,
        }
    }
}

static BUILTIN: LazyLock<Template> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "part of the program: a broken one must not become an empty report")]
    Template::parse(include_str!("../data/report-template.json")).expect("the template of the program is whole")
});

impl Template {
    /// The template that comes with the program.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Reads a template that is to be filed: beside what [`Self::parse`] asks, each placeholder is one that is filled in where it
    /// stands, and the fonts have every character. Versions that were filed before are read without, since reports were issued
    /// with them.
    ///
    /// # Errors
    ///
    /// What of it does not do, and in which field.
    pub fn proposed(json: &str) -> Result<Self, TemplateError> {
        let template = Self::parse(json)?;
        let fonts = Fonts::get();
        for (field, text) in template.texts() {
            filled_in(&field, text)?;
            if let Some(character) = text.chars().find(|character| !fonts.have(*character)) {
                return Err(TemplateError::Character { field, character });
            }
        }
        Ok(template)
    }

    /// Every text of it that is printed, by its field; parts of the template with a dot between, items of a list by their number.
    fn texts(&self) -> impl Iterator<Item = (String, &str)> {
        let wording = &self.completeness;
        let lines = [
            ("title", &self.title),
            ("subtitle", &self.subtitle),
            ("issuer", &self.issuer),
            ("no_record", &self.no_record),
            ("not_reported", &self.not_reported),
            ("legend", &self.legend),
            ("conclusion_none", &self.conclusion_none),
            ("conclusion_none_decided", &self.conclusion_none_decided),
            ("conclusion_some", &self.conclusion_some),
            ("conclusion_in_force", &self.conclusion_in_force),
            ("completeness.column", &wording.column),
            ("completeness.whole", &wording.whole),
            ("completeness.some", &wording.some),
            ("completeness.unknown", &wording.unknown),
            ("no_details", &self.no_details),
        ];
        let lines = lines.into_iter().map(|(field, text)| (field.to_owned(), text.as_str()));
        let labels = self.labels.iter().map(|(name, text)| (format!("labels.{name}"), text.as_str()));
        let items = [("notes", &self.notes), ("seal", &self.seal)].into_iter().flat_map(|(field, items)| {
            items.iter().enumerate().map(move |(place, text)| (format!("{field}.{place}"), text.as_str()))
        });
        lines.chain(labels).chain(items)
    }

    /// Reads a template and checks that nothing of it is missing.
    pub fn parse(json: &str) -> Result<Self, TemplateError> {
        let mut template: Self = serde_json::from_str(json)?;
        let texts = [
            ("version", &template.version),
            ("title", &template.title),
            ("issuer", &template.issuer),
            ("no_record", &template.no_record),
            ("not_reported", &template.not_reported),
            ("legend", &template.legend),
            ("conclusion_none_decided", &template.conclusion_none_decided),
            ("conclusion_in_force", &template.conclusion_in_force),
            ("completeness.whole", &template.completeness.whole),
            ("completeness.some", &template.completeness.some),
            ("completeness.unknown", &template.completeness.unknown),
            ("conclusion_none", &template.conclusion_none),
            ("conclusion_some", &template.conclusion_some),
        ];
        if let Some((name, _)) = texts.into_iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(TemplateError::Missing(name));
        }
        if let Some(label) = LABELS.into_iter().find(|label| template.label(label).trim().is_empty()) {
            return Err(TemplateError::Missing(label_field(label)));
        }
        if template.notes.is_empty() {
            return Err(TemplateError::Missing("notes"));
        }
        if !is_version(&template.version) {
            return Err(TemplateError::Version);
        }
        let mut sections = template.sections.clone();
        sections.sort_unstable();
        if sections != SECTIONS {
            return Err(TemplateError::Sections);
        }
        let lines =
            [("title", &template.title, 20), ("subtitle", &template.subtitle, 36), ("issuer", &template.issuer, 18)];
        let labels = template.labels.iter().map(|(name, label)| (label_field(name), label, 20));
        let seal = template.seal.iter().map(|line| ("seal", line, 24));
        if let Some((name, ..)) =
            lines.into_iter().chain(labels).chain(seal).find(|(_, text, longest)| text.chars().count() > *longest)
        {
            return Err(TemplateError::TooLong(name));
        }
        if template.seal.len() > 4 {
            return Err(TemplateError::TooLong("seal"));
        }
        template.picture = template.seal_picture.as_deref().map(SealPicture::parse).transpose()?;
        Ok(template)
    }

    /// The built-in template as it is written.
    pub const fn builtin_json() -> &'static str {
        include_str!("../data/report-template.json")
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The version that reports remember.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// True when a text can be the version of a template: it names an object.
    pub fn is_version(text: &str) -> bool {
        is_version(text)
    }

    /// The picture of the seal.
    pub(crate) const fn picture(&self) -> Option<&SealPicture> {
        self.picture.as_ref()
    }

    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// Checks the placeholders of a text: that each is one that is filled in there, and that none is missing that the text is for.
fn filled_in(field: &str, text: &str) -> Result<(), TemplateError> {
    let known = PLACEHOLDERS.iter().find(|(of, _)| *of == field).map_or(&[][..], |(_, known)| known);
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let from = rest.get(at..).unwrap_or_default();
        let Some((placeholder, _)) = known.iter().find(|(placeholder, _)| from.starts_with(placeholder)) else {
            // As far as it goes, or the bracket alone.
            let end = from.find('}').map_or(1, |end| end + 1);
            let written = from.get(..end).unwrap_or(from).to_owned();
            let names: Vec<&str> = known.iter().map(|(placeholder, _)| *placeholder).collect();
            let allowed = match names.is_empty() {
                true => "这里没有可以替换的内容，请不用花括号".to_owned(),
                false => format!("这里可以用{}", names.join("、")),
            };
            return Err(TemplateError::Placeholder { field: field.to_owned(), written, allowed });
        };
        rest = from.get(placeholder.len()..).unwrap_or_default();
    }
    match known.iter().find(|(placeholder, needed)| *needed && !text.contains(placeholder)) {
        Some((placeholder, _)) => Err(TemplateError::WithoutPlaceholder { field: field.to_owned(), placeholder }),
        None => Ok(()),
    }
}

fn is_version(text: &str) -> bool {
    let character = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(character) && !text.starts_with('.')
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
        for (change, value) in [
            ("version", serde_json::json!("../x")),
            ("sections", serde_json::json!(["subject", "notes"])),
            ("sections", serde_json::json!(["subject", "subject", "summary", "list", "details", "notes", "seal"])),
            ("title", serde_json::json!("长".repeat(21))),
            ("seal", serde_json::json!(["一", "二", "三", "四", "五"])),
        ] {
            let mut broken = whole.clone();
            broken[change] = value;
            assert!(Template::parse(&broken.to_string()).is_err(), "{change}");
        }
        let mut broken = whole.clone();
        broken["seal_picture"] = "R0lGODlh".into();
        let refused = Template::parse(&broken.to_string()).unwrap_err().to_string();
        assert_eq!(refused, "“seal_picture”不能用作印章图样：应为 PNG 或 JPEG 图片");
        let mut kept = whole.clone();
        kept["notes"] = serde_json::json!(["查询到{nosuch}条"]);
        assert!(Template::parse(&kept.to_string()).is_ok(), "what was filed before is read as it is");
        let mut broken = whole;
        broken["unknown"] = 1.into();
        assert!(matches!(Template::parse(&broken.to_string()), Err(TemplateError::Json(_))));
    }

    #[test]
    fn what_is_filled_in_nowhere_or_cannot_be_printed_is_refused_at_its_field() {
        let whole: serde_json::Value = serde_json::from_str(Template::builtin_json()).unwrap();
        Template::proposed(&whole.to_string()).unwrap();
        for (field, text, expected) in [
            ("/no_record", "没有{nosuch}记录", "“{nosuch}”不会被替换：这里可以用{kinds}"),
            ("/no_record", "没有记录", "缺少“{kinds}”"),
            ("/conclusion_some", "查询到{cuont}条", "“{cuont}”不会被替换"),
            ("/conclusion_some", "查询到若干条", "缺少“{count}”"),
            ("/conclusion_some", "查询到{count条", "“{”不会被替换"),
            ("/conclusion_some", "查询到{count}}条", "“}”不会被替换"),
            ("/conclusion_in_force", "另有措施", "缺少“{in_force}”"),
            ("/completeness/some", "截至{month}不完整", "缺少“{gaps}”"),
            ("/completeness/unknown", "截至{month}尚未统计", "没有可以替换的内容"),
            ("/legend", "{count}", "没有可以替换的内容"),
            ("/labels/number", "编号{count}", "没有可以替换的内容"),
            ("/notes/1", "说明{count}", "没有可以替换的内容"),
            ("/seal/0", "已签名😀", "“😀”（U+1F600）字体中没有"),
            ("/title", "报告\u{e000}", "（U+E000）字体中没有"),
        ] {
            let mut broken = whole.clone();
            *broken.pointer_mut(field).unwrap() = text.into();
            let error = Template::proposed(&broken.to_string()).unwrap_err();
            assert_eq!(error.field().as_deref(), Some(field), "{text}");
            assert!(error.to_string().contains(expected), "{error}");
        }
        for (field, text) in [
            ("/title", "𠀁村信用报告"),
            ("/completeness/column", "数据\n完整至"),
            ("/conclusion_none", "查询到{count}条。"),
        ] {
            let mut kept = whole.clone();
            *kept.pointer_mut(field).unwrap() = text.into();
            assert!(Template::proposed(&kept.to_string()).is_ok(), "{text}");
        }
    }
}
