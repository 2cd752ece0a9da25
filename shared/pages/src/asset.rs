//! Style sheet and scripts, served from the site itself: `GET /assets/{file}`.

use xinzheng_runtime::{HttpResponse, Problem};

/// The files, with their content types.
pub const ASSETS: [(&str, &str, &str); 2] = [
    ("site.css", "text/css; charset=utf-8", include_str!("../assets/site.css")),
    ("verify.js", "text/javascript; charset=utf-8", include_str!("../assets/verify.js")),
];

/// Answers with a file.
pub fn asset(name: &str) -> Result<HttpResponse, Problem> {
    let (_, content_type, text) = ASSETS
        .iter()
        .find(|(known, ..)| *known == name)
        .ok_or_else(|| Problem::new(404, "file-unknown", "没有这个文件"))?;
    Ok(HttpResponse::text(200, content_type, (*text).to_owned()).header("cache-control", "public, max-age=3600"))
}
