//! `xinzheng witness`: a witness for a province or a bank.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use xinzheng_tlog::{Cosigner, LogKey};
use xinzheng_witness::{Witness, serve};

use crate::error::StackError;

/// Serves a witness of these logs until Ctrl-C.
pub(crate) async fn run(
    logs: &[String],
    key: &Path,
    name: &str,
    state: &Path,
    (address, json): ((&String, u16), bool),
) -> Result<(), StackError> {
    let wrong = |why: String| StackError::Step { step: "being a witness", why };
    let logs = logs.iter().map(|log| LogKey::parse(log).map_err(|error| wrong(format!("{log}: {error}"))));
    let logs = logs.collect::<Result<Vec<_>, _>>()?;
    if let Some((place, log)) = logs
        .iter()
        .enumerate()
        .find(|(place, log)| logs.iter().take(*place).any(|other| other.origin() == log.origin()))
    {
        return Err(wrong(format!("log {} is {} once more: one line is kept of each", place + 1, log.origin())));
    }
    let witness = Witness::open(logs, cosigner(key, name)?, state).map_err(|error| wrong(error.to_string()))?;
    let listener =
        TcpListener::bind((address.0.as_str(), address.1)).await.map_err(|error| wrong(error.to_string()))?;
    let address = listener.local_addr().map_err(|error| wrong(error.to_string()))?;
    if json {
        let served = format!("http://{address}/add-checkpoint");
        println!("{}", serde_json::json!({ "key": witness.key().to_string(), "address": served }));
    } else {
        println!("Key          {}", witness.key());
        println!("Serving http://{address}/add-checkpoint until Ctrl-C");
    }
    let ended = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            eprintln!("xinzheng: {error}");
        }
    };
    serve(listener, Arc::new(witness), ended).await.map_err(|error| wrong(error.to_string()))
}

/// The key in a file; drawn into it when there is none, for its owner alone to read.
fn cosigner(file: &Path, name: &str) -> Result<Cosigner, StackError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let drawn = Cosigner::draw(name);
            let drawn = drawn.map_err(|error| StackError::Step { step: "naming a witness", why: error.to_string() })?;
            let written = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
            let written = written.and_then(|mut file| file.write_all(format!("{drawn}\n").as_bytes()));
            written.map_err(|error| StackError::unwritable(file, error))?;
            drawn
        }
        Err(error) => return Err(StackError::damaged(file, error)),
    };
    Cosigner::parse(&text).map_err(|error| StackError::damaged(file, error))
}
