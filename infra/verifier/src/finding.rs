//! What was found out about a file.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;
use xinzheng_proof::Judgement;

use crate::logged::Logged;
use crate::service::Standing;

#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    #[serde(serialize_with = "as_text")]
    pub(crate) path: PathBuf,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
    /// What the service says, when it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service: Option<Standing>,
    /// What the public log has of it, when that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log: Option<Logged>,
}

/// A name that is no text is told as far as it is.
fn as_text<S: serde::Serializer>(path: &std::path::Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    Judged(Box<Judgement>),
    /// The file could not be read.
    Failed {
        error: String,
    },
}

/// How good a finding is: what the process ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grade {
    Good,
    Bad,
    Unread,
}

impl Finding {
    pub(crate) fn judgement(&self) -> Option<&Judgement> {
        match &self.outcome {
            Outcome::Judged(judgement) => Some(judgement),
            Outcome::Failed { .. } => None,
        }
    }

    pub(crate) fn grade(&self) -> Grade {
        let Some(judgement) = self.judgement() else { return Grade::Unread };
        if judgement.verdict == xinzheng_proof::Verdict::Unreadable {
            return Grade::Unread;
        }
        let is_good = judgement.verdict.is_genuine()
            && self.service.as_ref().is_none_or(Standing::is_good)
            && self.log.as_ref().is_none_or(Logged::is_good);
        if is_good { Grade::Good } else { Grade::Bad }
    }

    /// The verdict, for people.
    pub(crate) fn title(&self) -> &'static str {
        self.judgement().map_or("无法读取", |judgement| judgement.verdict.title())
    }

    /// What is wrong, or why it is right, for people.
    pub(crate) fn explanation(&self) -> String {
        let mut text = match &self.outcome {
            Outcome::Failed { error } => error.clone(),
            Outcome::Judged(judgement) => {
                let reasons: Vec<_> = judgement.reasons.iter().map(|reason| reason.text.as_str()).collect();
                reasons.join("；")
            }
        };
        if let Some(logged) = &self.log {
            let _ = write!(text, "；{}", logged.text());
        }
        if let Some(standing) = &self.service {
            let _ = write!(text, "；平台：{}", standing.text());
        }
        text
    }
}
