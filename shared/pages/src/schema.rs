//! Published schemas (JSON Schema 2020-12): `GET /schemas/{file}`.

use xinzheng_runtime::problem::FILE_UNKNOWN;
use xinzheng_runtime::{HttpResponse, Problem};

/// The schemas by their file names.
pub const SCHEMAS: [(&str, &str); 5] = [
    ("event.schema.json", include_str!("../schemas/event.schema.json")),
    ("log-entry.schema.json", include_str!("../schemas/log-entry.schema.json")),
    ("notice.schema.json", include_str!("../schemas/notice.schema.json")),
    ("report-content.schema.json", include_str!("../schemas/report-content.schema.json")),
    ("report-template.schema.json", include_str!("../schemas/report-template.schema.json")),
];

/// Answers with a schema.
pub fn schema(name: &str) -> Result<HttpResponse, Problem> {
    let (_, text) = SCHEMAS.iter().find(|(known, _)| *known == name).ok_or(FILE_UNKNOWN)?;
    Ok(HttpResponse::text(200, "application/schema+json", (*text).to_owned())
        .header("cache-control", "public, max-age=3600"))
}
