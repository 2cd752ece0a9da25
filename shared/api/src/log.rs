//! The public log: what anyone may read of it, and where in it something is (C2SP: tlog-tiles, tlog-proof).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Role::{Platform, Unit};

use crate::endpoint::{Endpoint, Topic};
use crate::parameter::parameters;
use crate::upload::UploadPath;
use crate::verification::CodePath;

/// The log itself.
pub const READ: Endpoint<LogPath, (), (), ()> =
    Endpoint::get_file("/log/{path+}", Topic::Proof, "What the public log has at a path")
        .about(
            "A tiled transparency log (C2SP tlog-tiles): `checkpoint`, `tile/<level>/<number>[.p/<width>]`, \
             `tile/entries/<number>[.p/<width>]`; beside it `cosigned`, the newest checkpoint that enough witnesses have \
             cosigned, and `policy`, by which keys proofs are judged (C2SP tlog-policy). Entries are JSON by \
             /schemas/log-entry.schema.json",
        )
        .files(&["application/octet-stream", "text/plain"])
        .problems(&[404])
        .for_any_origin();

/// The proof that a report is in it.
pub const REPORT_PROOF: Endpoint<CodePath, (), (), ()> =
    Endpoint::get_file("/verify/{code}/proof", Topic::Proof, "The proof that the public log has the report")
        .about("Holds without asking anyone (C2SP tlog-proof@v1); its extra data are the entry")
        .files(&["text/plain"])
        .problems(&[404, 409, 429])
        .for_any_origin();

/// The proof that an upload is in it.
pub const UPLOAD_PROOF: Endpoint<UploadPath, (), (), ()> = Endpoint::get_file(
    "/uploads/{id}/proof",
    Topic::Uploads,
    "The proof that the public log has an upload",
)
.about(
    "Holds without asking anyone (C2SP tlog-proof@v1); its extra data are the entry, whose `receipt` is the SHA-256 of \
             the upload's `statement`",
)
.callers(&[Unit, Platform])
.files(&["text/plain"])
.problems(&[404, 409]);

parameters! {
    /// What of the log.
    pub struct LogPath {
        /// `checkpoint`, `tile/0/000.p/5` and so on.
        pub path: String,
    }
}

/// Whether the public log has something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum LogStanding {
    /// It waits to be put into it, which takes seconds: nobody else has seen it yet.
    Pending,
    /// The log has it, where nobody can change it or take it away without being seen.
    Logged {
        /// Its place, from 0 on.
        index: u64,
        /// The size of a checkpoint that commits to it.
        size: u64,
        /// The witnesses that have cosigned that checkpoint; none while fewer have than are asked for.
        cosigned_by: Vec<String>,
    },
}
