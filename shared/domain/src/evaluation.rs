//! Evaluation (评估): what was done, counted from the entries of the audit (R18; scheme, section 5(1)).
//!
//! An entry counts once, however often it was copied: entries are told apart by whose they are, when, what and about what.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::{Action, Coded, Counts, Role};
use crate::{DomainId, Purpose, TableId, UnitCode, china_time};

/// An entry of the audit as it was copied; of its fields those that count.
#[derive(Clone, Debug, Deserialize)]
pub struct AuditedStep {
    /// Whose it is: a subject's, a unit's, the platform's.
    pub of: String,
    /// When.
    pub at: jiff::Timestamp,
    /// What.
    pub action: Coded<Action>,
    /// About what.
    pub object: String,
    /// In which role it was done.
    #[serde(default)]
    pub role: Option<Coded<Role>>,
    /// What for, of reports: the purpose, which is [read](Purpose::read) by its code or its title.
    #[serde(default)]
    pub purpose: String,
    /// What others heard of it.
    #[serde(default)]
    pub event: Option<StepEvent>,
}

/// Of an event what counts.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct StepEvent {
    /// The unit that it concerns.
    #[serde(default)]
    pub unit: Option<UnitCode>,
    /// The last day for an answer.
    #[serde(default)]
    pub due: Option<Date>,
    /// Which domains a report covers.
    #[serde(default)]
    pub covers: Vec<DomainId>,
    /// The table of an upload.
    #[serde(default)]
    pub table: Option<TableId>,
    /// Rows of an upload that were accepted.
    #[serde(default)]
    pub accepted: u64,
    /// Faults of its rows, by code.
    #[serde(default)]
    pub faults: BTreeMap<String, u64>,
    /// The code of the refusal of the whole file.
    #[serde(default)]
    pub refusal: Option<String>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Reports issued.
    Reports,
    /// Certificates that reports replaced: one for each domain that was chosen on purpose.
    CertificatesReplaced,
    /// Reports over all domains: which certificates they replace nobody can tell.
    ReportsOfAllDomains,
    /// Reports issued to third parties under a grant.
    AuthorisedQueries,
    /// Queries under a grant that were refused.
    RefusedQueries,
    /// Reports verified.
    Verifications,
    /// Verifications of what was never issued, or is no longer what was issued.
    FailedVerifications,
    /// Reports downloaded.
    Downloads,
    /// Reports that a changed record affected.
    AffectedReports,
    /// Reports taken back.
    WithdrawnReports,
    /// Uploads taken in.
    Uploads,
    /// Uploads refused as a whole.
    RefusedUploads,
    /// Rows accepted, by table.
    AcceptedRows,
    /// Faults of rejected rows, by reason.
    Rejections,
    /// Objections submitted.
    Objections,
    /// Objections answered.
    AnsweredObjections,
    /// Of these, answered by their last day.
    ObjectionsInTime,
    /// Of these, upheld.
    UpheldObjections,
    /// Applications for repair.
    RepairApplications,
    /// Repairs granted on application.
    GrantedRepairs,
    /// Commitments made.
    Commitments,
    /// Commitments found false.
    FalseCommitments,
    /// Enquiries, complaints and suggestions.
    Feedback,
    /// Of these, answered.
    AnsweredFeedback,
}

impl Measure {
    /// Every measure, in the order in which they are told.
    pub const ALL: [Self; 24] = [
        Self::Reports,
        Self::CertificatesReplaced,
        Self::ReportsOfAllDomains,
        Self::AuthorisedQueries,
        Self::RefusedQueries,
        Self::Verifications,
        Self::FailedVerifications,
        Self::Downloads,
        Self::AffectedReports,
        Self::WithdrawnReports,
        Self::Uploads,
        Self::RefusedUploads,
        Self::AcceptedRows,
        Self::Rejections,
        Self::Objections,
        Self::AnsweredObjections,
        Self::ObjectionsInTime,
        Self::UpheldObjections,
        Self::RepairApplications,
        Self::GrantedRepairs,
        Self::Commitments,
        Self::FalseCommitments,
        Self::Feedback,
        Self::AnsweredFeedback,
    ];

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Reports => "出具报告",
            Self::CertificatesReplaced => "替代证明（所选领域）",
            Self::ReportsOfAllDomains => "全部领域的报告",
            Self::AuthorisedQueries => "授权查询",
            Self::RefusedQueries => "被拒绝的授权查询",
            Self::Verifications => "真实性核验",
            Self::FailedVerifications => "未通过的核验",
            Self::Downloads => "报告下载",
            Self::AffectedReports => "因记录变动受影响的报告",
            Self::WithdrawnReports => "收回报告",
            Self::Uploads => "报送文件",
            Self::RefusedUploads => "被退回的文件",
            Self::AcceptedRows => "接收的数据行",
            Self::Rejections => "退回的差错",
            Self::Objections => "异议申诉",
            Self::AnsweredObjections => "已反馈的异议",
            Self::ObjectionsInTime => "按期反馈的异议",
            Self::UpheldObjections => "成立的异议",
            Self::RepairApplications => "修复申请",
            Self::GrantedRepairs => "准予修复",
            Self::Commitments => "主动承诺",
            Self::FalseCommitments => "虚假承诺",
            Self::Feedback => "咨询、投诉、建议",
            Self::AnsweredFeedback => "已答复的反馈",
        }
    }
}

/// Of what something is counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// What.
    pub measure: Measure,
    /// Of which unit, where units answer for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// For which purpose, of reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// For which domain, of certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<DomainId>,
    /// In which table, of rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableId>,
    /// Why, of rejections: a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Count {
    /// Of a measure as a whole.
    pub const fn of(measure: Measure) -> Self {
        Self { measure, unit: None, purpose: None, domain: None, table: None, reason: None }
    }
}

/// Counts entries of the audit.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    seen: BTreeSet<(String, String, Coded<Action>, String)>,
    counts: BTreeMap<Count, u64>,
}

impl Tally {
    /// Counts an entry; one that was counted before does nothing.
    pub fn add(&mut self, step: &AuditedStep) {
        // What a unit or the platform does stands in its own audit too: it counts with whomever it is about.
        let of_authority = step.of == "platform" || UnitCode::parse(&step.of).is_some();
        // What this version does not know measures nothing.
        let counts = step.action.known().map_or(Counts::Nothing, Action::counts);
        if of_authority && !counts.stands_with_authority() {
            return;
        }
        let id = (step.of.clone(), step.at.to_string(), step.action.clone(), step.object.clone());
        if !self.seen.insert(id) {
            return;
        }
        for (count, times) in counted(counts, step) {
            *self.counts.entry(count).or_default() += times;
        }
    }

    /// What was counted.
    pub fn into_counts(self) -> BTreeMap<Count, u64> {
        self.counts
    }
}

fn counted(counts: Counts, step: &AuditedStep) -> Vec<(Count, u64)> {
    let event = step.event.clone().unwrap_or_default();
    let of_unit = |measure| (Count { unit: event.unit, ..Count::of(measure) }, 1);
    match counts {
        Counts::Nothing => vec![],
        Counts::One(measure) | Counts::OfPlatform(measure) => vec![(Count::of(measure), 1)],
        Counts::OfUnit(measure) => vec![of_unit(measure)],
        Counts::Report => {
            let purpose = Purpose::read(&step.purpose);
            let of_purpose = |measure| Count { purpose, ..Count::of(measure) };
            let mut counts = vec![(of_purpose(Measure::Reports), 1)];
            if event.covers.len() == DomainId::all().count() {
                counts.push((of_purpose(Measure::ReportsOfAllDomains), 1));
            } else {
                let of =
                    |domain: &DomainId| Count { domain: Some(*domain), ..of_purpose(Measure::CertificatesReplaced) };
                counts.extend(event.covers.iter().map(|domain| (of(domain), 1)));
            }
            if step.role == Some(Coded::Known(Role::ThirdParty)) {
                counts.push((of_purpose(Measure::AuthorisedQueries), 1));
            }
            counts
        }
        Counts::Upload => {
            let (unit, table) = (event.unit, event.table);
            let mut counts = vec![(Count { unit, table, ..Count::of(Measure::Uploads) }, 1)];
            if event.refusal.is_some() {
                counts.push((Count { unit, table, reason: event.refusal, ..Count::of(Measure::RefusedUploads) }, 1));
            }
            if event.accepted > 0 {
                counts.push((Count { unit, table, ..Count::of(Measure::AcceptedRows) }, event.accepted));
            }
            counts.extend(event.faults.into_iter().map(|(reason, times)| {
                (Count { unit, table, reason: Some(reason), ..Count::of(Measure::Rejections) }, times)
            }));
            counts
        }
        Counts::Answer { upheld } => {
            let mut counts = vec![of_unit(Measure::AnsweredObjections)];
            if event.due.is_some_and(|due| china_time::date(step.at) <= due) {
                counts.push(of_unit(Measure::ObjectionsInTime));
            }
            if upheld {
                counts.push(of_unit(Measure::UpheldObjections));
            }
            counts
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_counts_once_and_with_whomever_it_is_about() {
        let step = |of: &str, at: &str, action: &str, more: serde_json::Value| -> AuditedStep {
            let mut step = json!({ "of": of, "at": at, "action": action, "object": "x", "result": "done" });
            for (name, value) in more.as_object().unwrap() {
                step[name] = value.clone();
            }
            serde_json::from_value(step).unwrap()
        };
        let late = json!({ "event": { "unit": "tax", "due": "2025-11-02" } });
        let in_time = json!({ "event": { "unit": "tax", "due": "2025-11-03" } });
        let issued =
            json!({ "purpose": "金融", "role": "third-party", "event": { "covers": (1..=39).collect::<Vec<u8>>() } });
        let steps = [
            step("s", "2025-11-03T02:00:00Z", "report.issued", issued.clone()),
            step("s", "2025-11-03T02:00:00Z", "report.issued", issued),
            step(
                "s",
                "2025-11-03T02:00:01Z",
                "report.issued",
                json!({ "purpose": "其他", "event": { "covers": [1, 2] } }),
            ),
            step("s", "2025-11-03T02:00:02Z", "objection.upheld", in_time.clone()),
            step("tax", "2025-11-03T02:00:02Z", "objection.upheld", in_time),
            step("t", "2025-11-03T02:00:03Z", "objection.rejected", late),
            step("platform", "2025-11-03T02:00:04Z", "feedback.received", json!({})),
            step("platform", "2025-11-03T02:00:05Z", "audit.read", json!({})),
        ];
        let mut tally = Tally::default();
        steps.iter().for_each(|step| tally.add(step));
        let counts = tally.into_counts();
        let of = |measure, unit: Option<&str>, purpose| {
            let unit = unit.and_then(UnitCode::parse);
            counts.get(&Count { unit, purpose, ..Count::of(measure) }).copied().unwrap_or(0)
        };
        for (measure, unit, purpose, expected) in [
            (Measure::Reports, None, Some(Purpose::Financial), 1),
            (Measure::ReportsOfAllDomains, None, Some(Purpose::Financial), 1),
            (Measure::CertificatesReplaced, None, Some(Purpose::Financial), 0),
            (Measure::ReportsOfAllDomains, None, Some(Purpose::Other), 0),
            (Measure::AuthorisedQueries, None, Some(Purpose::Financial), 1),
            (Measure::AnsweredObjections, Some("tax"), None, 2),
            (Measure::ObjectionsInTime, Some("tax"), None, 1),
            (Measure::UpheldObjections, Some("tax"), None, 1),
            (Measure::Feedback, None, None, 1),
        ] {
            assert_eq!(of(measure, unit, purpose), expected, "{measure:?}");
        }
        assert_eq!(counts.values().sum::<u64>(), 1 + 1 + 1 + 1 + 2 + 2 + 1 + 1 + 1);
    }

    #[test]
    fn an_older_entry_counts_with_its_purpose_and_a_newer_one_is_passed_over() {
        let step = |of: &str, action: &str, object: &str, purpose: &str| -> AuditedStep {
            let at = "2025-11-03T02:00:00Z";
            serde_json::from_value(
                json!({ "of": of, "at": at, "action": action, "object": object, "purpose": purpose }),
            )
            .unwrap()
        };
        let mut tally = Tally::default();
        for step in [
            step("s", "report.issued", "1", "金融"),
            step("s", "report.issued", "2", "financial"),
            step("s", "report.issued", "3", "其他"),
            step("s", "report.issued", "4", "of another version"),
            step("s", "report.eaten", "5", "financial"),
            step("platform", "feedback.eaten", "6", ""),
        ] {
            tally.add(&step);
        }
        let of = |purpose| Count { purpose, ..Count::of(Measure::Reports) };
        let expected = [(of(None), 1), (of(Some(Purpose::Financial)), 2), (of(Some(Purpose::Other)), 1)];
        assert_eq!(tally.into_counts(), BTreeMap::from(expected));
    }
}
