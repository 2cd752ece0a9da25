//! Reconciliation (对账): what a unit says that it decided in a period, against what the platform holds, document by document
//! (R7; scheme, section 2(1): 建立数据对账机制).

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::audit::Action;
use crate::manifest::MOST_DECLARED;
use crate::report::period::SCOPE_START;
use crate::workday::WorkCalendar;
use crate::{DocumentNumber, Manifest, china_time};

/// Working days in which a difference is to be mended.
pub const WORKDAYS: u32 = 5;
/// The most documents of a manifest that is sent over HTTP; longer ones are sent as files.
pub const MOST_DOCUMENTS: usize = 2000;
/// The longest remarks of a manifest that is declared, in characters.
pub const MOST_REMARKS: usize = 500;

/// Where a reconciliation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReconciliationState {
    /// 相符: nothing differs.
    Balanced,
    /// 有差异.
    Open,
    /// 逾期未处理: it has differed for more than [`WORKDAYS`] working days.
    Overdue,
}

impl ReconciliationState {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Balanced => "相符",
            Self::Open => "有差异",
            Self::Overdue => "有差异，逾期未处理",
        }
    }
}

/// What differs between a manifest and the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// Records that the unit declares.
    pub declared: u64,
    /// Records that the platform holds.
    pub indexed: u64,
    /// Records that are in both; unknown when the manifest names no documents.
    pub matched: Option<u64>,
    /// Documents that the unit declares and the platform lacks.
    pub missing: Vec<String>,
    /// Documents that the platform holds and the unit does not declare.
    pub unknown: Vec<String>,
}

impl Differences {
    /// True when nothing differs.
    pub fn is_balanced(&self) -> bool {
        self.declared == self.indexed && self.missing.is_empty() && self.unknown.is_empty()
    }
}

/// Compares a manifest with the documents that the platform holds of its unit, kind and period. A document that stands in
/// several records counts as often. A manifest without documents is compared by its count alone.
pub fn compare(manifest: &Manifest<'_>, indexed: &[DocumentNumber<'_>]) -> Differences {
    let (declared, count) = (manifest.count, indexed.len() as u64);
    if manifest.documents.is_empty() && manifest.count > 0 {
        return Differences { declared, indexed: count, matched: None, missing: vec![], unknown: vec![] };
    }
    let mut documents: BTreeMap<&DocumentNumber<'_>, (u64, u64)> = BTreeMap::new();
    for document in &manifest.documents {
        documents.entry(document).or_default().0 += 1;
    }
    for document in indexed {
        documents.entry(document).or_default().1 += 1;
    }
    let often = |document: &DocumentNumber<'_>, times: u64| {
        std::iter::repeat_n(document.to_string(), usize::try_from(times).unwrap_or_default())
    };
    let differing = |(document, (said, held)): (&&DocumentNumber<'_>, &(u64, u64))| {
        (often(document, said.saturating_sub(*held)), often(document, held.saturating_sub(*said)))
    };
    let (mut missing, mut unknown) = (vec![], vec![]);
    for (lacking, surplus) in documents.iter().map(differing) {
        missing.extend(lacking);
        unknown.extend(surplus);
    }
    let matched = documents.values().map(|(said, held)| said.min(held)).sum();
    Differences { declared, indexed: count, matched: Some(matched), missing, unknown }
}

/// What became of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reconciliation {
    /// Where it stands.
    pub state: ReconciliationState,
    /// Records that the unit declares.
    pub declared: u64,
    /// Records that the platform holds.
    pub indexed: u64,
    /// How many documents the platform lacks.
    pub missing: u64,
    /// How many documents the unit does not declare.
    pub unknown: u64,
    /// When it was compared last.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub compared_at: Timestamp,
    /// Since when it has been as it is: balanced, or not.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub since: Timestamp,
    /// How often it differed again after it had balanced.
    pub reopened: u32,
}

/// What happened to a reconciliation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It balances now.
    Balanced,
    /// It differs.
    Opened,
    /// It differs again after it had balanced.
    Reopened,
    /// It has differed for too long.
    Overdue,
}

impl Turn {
    /// As the audit has it.
    pub const fn action(self) -> Action {
        match self {
            Self::Balanced => Action::ReconciliationBalanced,
            Self::Opened => Action::ReconciliationOpened,
            Self::Reopened => Action::ReconciliationReopened,
            Self::Overdue => Action::ReconciliationOverdue,
        }
    }
}

impl Reconciliation {
    /// What becomes of a reconciliation by a comparison, and what that is a turn of, if it is one.
    pub fn after(
        before: Option<&Self>,
        found: &Differences,
        at: Timestamp,
        calendar: &WorkCalendar,
    ) -> (Self, Option<Turn>) {
        let balanced = found.is_balanced();
        let was_balanced = before.map(|before| before.state == ReconciliationState::Balanced);
        let since = match before {
            Some(before) if was_balanced == Some(balanced) => before.since,
            _ => at,
        };
        let overdue = !balanced && china_time::date(at) > calendar.after(china_time::date(since), WORKDAYS).day;
        let state = match (balanced, overdue) {
            (true, _) => ReconciliationState::Balanced,
            (false, true) => ReconciliationState::Overdue,
            (false, false) => ReconciliationState::Open,
        };
        let turn = match (was_balanced, balanced) {
            (None, false) => Some(Turn::Opened),
            (Some(true), false) => Some(Turn::Reopened),
            (None | Some(false), true) => Some(Turn::Balanced),
            (Some(false), false) if overdue && before.is_some_and(|before| before.state != state) => {
                Some(Turn::Overdue)
            }
            _ => None,
        };
        let reopened = before.map_or(0, |before| before.reopened) + u32::from(turn == Some(Turn::Reopened));
        let after = Self {
            state,
            declared: found.declared,
            indexed: found.indexed,
            missing: found.missing.len() as u64,
            unknown: found.unknown.len() as u64,
            compared_at: at,
            since,
            reopened,
        };
        (after, turn)
    }
}

/// How many manifests balance, differ, and have differed for too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManifestCounts {
    /// 相符.
    pub balanced: u64,
    /// 有差异.
    pub open: u64,
    /// 逾期未处理.
    pub overdue: u64,
}

/// Why a manifest is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ManifestRefusal {
    /// The unit forms no records of this kind.
    #[error("目录中本单位不形成此类记录")]
    Kind,
    /// The period runs backwards, begins before 2022-08-01, or ends after today.
    #[error("期间应在2022年8月1日至今天之间，起始不晚于截止")]
    Period,
    /// More records than a unit can have made.
    #[error("条数最多 {MOST_DECLARED}")]
    Count,
    /// The list is not as long as the count says, or too long.
    #[error("文号清单的个数应与条数一致，最多 {MOST_DOCUMENTS} 个；更多的请以文件报送")]
    Documents,
    /// The remarks are too long.
    #[error("备注最多 {MOST_REMARKS} 个字")]
    Remarks,
}

/// That a manifest makes sense for its unit on `today`.
pub fn check(manifest: &Manifest<'_>, forms_kind: bool, today: Date) -> Result<(), ManifestRefusal> {
    if !forms_kind {
        return Err(ManifestRefusal::Kind);
    }
    if manifest.to < manifest.from || manifest.from < SCOPE_START || manifest.to > today {
        return Err(ManifestRefusal::Period);
    }
    if manifest.count > MOST_DECLARED {
        return Err(ManifestRefusal::Count);
    }
    let listed = manifest.documents.len();
    if listed > MOST_DOCUMENTS || (listed > 0 && listed as u64 != manifest.count) {
        return Err(ManifestRefusal::Documents);
    }
    if manifest.remarks.as_ref().is_some_and(|remarks| remarks.chars().count() > MOST_REMARKS) {
        return Err(ManifestRefusal::Remarks);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn documents(numbers: &[&'static str]) -> Vec<DocumentNumber<'static>> {
        numbers.iter().map(|number| DocumentNumber::parse(*number).unwrap()).collect()
    }

    fn manifest(count: u64, numbers: &[&'static str]) -> Manifest<'static> {
        let mut manifest: Manifest<'static> = serde_json::from_value(json!({
            "unit": "tax", "kind": "penalty", "from": "2025-10-01", "to": "2025-10-31", "count": count,
        }))
        .unwrap();
        manifest.documents = documents(numbers);
        manifest
    }

    #[test]
    fn documents_are_compared_one_by_one() {
        let texts = |numbers: &[&str]| numbers.iter().map(|number| (*number).to_owned()).collect::<Vec<_>>();
        for (declared, held, matched, missing, unknown) in [
            (vec!["虚〔2025〕1号", "虚〔2025〕2号"], vec!["虚[2025]2号", "虚(2025)1号"], 2, vec![], vec![]),
            (vec!["虚〔2025〕1号", "虚〔2025〕2号"], vec!["虚〔2025〕2号"], 1, vec!["虚〔2025〕1号"], vec![]),
            (vec!["虚〔2025〕1号"], vec!["虚〔2025〕3号"], 0, vec!["虚〔2025〕1号"], vec!["虚〔2025〕3号"]),
            (vec!["虚〔2025〕1号", "虚〔2025〕1号"], vec!["虚〔2025〕1号"], 1, vec!["虚〔2025〕1号"], vec![]),
            (vec![], vec!["虚〔2025〕1号"], 0, vec![], vec!["虚〔2025〕1号"]),
            (vec![], vec![], 0, vec![], vec![]),
        ] {
            let (missing, unknown) = (texts(&missing), texts(&unknown));
            let found = compare(&manifest(declared.len() as u64, &declared), &documents(&held));
            assert_eq!((found.matched, &*found.missing, &*found.unknown), (Some(matched), &*missing, &*unknown));
            assert_eq!(found.is_balanced(), missing.is_empty() && unknown.is_empty());
        }
        let counted = compare(&manifest(2, &[]), &documents(&["虚〔2025〕1号"]));
        assert_eq!((counted.declared, counted.indexed, counted.matched), (2, 1, None));
        assert!(!counted.is_balanced());
    }

    #[test]
    fn a_reconciliation_turns_when_something_changes() {
        let calendar = WorkCalendar::state_council();
        let balanced = compare(&manifest(0, &[]), &[]);
        let open = compare(&manifest(0, &[]), &documents(&["虚〔2025〕1号"]));
        let mut before: Option<Reconciliation> = None;
        for (day, found, state, turn) in [
            ("2025-11-03", &open, ReconciliationState::Open, Some(Turn::Opened)),
            ("2025-11-10", &open, ReconciliationState::Open, None),
            ("2025-11-11", &open, ReconciliationState::Overdue, Some(Turn::Overdue)),
            ("2025-11-12", &open, ReconciliationState::Overdue, None),
            ("2025-11-13", &balanced, ReconciliationState::Balanced, Some(Turn::Balanced)),
            ("2025-11-14", &balanced, ReconciliationState::Balanced, None),
            ("2025-11-17", &open, ReconciliationState::Open, Some(Turn::Reopened)),
        ] {
            let at = format!("{day}T02:00:00Z").parse().unwrap();
            let (after, turned) = Reconciliation::after(before.as_ref(), found, at, calendar);
            assert_eq!((after.state, turned), (state, turn), "{day}");
            before = Some(after);
        }
        assert_eq!(before.unwrap().reopened, 1);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let today: Date = "2025-11-03".parse().unwrap();
        assert_eq!(check(&manifest(0, &[]), true, today), Ok(()));
        assert_eq!(check(&manifest(0, &[]), false, today), Err(ManifestRefusal::Kind));
        assert_eq!(check(&manifest(2, &["虚〔2025〕1号"]), true, today), Err(ManifestRefusal::Documents));
        for (count, taken) in [
            (MOST_DECLARED, Ok(())),
            (MOST_DECLARED + 1, Err(ManifestRefusal::Count)),
            (u64::MAX, Err(ManifestRefusal::Count)),
        ] {
            assert_eq!(check(&manifest(count, &[]), true, today), taken, "{count}");
        }
        let october: Date = "2025-10-15".parse().unwrap();
        assert_eq!(check(&manifest(0, &[]), true, october), Err(ManifestRefusal::Period), "it ends after today");
        let backwards = Manifest { from: today, ..manifest(0, &[]) };
        assert_eq!(check(&backwards, true, today), Err(ManifestRefusal::Period));
        let remarked = |length| Manifest { remarks: Some("注".repeat(length).into()), ..manifest(0, &[]) };
        assert_eq!(check(&remarked(500), true, today), Ok(()));
        assert_eq!(check(&remarked(501), true, today), Err(ManifestRefusal::Remarks));
    }
}
