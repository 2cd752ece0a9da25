//! Style sheet and scripts, served from the site itself: `GET /assets/{file}`.

use std::io::Read;

use flate2::read::GzDecoder;
use xinzheng_runtime::problem::{FILE_UNKNOWN, INTERNAL};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};

use crate::packed::{self, Packed};

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

/// The viewer of the API's description, of others and packed as `viewer/prepare` makes it: by the version in its name it never
/// changes.
pub(crate) const VIEWER: &str = "rapidoc-9.3.8.js";
const VIEWER_PACKED: &[u8] = include_bytes!("../viewer/rapidoc-min.js.gz");

/// Answers with a file.
pub fn asset(name: &str, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    if name == VIEWER {
        return viewer(request);
    }
    let (_, content_type, text) = ASSETS.iter().find(|(known, ..)| *known == name).ok_or(FILE_UNKNOWN)?;
    Ok(HttpResponse::text(200, content_type, (*text).to_owned()).header("cache-control", "public, max-age=3600"))
}

fn viewer(request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let unpacked = || {
        let mut text = String::new();
        GzDecoder::new(VIEWER_PACKED).read_to_string(&mut text).map(|_| text)
    };
    let file = Packed { content_type: "text/javascript; charset=utf-8", bytes: VIEWER_PACKED };
    let response = packed::answer(request, &file, unpacked).map_err(|error| {
        tracing::error!(%error, "the viewer cannot be unpacked");
        Problem::from(INTERNAL)
    })?;
    Ok(response.header("cache-control", "public, max-age=31536000, immutable"))
}
