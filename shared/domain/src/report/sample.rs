//! Samples: codes that answer on every deployment as reports of each status would, for whoever writes a program. No report has
//! such a code or number ([`VerificationCode::is_sample`], [`ReportNumber::is_sample`]), and nothing of them is kept anywhere.

use jiff::Timestamp;
use jiff::civil::date;

use crate::record::in_force::Belonging;
use crate::record::line::RecordLine;
use crate::report::file_version::SignatureLevel;
use crate::report::status::Supplement;
use crate::report::{ContentDigest, DomainCount};
use crate::{
    Amount, Disclosure, DomainId, IssuedReport, Period, Purpose, RecordKind, ReportNumber, ReportStanding,
    ReportStatus, ReportWithdrawal, SubjectId, Uscc, VerificationCode,
};

/// Whom samples are about: nobody.
pub const SUBJECT_NAME: &str = "样例有限公司（虚构，不是任何主体）";

/// When samples say that they were issued: 2025-11-03 10:00 in China.
const ISSUED: i64 = 1_762_135_200;
/// When samples say that something has happened since: a day later.
const SINCE: i64 = ISSUED + 86_400;

/// What a verification says of a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The report, which was never issued.
    pub report: IssuedReport,
    /// How it stands: each sample has one status.
    pub standing: ReportStanding,
    /// Its records that are as it has them.
    pub lines: Vec<RecordLine>,
}

impl Sample {
    /// The code that answers with this status.
    pub fn code(status: ReportStatus) -> VerificationCode {
        VerificationCode::sample(number(status))
    }

    /// The sample with this code; `None` of any other, also of those that are kept free for samples.
    pub fn by_code(code: &VerificationCode) -> Option<Self> {
        ReportStatus::ALL.into_iter().find(|status| Self::code(*status) == *code).map(Self::of)
    }

    /// The sample with this status.
    #[expect(clippy::expect_used, reason = "part of the program, and made in its tests")]
    pub fn of(status: ReportStatus) -> Self {
        let (issued_at, since) = (moment(ISSUED), moment(SINCE));
        let [food, tax] =
            ["食品", "税务"].map(|name| DomainId::from_name(name).expect("annex 1 has the samples' domains"));
        let line = RecordLine {
            domain: food,
            kind: RecordKind::Penalty,
            document: "样例罚〔2024〕1号".to_owned(),
            decided: date(2024, 3, 5),
            amount: Amount::from_fen(1_250_000),
            belonging: Belonging::Decided,
            marks: vec![],
        };
        let counts = vec![
            DomainCount { domain: food, records: [(RecordKind::Penalty, 1)].into(), in_force: [].into() },
            DomainCount { domain: tax, records: [].into(), in_force: [].into() },
        ];
        let mut standing = ReportStanding::default();
        match status {
            ReportStatus::Valid => {}
            ReportStatus::Affected => standing.affected = vec![food],
            ReportStatus::Supplemented => {
                standing.supplemented = vec![Supplement { domain: tax, since: Some(date(2025, 11, 4)) }];
            }
            ReportStatus::Superseded => standing.superseded = Some(since),
            ReportStatus::Withdrawn => {
                let reason = "样例：演示平台收回报告时的答复".to_owned();
                standing.withdrawal = Some(ReportWithdrawal { at: since, reason });
            }
        }
        let number = number(status);
        let digest = |of: &str| ContentDigest::of(format!("信证样例 {number} {of}").as_bytes());
        let uscc = Uscc::compose("91140400", "XN000000").expect("the samples' code is well formed");
        let report = IssuedReport {
            number: ReportNumber::sample(issued_at, number),
            code: VerificationCode::sample(number),
            code_key: String::new(),
            subject: SubjectId::Organisation(uscc),
            subject_name: SUBJECT_NAME.to_owned(),
            masked_id_number: None,
            period: Period::new(date(2024, 1, 1), date(2025, 10, 31), date(2025, 11, 3))
                .expect("the samples' period is one"),
            counts,
            purpose: Purpose::Financial,
            issued_at,
            data_as_of: issued_at,
            template: String::new(),
            content_digest: digest("json"),
            file_digest: digest("pdf"),
            file_bytes: 1,
            file_level: SignatureLevel::default(),
            stamped_until: None,
            pages: 1,
            disclosure: Disclosure::Full,
            incomplete: Some(vec![]),
        };
        let lines = if status == ReportStatus::Affected { vec![] } else { vec![line] };
        Self { report, standing, lines }
    }
}

/// What a status' sample has behind its name.
const fn number(status: ReportStatus) -> u8 {
    match status {
        ReportStatus::Valid => 1,
        ReportStatus::Affected => 2,
        ReportStatus::Supplemented => 3,
        ReportStatus::Superseded => 4,
        ReportStatus::Withdrawn => 5,
    }
}

#[expect(clippy::expect_used, reason = "part of the program, and made in its tests")]
fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("the samples' moments are within a calendar")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_sample_of_each_status_and_each_is_told_from_reports() {
        for status in ReportStatus::ALL {
            let sample = Sample::of(status);
            assert_eq!(sample.standing.statuses(), [status]);
            assert!(sample.report.code.is_sample() && sample.report.number.is_sample());
            assert_eq!(Sample::by_code(&sample.report.code), Some(sample.clone()));
            assert_eq!(VerificationCode::parse(&sample.report.code.to_string()), Ok(sample.report.code));
            assert_eq!(sample.lines.is_empty(), status == ReportStatus::Affected, "its one record is not as it was");
        }
        let codes: Vec<String> = ReportStatus::ALL.map(|status| Sample::code(status).to_string()).into();
        // These stand in documents and programs of others: they never change.
        assert_eq!(
            codes,
            [
                "EXAMP1E-0000005-000000W",
                "EXAMP1E-0000002-000000Z",
                "EXAMP1E-0000003-000000B",
                "EXAMP1E-0000004-0000008",
                "EXAMP1E-0000001-0000006"
            ]
        );
        assert_eq!(Sample::by_code(&VerificationCode::sample(9)), None);
    }
}
