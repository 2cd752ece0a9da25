//! Requests that were being carried out when the process ended. Their claims would keep who asks again waiting for as long as
//! a function may run; at a start nobody can be carrying them out, as a data folder has one stack at a time.

use dynoxide::Database;
use rusqlite::Connection;
use serde_json::json;

use crate::error::StackError;

/// Releases every claim of the registry that has no answer, as the store does with one that came to nothing.
pub(crate) fn release(database: &Database, registry: &str) -> Result<(), StackError> {
    let step = "releasing requests that were broken off";
    for key in claimed(database, registry).map_err(StackError::step(step))? {
        let update = json!({
            "TableName": registry,
            "Key": { "pk": { "S": key }, "sk": { "S": "META" } },
            "UpdateExpression": "SET claimed_at = :never",
            "ExpressionAttributeValues": { ":never": { "N": "0" } },
        });
        let update = serde_json::from_value(update).map_err(|error| StackError::step(step)(error.into()))?;
        database.update_item(update).map_err(|error| StackError::step(step)(error.into()))?;
    }
    Ok(())
}

/// The partitions of claims without an answer. Asked of the database file, which finds them by the beginning of their key;
/// a Scan would read all of the registry.
fn claimed(database: &Database, registry: &str) -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>> {
    let Some(file) = database.db_path()? else { return Ok(vec![]) };
    let file = Connection::open(file)?;
    let table = registry.replace('"', "\"\"");
    let mut claims = file.prepare(&format!(
        "SELECT json_extract(item_json, '$.pk.S') FROM \"{table}\"
         WHERE pk >= 'S:REQUEST#' AND pk < 'S:REQUEST$' AND sk = 'S:META'
         AND json_type(item_json, '$.answer') IS NULL AND json_extract(item_json, '$.claimed_at.N') <> '0'"
    ))?;
    let keys = claims.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(keys)
}
