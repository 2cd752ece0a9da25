//! `xinzheng certificate-request`: asks an authority for a certificate of the key that is to sign reports.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use xinzheng_runtime::services::sdk_config;
use xinzheng_signature::{KeyPlace, certificate_request};

use crate::error::StackError;
use crate::state_file;

/// Whose certificate is asked for, and of which key.
#[derive(Debug, Args)]
pub(crate) struct RequestArguments {
    /// The key in KMS, by its ARN: for SIGN_VERIFY, ECC_NIST_P256 or RSA. Region and credentials are those of the environment.
    #[arg(long, value_name = "ARN", required_unless_present = "key", conflicts_with = "key")]
    kms_key: Option<String>,

    /// The file of a key at hand (PKCS#8 PEM).
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// Whom the certificate is to name, as RFC 4514 writes it: the most particular first.
    #[arg(long, value_name = "CN=…,O=…,C=CN")]
    subject: String,

    /// Where the request (PKCS#10 PEM) is written.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Say what was written as one JSON document.
    #[arg(long)]
    json: bool,
}

/// Writes the request.
pub(crate) async fn run(arguments: &RequestArguments) -> Result<(), StackError> {
    // An earlier request is written over, and a key never.
    if fs::read(&arguments.out).is_ok_and(|there| String::from_utf8_lossy(&there).contains("PRIVATE KEY")) {
        let why = format!("{}: a private key is there, and is not written over", arguments.out.display());
        return Err(StackError::step("asking for a certificate")(why.into()));
    }
    let request = match (&arguments.kms_key, &arguments.key) {
        (Some(id), _) => {
            let client = aws_sdk_kms::Client::new(&sdk_config().await);
            certificate_request(&arguments.subject, KeyPlace::KeyService(&client, id)).await
        }
        (None, Some(file)) => {
            let key = fs::read_to_string(file).map_err(|error| failed(file, &error))?;
            certificate_request(&arguments.subject, KeyPlace::AtHand(&key)).await
        }
        // The command line has one of them.
        (None, None) => return Ok(()),
    };
    let request = request.map_err(|error| StackError::step("asking for a certificate")(error.into()))?;
    state_file::replace(&arguments.out, request.as_bytes()).map_err(|error| failed(&arguments.out, &error))?;
    if arguments.json {
        println!("{}", json!({ "request": arguments.out }));
    } else {
        println!("The request is {}", arguments.out.display());
    }
    Ok(())
}

fn failed(file: &Path, error: &std::io::Error) -> StackError {
    StackError::step("asking for a certificate")(format!("{}: {error}", file.display()).into())
}
