//! The files that a report carries (ISO 19005-3, 6.8 and annex E): its data, and what its pages were set with.

use lopdf::{Document, Object, dictionary};
use serde::Serialize;
use xinzheng_domain::china_time::CHINA;

use crate::compression::{LEVEL, deflated};
use crate::error::RenderError;
use crate::manuscript::Manuscript;
use crate::template::Template;
use crate::text_string::text_string;

/// What the pages of a report were set with, beside its data.
#[derive(Serialize)]
struct Rendering<'m> {
    code: String,
    verification_url: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_sha256: Option<String>,
    /// For which a placeholder stands on the pages.
    missing_characters: &'m [char],
    template: &'m Template,
}

/// A file as it is told of (ISO 32000-2, table 43).
struct AssociatedFile {
    name: &'static str,
    relationship: &'static str,
    description: &'static str,
    content: Vec<u8>,
}

/// Puts the report's data into the file, and what it was set with.
pub(crate) fn embed(
    file: &mut Document,
    manuscript: Manuscript<'_>,
    template: &Template,
    missing: &[char],
) -> Result<(), RenderError> {
    let rendering = Rendering {
        code: manuscript.code.to_string(),
        verification_url: manuscript.verification_url,
        certificate_sha256: manuscript.certificate.map(ToString::to_string),
        missing_characters: missing,
        template,
    };
    let rendering = serde_json::to_vec(&rendering).map_err(|error| RenderError::File(error.to_string()))?;
    // In the order of their names, as a name tree asks for.
    let files = [
        AssociatedFile {
            name: "rendering.json",
            relationship: "Supplement",
            description: "报告的排版依据：核验码、核验地址、字库所缺的字和模板",
            content: rendering,
        },
        AssociatedFile {
            name: "report.json",
            relationship: "Data",
            description: "报告数据：本报告的全部内容，其SHA-256摘要可供核验",
            content: manuscript.data.to_vec(),
        },
    ];
    let issued = CHINA.to_datetime(manuscript.content.issued_at).strftime("D:%Y%m%d%H%M%S+08'00'").to_string();
    let (mut names, mut associated) = (vec![], vec![]);
    for of in files {
        let specification = specification(file, &of, &issued)?;
        names.extend([Object::string_literal(of.name), specification.clone()]);
        associated.push(specification);
    }
    let catalog = file.catalog_mut().map_err(|error| RenderError::File(error.to_string()))?;
    catalog.set("Names", dictionary! { "EmbeddedFiles" => dictionary! { "Names" => names } });
    catalog.set("AF", associated);
    Ok(())
}

fn specification(file: &mut Document, of: &AssociatedFile, issued: &str) -> Result<Object, RenderError> {
    let about = dictionary! {
        "Type" => "EmbeddedFile",
        "Subtype" => "application/json",
        "Params" => dictionary! {
            "Size" => of.content.len() as i64,
            "ModDate" => Object::string_literal(issued),
        },
    };
    let content = file.add_object(deflated(about, &of.content, LEVEL)?);
    let specification = file.add_object(dictionary! {
        "Type" => "Filespec",
        "F" => Object::string_literal(of.name),
        "UF" => text_string(of.name),
        "Desc" => text_string(of.description),
        "AFRelationship" => of.relationship,
        "EF" => dictionary! { "F" => content, "UF" => content },
    });
    Ok(Object::Reference(specification))
}
