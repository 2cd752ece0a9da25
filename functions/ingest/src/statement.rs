//! What the platform states of having taken a file in: the text whose digest stands in the public log, so that its unit can
//! prove that it was sent, when, and what became of it.

use jiff::Timestamp;
use serde::Serialize;
use xinzheng_domain::{TableId, UnitCode};
use xinzheng_intake::Receipt;
use xinzheng_tlog::Salt;

/// Fields that do not change when the same file is taken in once more; in the order of their names.
#[derive(Serialize)]
struct Statement<'a> {
    accepted: u64,
    batch: &'a str,
    blank: u64,
    bytes: u64,
    key: &'a str,
    refusal: Option<&'a str>,
    rejected: u64,
    rows: u64,
    /// Without it nobody can try what the digest is of.
    salt: Salt,
    /// None of a file that was not read.
    sha256: Option<&'a str>,
    stored_at: Timestamp,
    table: Option<TableId>,
    unit: Option<UnitCode>,
}

/// The statement of a receipt, as JSON.
pub(crate) fn of(receipt: &Receipt, salt: Salt) -> Result<String, serde_json::Error> {
    let counts = &receipt.reading.counts;
    serde_json::to_string(&Statement {
        accepted: counts.accepted,
        batch: &receipt.batch,
        blank: counts.blank,
        bytes: receipt.bytes,
        key: &receipt.key,
        refusal: receipt.refusal.as_ref().map(|refusal| refusal.code.as_str()),
        rejected: counts.rejected,
        rows: counts.rows,
        salt,
        sha256: receipt.sha256.as_deref(),
        stored_at: receipt.stored_at,
        table: receipt.table,
        unit: receipt.unit,
    })
}
