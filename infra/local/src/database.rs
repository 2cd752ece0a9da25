//! The embedded DynamoDB.

use std::fs::{OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use dynoxide::Database;
use rusqlite::{Connection, OptionalExtension as _};

use crate::error::StackError;

/// Opens the database file, or makes it, readable for its owner alone.
pub(crate) fn open(file: &Path) -> Result<Database, StackError> {
    let damaged = |why: String| StackError::damaged(file, why);
    let path = file.to_str().ok_or_else(|| damaged("its path is not UTF-8".to_owned()))?;
    // What SQLite puts beside the file has the file's permissions.
    let made = OpenOptions::new().append(true).create(true).mode(0o600).open(file);
    made.and_then(|made| made.set_permissions(Permissions::from_mode(0o600)))
        .map_err(|error| StackError::unwritable(file, error))?;
    let database = Database::new(path).map_err(|error| damaged(error.to_string()))?;
    // Reads something, so that a damaged file is noticed now and not at the first request.
    database.list_tables(Default::default()).map_err(|error| damaged(error.to_string()))?;
    order_the_stream(path).map_err(|error| damaged(error.to_string()))?;
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

/// What a database file has of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// Not even the table.
    Nothing,
    /// The table, without an item.
    Table,
    /// Items.
    Items,
}

/// Looks at a database file that nobody has opened yet, the whole of which has to be sound.
pub(crate) fn held(file: &Path, table: &str) -> Result<Held, StackError> {
    if !file.exists() {
        return Ok(Held::Nothing);
    }
    let damaged = |why: &dyn ToString| StackError::damaged(file, why.to_string());
    let database = Connection::open(file).map_err(|error| damaged(&error))?;
    let found: String =
        database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|error| damaged(&error))?;
    if found != "ok" {
        return Err(damaged(&found));
    }
    let count = |query: String| {
        database.query_row(&query, [], |row| row.get::<_, i64>(0)).optional().map_err(|error| damaged(&error))
    };
    let table = table.replace('"', "\"\"");
    Ok(match count(format!("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '{table}'"))? {
        None => Held::Nothing,
        Some(_) => match count(format!("SELECT 1 FROM \"{table}\" LIMIT 1"))? {
            None => Held::Table,
            Some(_) => Held::Items,
        },
    })
}
