//! What something was done for, or why.

use serde::{Serialize, Serializer};

use super::{Action, Coded, LookReason};
use crate::Purpose;
use crate::case::grant::GrantRefusal;

/// What something was done for, or why it was done or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// What a report is for.
    For(Purpose),
    /// Why a query under a grant was refused.
    Refused(GrantRefusal),
    /// What the platform looked at a subject's affairs for.
    Look(LookReason),
    /// In words: a cause, a name, domains.
    Words(String),
}

impl Why {
    /// What an entry of this action has: codes where the action has one, also the titles of purposes that older entries
    /// have in their place, and words.
    pub fn read(action: &Coded<Action>, text: &str) -> Self {
        let coded = match action.known() {
            Some(Action::ReportIssued) => Purpose::read(text).map(Self::For),
            Some(Action::GrantRefused) => GrantRefusal::parse(text).map(Self::Refused),
            Some(action) if action.is_look() => LookReason::parse(text).map(Self::Look),
            _ => None,
        };
        coded.unwrap_or_else(|| Self::Words(text.to_owned()))
    }

    /// As entries and answers have it: the code, or the words.
    pub fn written(&self) -> &str {
        match self {
            Self::For(purpose) => purpose.code(),
            Self::Refused(refusal) => refusal.code(),
            Self::Look(reason) => reason.code(),
            Self::Words(words) => words,
        }
    }

    /// For people.
    pub fn title(&self) -> &str {
        match self {
            Self::For(purpose) => purpose.title(),
            Self::Refused(refusal) => refusal.title(),
            Self::Look(reason) => reason.title(),
            Self::Words(words) => words,
        }
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.written())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_where_they_are_written() {
        let said = |words: &str| Why::Words(words.to_owned());
        for (action, text, expected, title) in [
            ("report.issued", "financial", Why::For(Purpose::Financial), "金融"),
            ("report.issued", "金融", Why::For(Purpose::Financial), "金融"),
            ("report.issued", "出国", said("出国"), "出国"),
            ("grant.refused", "grant-spent", Why::Refused(GrantRefusal::Spent), "授权次数已用完"),
            ("grant.given", "其他", said("其他"), "其他"),
            ("report.withdrawn", "grant-spent", said("grant-spent"), "grant-spent"),
            ("objections.listed", "complaint", Why::Look(LookReason::Complaint), "处理投诉"),
            ("objections.listed", "投诉", said("投诉"), "投诉"),
            ("grant.given", "complaint", said("complaint"), "complaint"),
            ("report.eaten", "other", said("other"), "other"),
        ] {
            let why = Why::read(&Coded::read(action), text);
            assert_eq!((&why, why.title()), (&expected, title), "{action} {text}");
            assert_eq!(Why::read(&Coded::read(action), why.written()), expected, "{action} {text}");
        }
    }
}
