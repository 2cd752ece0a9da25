//! Requests that were being carried out when the process ended. Their claims would keep who asks again waiting for as long as
//! a function may run; at a start nobody can be carrying them out, as a data folder has one stack at a time.

use dynoxide::Database;
use rusqlite::Connection;
use xinzheng_runtime::Services;
use xinzheng_store::Registry;

use crate::error::StackError;

/// Releases every claim of the registry's table that has no answer, as the store does with one that came to nothing.
pub(crate) async fn release(database: &Database, services: &Services, table: &str) -> Result<(), StackError> {
    let step = "releasing requests that were broken off";
    let registry = Registry::new(services.dynamodb.clone(), table);
    for request in claimed(database, table).map_err(StackError::step(step))? {
        registry.release_request(&request).await.map_err(|error| StackError::step(step)(error.into()))?;
    }
    Ok(())
}

/// The hashes of requests whose claims have no answer. Asked of the database file, which finds them by the beginning of their key;
/// a Scan would read all of the registry.
fn claimed(database: &Database, table: &str) -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>> {
    let Some(file) = database.db_path()? else { return Ok(vec![]) };
    let file = Connection::open(file)?;
    let table = table.replace('"', "\"\"");
    let mut claims = file.prepare(&format!(
        "SELECT substr(json_extract(item_json, '$.pk.S'), length('REQUEST#') + 1) FROM \"{table}\"
         WHERE pk >= 'S:REQUEST#' AND pk < 'S:REQUEST$' AND sk = 'S:META'
         AND json_type(item_json, '$.answer') IS NULL AND json_extract(item_json, '$.claimed_at.N') <> '0'"
    ))?;
    let keys = claims.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(keys)
}
