//! Versions of reports' files, and the list of what is to be proven anew.

use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::VerificationCode;
use xinzheng_domain::audit::Action;
use xinzheng_domain::report::file_version::FileVersion;
use xinzheng_tlog::Fact;

use crate::audit::{Actor, AuditOf, Step};
use crate::reports::{CODE, FiledReport, pointed};
use crate::table::{Committed, Put, Update, count, damaged, is, json as json_of, lacks, there};
use crate::{Registry, StoreError, keys};

/// The versions of a report's file behind the one that was issued.
pub(crate) const VERSIONS: &str = "versions";
/// How many.
const COUNTED: &str = "version_count";

/// What a further version asks of the table.
#[derive(Clone, Copy, Debug)]
enum Failed {
    /// Another one was made meanwhile.
    Overtaken,
    /// The file is another report's, or it is noted already.
    Taken,
}

/// A report whose file is to be proven anew.
#[derive(Clone, Debug)]
pub struct ProofDue {
    /// Which.
    pub code: VerificationCode,
    /// Since when.
    pub due: Timestamp,
}

/// What puts a report on the list of what is to be proven anew.
pub(crate) fn listed(code: &VerificationCode, due: Timestamp) -> Put {
    Put::at(&keys::proof_due(code, due)).text(CODE, code.compact()).instant("due", due)
}

impl Registry {
    /// At most `most` reports whose files are to be proven anew by this time, what is due first in each of the list's
    /// partitions. A Query for each partition, until there are enough.
    pub async fn proofs_due(&self, until: Timestamp, most: usize) -> Result<Vec<ProofDue>, StoreError> {
        let mut found = vec![];
        for shard in 0..keys::PROOF_SHARDS {
            let left = i32::try_from(most.saturating_sub(found.len())).unwrap_or(i32::MAX);
            if left == 0 {
                break;
            }
            for item in self.query(keys::proofs_due(shard, until)).page(None, left).await?.items {
                let due = item.needed("due", "a report to be proven anew")?.parse();
                let due = due.map_err(|_| damaged("a report to be proven anew", "its time"))?;
                found.push(ProofDue { code: pointed(&item)?, due });
            }
        }
        Ok(found)
    }

    /// Records a further version of a report's file: beside those that there are, by its digest, in the audit, on the list in
    /// place of what was due, and among what the public log is to have. One TransactWriteItems. `Overtaken` when another was made meanwhile.
    pub async fn add_version(
        &self,
        filed: &FiledReport,
        version: &FileVersion,
        done: &ProofDue,
    ) -> Result<Committed, StoreError> {
        let report = &filed.report;
        let code = report.code.compact();
        let versions: Vec<&FileVersion> = filed.further.iter().chain([version]).collect();
        let before = filed.further.len();
        let unchanged = if before == 0 { lacks(COUNTED) } else { is(COUNTED, count(before)) };
        let changed = Update::at(keys::code(&report.code))
            .text(VERSIONS, json_of(&versions, "versions of a file")?)
            .count(COUNTED, versions.len())
            .when(there().and(unchanged));
        let step = Step::new(version.at, Action::ReportProlonged, report.number.as_str())
            .because(version.kind.title())
            .event(json!({ "report": report.number, "sha256": version.sha256, "level": version.level.code() }));
        let fact = Fact::FileAdded {
            number: report.number.to_string(),
            version: version.kind.code().to_owned(),
            file: (*version.sha256.as_bytes()).into(),
            at: version.at,
        };
        let pointer = Put::new_at(&keys::file(&version.sha256.to_string())).text(CODE, code);
        let mut transaction = self
            .transaction()
            .update_when(Failed::Overtaken, changed)
            .put_when(Failed::Taken, pointer)
            .put_when(Failed::Taken, self.entry(&AuditOf::Subject(report.subject), &Actor::system(), &step))
            .put(Self::to_be_logged(&fact, None)?);
        let (was, next) = (keys::proof_due(&done.code, done.due), version.next_due(report.issued_at));
        let next = next.map(|due| (keys::proof_due(&report.code, due), listed(&report.code, due)));
        match next {
            // Due again at once: it stays where it is.
            Some((place, _)) if place == was => {}
            Some((_, listed)) => transaction = transaction.put(listed).delete(was),
            None => transaction = transaction.delete(was),
        }
        transaction.commit_or_overtaken().await
    }

    /// Takes a report off the list of what is to be proven anew. One DeleteItem.
    pub async fn forget_proof(&self, done: &ProofDue) -> Result<(), StoreError> {
        self.delete(&keys::proof_due(&done.code, done.due)).await
    }

    /// Puts off what is due to a later time. One TransactWriteItems.
    pub async fn put_off_proof(&self, done: &ProofDue, until: Timestamp) -> Result<(), StoreError> {
        let transaction = self.transaction::<Failed>().put(listed(&done.code, until));
        transaction.delete(keys::proof_due(&done.code, done.due)).commit_or_overtaken().await?;
        Ok(())
    }
}
