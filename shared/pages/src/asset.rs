//! Style sheet and scripts, served from the site itself: `GET /assets/{file}`.

use xinzheng_runtime::problem::FILE_UNKNOWN;
use xinzheng_runtime::{HttpResponse, Problem};

/// The files, with their content types.
pub const ASSETS: [(&str, &str, &str); 11] = [
    ("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")),
    ("scan.js", "text/javascript; charset=utf-8", include_str!("../assets/scan.js")),
    ("report.js", "text/javascript; charset=utf-8", include_str!("../assets/report.js")),
    ("upload.js", "text/javascript; charset=utf-8", include_str!("../assets/upload.js")),
    ("session.js", "text/javascript; charset=utf-8", include_str!("../assets/session.js")),
    ("share.js", "text/javascript; charset=utf-8", include_str!("../assets/share.js")),
    ("attach.js", "text/javascript; charset=utf-8", include_str!("../assets/attach.js")),
    ("site.css", "text/css; charset=utf-8", include_str!("../assets/site.css")),
    ("template.js", "text/javascript; charset=utf-8", include_str!("../assets/template.js")),
    ("verify-many.js", "text/javascript; charset=utf-8", include_str!("../assets/verify-many.js")),
    ("verify.js", "text/javascript; charset=utf-8", include_str!("../assets/verify.js")),
];

/// Answers with a file.
pub fn asset(name: &str) -> Result<HttpResponse, Problem> {
    let (_, content_type, text) = ASSETS.iter().find(|(known, ..)| *known == name).ok_or(FILE_UNKNOWN)?;
    Ok(HttpResponse::text(200, content_type, (*text).to_owned()).header("cache-control", "public, max-age=3600"))
}
