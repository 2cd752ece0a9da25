//! The witness of the stack's public log: on another deployment it is somebody else's.

use std::sync::Arc;

use tokio::net::TcpListener;
use xinzheng_tlog::{LogKey, WitnessKey};
use xinzheng_witness::Witness;

use crate::data_folder::DataFolder;
use crate::ending::Work;
use crate::error::StackError;
use crate::options::Outage;
use crate::secrets::LocalSecrets;

/// What the public log is called here.
pub(crate) const LOG_ORIGIN: &str = "credit.example.invalid/log";
/// The file of what the witness has cosigned, in a folder of its own: it is nobody's of the deployment.
const LEDGER: &str = "witness/cosigned.json";

/// The witness, served; its address and key.
pub(crate) async fn start(
    data: &DataFolder,
    secrets: &LocalSecrets,
    fails: Outage,
    mut work: Work,
) -> Result<(String, WitnessKey), StackError> {
    let wrong =
        |error: &dyn std::fmt::Display| StackError::Step { step: "starting the witness", why: error.to_string() };
    let log: LogKey = secrets.log_key(LOG_ORIGIN)?;
    let file = data.file(LEDGER);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| StackError::unwritable(folder, error))?;
    }
    let witness = Witness::open(vec![log], secrets.witness()?, &file).map_err(|error| wrong(&error))?;
    let key = witness.key().clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| wrong(&error))?;
    let address = listener.local_addr().map_err(|error| wrong(&error))?;
    let router = xinzheng_witness::router(Arc::new(witness), move || fails.is_set());
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(async move { work.ended().await });
        if let Err(error) = served.await {
            tracing::error!(%error, "the witness is not served any more");
        }
    });
    Ok((format!("http://{address}"), key))
}
