//! Whether the public log has a report, by the proof beside its file and pinned keys (C2SP tlog-proof, tlog-policy).

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::Serialize;
use xinzheng_proof::Judgement;
use xinzheng_tlog::{Fact, Policy, Proof};

use crate::error::VerifierError;

/// The longest proof that is read, in bytes.
const LONGEST: u64 = 256 << 10;

/// What the public log has of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub(crate) enum Logged {
    /// It has the report, at this place.
    Proven { index: u64, size: u64, cosigned_by: Vec<String> },
    /// There is no proof beside the file.
    NoProof,
    /// The proof does not hold.
    Wrong { why: String },
    /// The proof holds, and is of something else.
    OfAnother { why: String },
}

impl Logged {
    pub(crate) const fn is_good(&self) -> bool {
        matches!(self, Self::Proven { .. })
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Proven { index, size, cosigned_by } => {
                let by = if cosigned_by.is_empty() { "无见证方".to_owned() } else { cosigned_by.join("、") };
                format!("公开日志：第 {} 条（共 {size} 条，见证：{by}）", index + 1)
            }
            Self::NoProof => "公开日志：没有同名的 .tlog-proof 证明".to_owned(),
            Self::Wrong { why } => format!("公开日志：证明不成立（{why}）"),
            Self::OfAnother { why } => format!("公开日志：证明说的是另一件事（{why}）"),
        }
    }
}

/// Reads a policy.
pub(crate) fn policy(file: &Path) -> Result<Policy, VerifierError> {
    let text = fs::read_to_string(file).map_err(|error| VerifierError::Unreadable { path: file.to_owned(), error })?;
    Policy::parse(&text).map_err(|error| VerifierError::Policy { from: file.display().to_string(), error })
}

/// Looks for the proof beside a file (`report.tlog-proof` beside `report.pdf`), and judges it.
pub(crate) fn beside(file: &Path, judgement: &Judgement, policy: &Policy) -> Logged {
    let beside = file.with_extension("tlog-proof");
    let bytes = match fs::metadata(&beside)
        .and_then(|found| if found.len() > LONGEST { Ok(vec![]) } else { fs::read(&beside) })
    {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Logged::NoProof,
        Err(error) => return Logged::Wrong { why: error.to_string() },
    };
    let proof = match Proof::parse(&bytes) {
        Ok(proof) => proof,
        Err(error) => return Logged::Wrong { why: error.to_string() },
    };
    let (fact, cosigned) = match proof.judge(policy) {
        Ok(judged) => judged,
        Err(error) => return Logged::Wrong { why: error.to_string() },
    };
    match differs(&fact, judgement) {
        Some(why) => Logged::OfAnother { why: why.to_owned() },
        None => Logged::Proven {
            index: proof.index,
            size: proof.checkpoint.size(),
            cosigned_by: cosigned.into_iter().map(str::to_owned).collect(),
        },
    }
}

/// What of a fact is not so of a report; `None` when all is.
fn differs(fact: &Fact, judgement: &Judgement) -> Option<&'static str> {
    let Fact::ReportIssued { number, content, file, .. } = fact else { return Some("不是出具报告") };
    let document = &judgement.document;
    if document.number.as_ref() != Some(number) {
        return Some("编号不同");
    }
    if document.data.as_ref().map(|data| data.sha256.as_str()) != Some(&content.to_string()) {
        return Some("数据不同");
    }
    let file = file.to_string();
    // Later versions begin with the file that was issued.
    let is_its = document.sha256 == file || document.revisions.iter().any(|revision| revision.sha256 == file);
    if is_its { None } else { Some("文件不同") }
}
