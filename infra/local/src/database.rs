//! The embedded DynamoDB.

use std::path::Path;

use dynoxide::Database;
use tokio::net::TcpListener;

use crate::stack::StackError;

/// Opens the database file, or makes it, and serves it on `listener`. Returns the database, for its streams.
pub(crate) fn serve(listener: TcpListener, file: &Path) -> Result<Database, StackError> {
    let damaged = |why: String| StackError::Damaged { what: file.display().to_string(), why };
    let path = file.to_str().ok_or_else(|| damaged("its path is not UTF-8".to_owned()))?;
    let database = Database::new(path).map_err(|error| damaged(error.to_string()))?;
    // Reads something, so that a damaged file is noticed now and not at the first request.
    database.list_tables(Default::default()).map_err(|error| damaged(error.to_string()))?;
    tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
    Ok(database)
}
