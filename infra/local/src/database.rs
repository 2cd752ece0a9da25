//! The embedded DynamoDB.

use std::path::Path;

use dynoxide::Database;
use rusqlite::Connection;
use tokio::net::TcpListener;

use crate::error::StackError;

/// Opens the database file, or makes it, and serves it on `listener`. Returns the database, for its streams.
pub(crate) fn serve(listener: TcpListener, file: &Path) -> Result<Database, StackError> {
    let damaged = |why: String| StackError::damaged(file, why);
    let path = file.to_str().ok_or_else(|| damaged("its path is not UTF-8".to_owned()))?;
    let database = Database::new(path).map_err(|error| damaged(error.to_string()))?;
    // Reads something, so that a damaged file is noticed now and not at the first request.
    database.list_tables(Default::default()).map_err(|error| damaged(error.to_string()))?;
    order_the_stream(path).map_err(|error| damaged(error.to_string()))?;
    tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
    Ok(database)
}

/// The database looks up the end of its stream by number, for which it has no index: with one, a write costs the same however
/// many came before.
fn order_the_stream(path: &str) -> rusqlite::Result<()> {
    Connection::open(path)?.execute_batch(
        "CREATE INDEX IF NOT EXISTS stream_by_number
         ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
    )
}
