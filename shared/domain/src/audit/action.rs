//! What is done, and what an entry of it counts up to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::UnknownCode;
use crate::evaluation::Measure;

/// What an entry of an action counts up to in the evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// It measures nothing.
    Nothing,
    /// One of a measure.
    One(Measure),
    /// One of a measure, of the unit that its event names.
    OfUnit(Measure),
    /// One of a measure, in the platform's audit.
    OfPlatform(Measure),
    /// A report, with the certificates that it replaces.
    Report,
    /// An upload, with its rows and their faults; in its unit's audit, or in the platform's when no unit is known.
    Upload,
    /// An answered objection, in time or not.
    Answer {
        /// Whether it was upheld.
        upheld: bool,
    },
}

impl Counts {
    /// True of what counts in the audit of a unit or of the platform. Anything else that these did counts with whomever it
    /// is about.
    pub const fn stands_with_authority(self) -> bool {
        match self {
            Self::OfPlatform(_) | Self::Upload => true,
            Self::Nothing | Self::One(_) | Self::OfUnit(_) | Self::Report | Self::Answer { .. } => false,
        }
    }
}

/// Each action in a line: its code, its title, what it counts up to. One that lacks any of these does not compile, and all
/// stand in [`Action::ALL`].
macro_rules! actions {
    ($($(#[$attribute:meta])* $action:ident: $code:literal, $title:literal, $counts:expr;)+) => {
        /// What is done.
        ///
        /// Events that others hear are of a vocabulary of their own (`event.schema.json`). An entry of the audit that carries
        /// an event gives it the action's code as its type; `upload.completed` and `upload.refused`, which tell how a batch
        /// ended, are types of events alone.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum Action {
            $(#[doc = $title] $(#[$attribute])* $action,)+
        }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$action),+];

            /// The stable code used in keys, JSON and events.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$action => $code,)+
                }
            }

            /// For people.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$action => $title,)+
                }
            }

            /// What an entry of it counts up to.
            pub const fn counts(self) -> Counts {
                match self {
                    $(Self::$action => $counts,)+
                }
            }
        }
    };
}

actions! {
    ReportIssued: "report.issued", "开具报告", Counts::Report;
    ReportRead: "report.read", "查看报告信息", Counts::Nothing;
    IssuedReportsListed: "issued-reports.listed", "查看出具的报告", Counts::Nothing;
    ReportsListed: "reports.listed", "查看报告列表", Counts::Nothing;
    ReportReplayed: "report.replayed", "复核报告", Counts::Nothing;
    SubjectIdentified: "subject.identified", "查找主体", Counts::Nothing;
    RecordsRead: "records.read", "查看主体的记录", Counts::Nothing;
    RecordHistoryRead: "record.history-read", "查看记录的变更历史", Counts::Nothing;
    ReportDownloaded: "report.downloaded", "查看或下载报告", Counts::One(Measure::Downloads);
    ReportOpened: "report.opened", "凭核验码打开报告", Counts::Nothing;
    ReportVerified: "report.verified", "核验报告", Counts::One(Measure::Verifications);
    ReportAffected: "report.affected", "报告所依据的记录有变化", Counts::One(Measure::AffectedReports);
    ReportSupplemented: "report.supplemented", "报告范围内有新的记录", Counts::Nothing;
    ReportProlonged: "report.prolonged", "报告文件补加或续加时间戳", Counts::Nothing;
    ReportWithdrawn: "report.withdrawn", "收回报告", Counts::One(Measure::WithdrawnReports);
    VerificationFailed: "verification.failed", "核验未通过", Counts::One(Measure::FailedVerifications);

    GrantGiven: "grant.given", "授权查询", Counts::Nothing;
    GrantRevoked: "grant.revoked", "撤回授权", Counts::Nothing;
    GrantRefused: "grant.refused", "授权查询被拒绝", Counts::One(Measure::RefusedQueries);
    GrantsListed: "grants.listed", "查看授权列表", Counts::Nothing;
    GrantReportsRead: "grant.reports-read", "查看授权下的报告", Counts::Nothing;
    WebhookRegistered: "webhook.registered", "登记推送地址", Counts::Nothing;
    WebhookEnded: "webhook.ended", "停止推送", Counts::Nothing;

    LivingCodeMade: "living-code.made", "生成信用码", Counts::Nothing;
    LivingCodeLooked: "living-code.looked", "扫信用码查看", Counts::Nothing;
    LivingCodeEnded: "living-code.ended", "停用信用码", Counts::Nothing;

    ObjectionSubmitted: "objection.submitted", "提出异议", Counts::OfUnit(Measure::Objections);
    ObjectionAccepted: "objection.accepted", "受理异议", Counts::Nothing;
    ObjectionUpheld: "objection.upheld", "异议成立", Counts::Answer { upheld: true };
    ObjectionRejected: "objection.rejected", "异议不成立", Counts::Answer { upheld: false };
    ObjectionWithdrawn: "objection.withdrawn", "撤回异议", Counts::Nothing;
    ObjectionDueSoon: "objection.due-soon", "异议即将到期", Counts::Nothing;
    ObjectionOverdue: "objection.overdue", "异议答复逾期", Counts::Nothing;
    ObjectionRecounted: "objection.recounted", "重新计算异议答复期限", Counts::Nothing;

    ObjectionRead: "objection.read", "查看异议", Counts::Nothing;
    ObjectionsListed: "objections.listed", "查看异议列表", Counts::Nothing;

    RepairApplied: "repair.applied", "申请信用修复", Counts::OfUnit(Measure::RepairApplications);
    RepairGranted: "repair.granted", "准予信用修复", Counts::OfUnit(Measure::GrantedRepairs);
    RepairRefused: "repair.refused", "不予信用修复", Counts::Nothing;
    RepairWithdrawn: "repair.withdrawn", "撤回修复申请", Counts::Nothing;
    RepairRead: "repair.read", "查看修复申请", Counts::Nothing;
    RepairsListed: "repairs.listed", "查看修复申请列表", Counts::Nothing;

    RecordRepairable: "record.repairable", "记录可以申请信用修复", Counts::Nothing;

    CommitmentMade: "commitment.made", "作出承诺", Counts::OfUnit(Measure::Commitments);
    CommitmentChecked: "commitment.checked", "核查承诺", Counts::Nothing;
    CommitmentKept: "commitment.kept", "确认承诺已履行", Counts::Nothing;
    CommitmentBroken: "commitment.broken", "认定承诺未履行", Counts::Nothing;
    CommitmentFalse: "commitment.false", "认定虚假承诺", Counts::OfUnit(Measure::FalseCommitments);
    CommitmentLifted: "commitment.lifted", "解除虚假承诺限制", Counts::Nothing;
    CommitmentRead: "commitment.read", "查看承诺", Counts::Nothing;
    CommitmentsListed: "commitments.listed", "查看承诺列表", Counts::Nothing;

    FeedbackReceived: "feedback.received", "收到反馈", Counts::OfPlatform(Measure::Feedback);
    FeedbackAnswered: "feedback.answered", "答复反馈", Counts::OfPlatform(Measure::AnsweredFeedback);
    FeedbackDueSoon: "feedback.due-soon", "反馈即将到期", Counts::Nothing;
    FeedbackOverdue: "feedback.overdue", "反馈答复逾期", Counts::Nothing;
    FeedbackListed: "feedback.listed", "查看反馈列表", Counts::Nothing;

    /// Read to its end, or refused as a whole: its event says which.
    UploadReceived: "upload.received", "收到报送文件", Counts::Upload;
    /// Before there was a file: who announced it may not send for that unit.
    AnnouncementRefused: "upload-refused", "向其他单位目录上传被拒绝", Counts::Nothing;
    /// A row would have changed another unit's record.
    ChangeRefused: "change-refused", "更改其他单位的记录被拒绝", Counts::Nothing;
    UploadsListed: "uploads.listed", "查看报送列表", Counts::Nothing;
    UploadRead: "upload.read", "查看报送结果", Counts::Nothing;
    WaitingMarksRead: "waiting-marks.read", "查看等待其记录的行", Counts::Nothing;
    RejectionsDownloaded: "rejections.downloaded", "下载退回的行", Counts::Nothing;
    EffectsDownloaded: "effects.downloaded", "下载处理结果", Counts::Nothing;
    AttachmentDownloaded: "attachment.downloaded", "查看附件", Counts::Nothing;
    MarkCancelled: "mark.cancelled", "取消修复、撤销或移出", Counts::Nothing;
    SeveritySet: "severity.set", "设定失信程度", Counts::Nothing;

    ReconciliationBalanced: "reconciliation.balanced", "对账一致", Counts::Nothing;
    ReconciliationOpened: "reconciliation.opened", "对账有差异", Counts::Nothing;
    ReconciliationReopened: "reconciliation.reopened", "对账一致后再次出现差异", Counts::Nothing;
    ReconciliationOverdue: "reconciliation.overdue", "对账差异逾期未处理", Counts::Nothing;
    ReconciliationsListed: "reconciliations.listed", "查看对账列表", Counts::Nothing;
    ReconciliationRead: "reconciliation.read", "查看对账结果", Counts::Nothing;
    TimelinessRead: "timeliness.read", "查看及时率", Counts::Nothing;
    RecordsSearched: "records.searched", "查找本单位的记录", Counts::Nothing;
    TimelyRecordsRead: "timeliness.records-read", "查看及时率所据的记录", Counts::Nothing;
    MatrixRead: "matrix.read", "查看各单位各月报送情况", Counts::Nothing;
    EvaluationRead: "evaluation.read", "查看评估", Counts::Nothing;

    TemplatePut: "template.put", "保存报告模板", Counts::Nothing;
    TemplateActivated: "template.activated", "启用报告模板", Counts::Nothing;
    CalendarPut: "calendar.put", "更新工作日历", Counts::Nothing;
    CalendarMissing: "calendar.missing", "下一年度工作日历尚未更新", Counts::Nothing;
    AuditRead: "audit.read", "查看操作记录", Counts::Nothing;
    BackfillRead: "backfill.read", "查看补录进度", Counts::Nothing;
    EscalationsRead: "escalations.read", "查看督办", Counts::Nothing;
    EvaluationRecounted: "evaluation.recounted", "重新核算评估", Counts::Nothing;

    /// Whoever asked had a token that held, and was not let: its object is the route and the problem's code.
    RequestRefused: "request.refused", "请求被拒绝", Counts::Nothing;
}

impl Action {
    /// True of what the platform does to look at a subject's affairs, for a [`super::LookReason`].
    pub const fn is_look(self) -> bool {
        matches!(
            self,
            Self::SubjectIdentified
                | Self::RecordsRead
                | Self::ReportsListed
                | Self::GrantsListed
                | Self::ObjectionsListed
                | Self::RepairsListed
                | Self::CommitmentsListed
                | Self::AuditRead
                | Self::RecordsSearched
                | Self::RecordHistoryRead
                | Self::ReportRead
                | Self::ObjectionRead
                | Self::RepairRead
                | Self::CommitmentRead
                | Self::AttachmentDownloaded
        )
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Action {
    type Err = UnknownCode;

    fn from_str(code: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|action| action.code() == code).ok_or(UnknownCode)
    }
}

impl TryFrom<String> for Action {
    type Error = UnknownCode;

    fn try_from(code: String) -> Result<Self, UnknownCode> {
        code.parse()
    }
}

impl From<Action> for &'static str {
    fn from(action: Action) -> Self {
        action.code()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn an_action_has_a_code_and_a_title_of_its_own() {
        let (mut codes, mut titles) = (BTreeSet::new(), BTreeSet::new());
        for action in Action::ALL {
            let (code, title) = (action.code(), action.title());
            assert!(codes.insert(code), "{code} stands twice");
            assert!(titles.insert(title), "{title} stands twice");
            assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'-')), "{code}");
            assert!(title != code && !title.is_ascii(), "{code} has no title");
            assert_eq!(code.parse(), Ok(*action));
            let json = serde_json::to_string(action).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<Action>(&json).unwrap(), *action);
        }
        assert!(serde_json::from_str::<Action>("\"report.eaten\"").is_err());
    }

    #[test]
    fn codes_are_those_that_entries_have() {
        // Entries are kept for years: a code that changes is a code that nobody reads any more.
        let codes: Vec<&str> = Action::ALL.iter().map(|action| action.code()).collect();
        let kept = "
            report.issued report.read report.downloaded report.opened report.verified report.affected report.withdrawn
            verification.failed grant.given grant.revoked grant.refused grant.reports-read objection.submitted
            objection.accepted objection.upheld objection.rejected objection.withdrawn objection.due-soon objection.overdue
            objection.recounted repair.applied repair.granted repair.refused repair.withdrawn commitment.made
            commitment.checked commitment.kept commitment.broken commitment.false commitment.lifted feedback.received
            feedback.answered feedback.due-soon feedback.overdue upload.received upload-refused change-refused
            rejections.downloaded effects.downloaded attachment.downloaded mark.cancelled severity.set
            reconciliation.balanced reconciliation.opened reconciliation.reopened reconciliation.overdue template.put
            template.activated calendar.put calendar.missing audit.read backfill.read escalations.read
            evaluation.recounted";
        for code in kept.split_whitespace() {
            assert!(codes.contains(&code), "{code} is not read any more");
        }
    }

    #[test]
    fn every_measure_of_single_entries_has_its_action() {
        let single = Action::ALL.iter().filter_map(|action| match action.counts() {
            Counts::One(measure) | Counts::OfUnit(measure) | Counts::OfPlatform(measure) => Some(measure),
            Counts::Nothing | Counts::Report | Counts::Upload | Counts::Answer { .. } => None,
        });
        let single: Vec<Measure> = single.collect();
        let distinct: BTreeSet<Measure> = single.iter().copied().collect();
        assert_eq!(distinct.len(), single.len(), "no two actions count as one measure");
        // What reports, uploads and answers count up to.
        let others = BTreeSet::from([
            Measure::Reports,
            Measure::CertificatesReplaced,
            Measure::ReportsOfAllDomains,
            Measure::AuthorisedQueries,
            Measure::Uploads,
            Measure::RefusedUploads,
            Measure::AcceptedRows,
            Measure::Rejections,
            Measure::AnsweredObjections,
            Measure::ObjectionsInTime,
            Measure::UpheldObjections,
        ]);
        assert!(distinct.is_disjoint(&others));
        assert_eq!(distinct.len() + others.len(), Measure::ALL.len());
    }
}
