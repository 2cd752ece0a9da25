//! Cursors of lists: opaque to whoever pages, the sort key to go on behind for the store.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::http::HttpRequest;
use crate::problem::Problem;

/// The cursor of a sort key.
pub fn sealed(key: String) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// The sort key that the request's `cursor` stands for, when there is one; keys of the list begin with `prefix`.
pub fn opened(request: &HttpRequest, prefix: &str) -> Result<Option<String>, Problem> {
    let Some(cursor) = request.query_parameter("cursor") else { return Ok(None) };
    let key = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let key = key.filter(|key| key.starts_with(prefix) && key.len() <= 1024);
    key.map(Some)
        .ok_or_else(|| Problem::new(422, "cursor-unreadable", "cursor 无法识别").hint("请使用上一页返回的 next"))
}
