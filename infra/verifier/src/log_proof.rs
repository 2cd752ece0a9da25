//! What a proof of the public log proves: for whoever has one, and what it is of.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use xinzheng_tlog::{Digest, Fact, Proof, Salt};

use crate::error::VerifierError;
use crate::logged::policy;

/// A proof, and what it is held against.
#[derive(Debug, Args)]
pub struct LogProofArguments {
    /// The proof: *.tlog-proof.
    #[arg(value_name = "PROOF")]
    pub proof: PathBuf,

    /// Whom to trust (C2SP tlog-policy): the log's key, and the witnesses that are to have cosigned.
    #[arg(long, value_name = "POLICY")]
    pub log: PathBuf,

    /// Of an upload: the statement of its receipt, byte for byte.
    #[arg(long, value_name = "FILE")]
    pub statement: Option<PathBuf>,

    /// Of an upload, with its statement: the file that was sent.
    #[arg(long, value_name = "FILE", requires = "statement")]
    pub file: Option<PathBuf>,

    /// Write one JSON document, as it always does.
    #[arg(long)]
    pub json: bool,
}

/// What is told.
#[derive(Serialize)]
struct Told<'p> {
    index: u64,
    size: u64,
    cosigned_by: Vec<&'p str>,
    /// What the log says.
    entry: &'p Fact,
    /// Whether the statement is the one that the log says.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_statement: Option<bool>,
    /// Whether the file is the one that the log and the statement say.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_file: Option<bool>,
}

/// As much of a statement as is looked at.
#[derive(Deserialize)]
struct Statement {
    salt: Salt,
    /// None of a file that was not read.
    sha256: Option<String>,
}

/// Judges a proof and writes what it proves to standard output, as JSON. Exit code 0 when all holds, 1 when something does not,
/// 2 when nothing could be said.
#[must_use]
pub fn log_proof(arguments: &LogProofArguments) -> ExitCode {
    match judge(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("xinzheng: {}", error.to_string().replace('\n', " "));
            ExitCode::from(if matches!(error, VerifierError::Proof(_)) { 1 } else { 2 })
        }
    }
}

fn judge(arguments: &LogProofArguments) -> Result<bool, VerifierError> {
    let policy = policy(&arguments.log)?;
    let proof = Proof::parse(&read(&arguments.proof)?)?;
    let (entry, cosigned_by) = proof.judge(&policy)?;
    let statement = arguments.statement.as_deref().map(read).transpose()?;
    let file = arguments.file.as_deref().map(read).transpose()?;
    let is_statement = statement.as_ref().map(|statement| match &entry {
        Fact::UploadReceived { receipt, .. } => *receipt == Digest::of(statement),
        _ => false,
    });
    let is_file = file.as_ref().map(|file| {
        let stated: Option<Statement> = statement.as_ref().and_then(|text| serde_json::from_slice(text).ok());
        let own: [u8; 32] = Sha256::digest(file).into();
        match (&entry, stated) {
            (Fact::UploadReceived { file: Some(file), .. }, Some(Statement { salt, sha256: Some(sha256) })) => {
                *file == salt.digest(&own) && sha256 == Digest::from(own).to_string()
            }
            _ => false,
        }
    });
    let size = proof.checkpoint.size();
    let told = Told { index: proof.index, size, cosigned_by, entry: &entry, is_statement, is_file };
    println!("{}", serde_json::to_string_pretty(&told).map_err(std::io::Error::from)?);
    Ok(is_statement != Some(false) && is_file != Some(false))
}

fn read(file: &Path) -> Result<Vec<u8>, VerifierError> {
    fs::read(file).map_err(|error| VerifierError::Unreadable { path: file.to_owned(), error })
}
