//! The cursor with which a caller goes on in a list.

use xinzheng_store::Cursor;

use crate::http::HttpRequest;
use crate::problem::Problem;

/// The request's `cursor`, when there is one. Whether it is that of the list is seen when it is used.
pub fn of(request: &HttpRequest) -> Result<Option<Cursor>, Problem> {
    let Some(cursor) = request.query_parameter("cursor") else { return Ok(None) };
    Cursor::parse(cursor).map(Some).ok_or_else(Problem::cursor)
}
