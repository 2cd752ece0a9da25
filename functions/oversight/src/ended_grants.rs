//! Grants with consent to notices whose time is over: whoever holds one is told (R12). From its last moment on nothing else is.

use xinzheng_store::StoreError;

use crate::App;

/// The most grants of a run.
const MOST: i32 = 500;

/// Tells of the grants that have ended since the last run, the first to end before the others. A Query and a BatchGetItem for each
/// hundred; a TransactWriteItems for each.
pub(crate) async fn tell(app: &App) -> Result<(), StoreError> {
    // The change of its item is told by the table's stream.
    for standing in app.registry.ended_grants(app.clock.now(), MOST).await? {
        app.registry.expire_grant(&standing).await?;
    }
    Ok(())
}
