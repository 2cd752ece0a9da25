//! Large texts, compressed for whoever takes that: an answer has at most 6 MB, and the HTTP API compresses nothing.

use std::io;

use xinzheng_runtime::{HttpRequest, HttpResponse};

/// A text as gzip has it.
pub(crate) struct Packed<'p> {
    pub(crate) content_type: &'p str,
    pub(crate) bytes: &'p [u8],
}

/// The text as the request takes it (RFC 9110, 12.5.3).
pub(crate) fn answer(
    request: &HttpRequest,
    packed: &Packed<'_>,
    unpacked: impl FnOnce() -> io::Result<String>,
) -> io::Result<HttpResponse> {
    let response = if takes_gzip(request.header("accept-encoding").unwrap_or_default()) {
        HttpResponse::bytes(200, packed.content_type, packed.bytes).header("content-encoding", "gzip")
    } else {
        HttpResponse::text(200, packed.content_type, unpacked()?)
    };
    Ok(response.header("vary", "accept-encoding"))
}

/// Whether an `Accept-Encoding` has gzip, and not only to refuse it.
fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = parameters.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok()) == Some(0.0);
        matches!(name.trim().to_ascii_lowercase().as_str(), "gzip" | "x-gzip") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_for_whoever_takes_it() {
        for (accepted, expected) in [
            ("gzip, deflate, br", true),
            ("br;q=1, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0, br", false),
            ("br", false),
            ("", false),
            ("identity", false),
        ] {
            assert_eq!(takes_gzip(accepted), expected, "{accepted}");
        }
    }
}
