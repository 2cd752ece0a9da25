//! What people do on the first day of the sample: units declare, a bank asks, a subject objects, applies and asks, and is
//! answered. All of it over the HTTP API, with tokens of the local issuer, so that it stands where what people do stands: in
//! cases, in the audit, in the log.

use jiff::civil::{Date, time};
use jiff::tz;
use serde_json::json;
use xinzheng_api::commitment::{CommitmentRequest, MAKE};
use xinzheng_api::feedback::{self, FeedbackAnswer, FeedbackPath, FeedbackRequest};
use xinzheng_api::grant::{GIVE, Grant, GrantPath, GrantRequest, QUERY, QueryRequest};
use xinzheng_api::manifest::{DECLARE, ManifestDeclaration};
use xinzheng_api::objection::{
    self, GrantedRepair, ObjectionDecision, ObjectionOutcome, ObjectionPath, ObjectionRequest,
};
use xinzheng_api::record::{OWN, OwnRecord, OwnRecordsQuery};
use xinzheng_api::repair::{self, RepairDecisionRequest, RepairOutcome, RepairPath, RepairRequest};
use xinzheng_api::report::RequestedDomain;
use xinzheng_domain::case::feedback::FeedbackKind;
use xinzheng_domain::case::grant::Grantee;
use xinzheng_domain::case::objection::Contested;
use xinzheng_domain::{DocumentNumber, Manifest, Purpose, RecordKind, TableId, UnitCode, UploadKey};
use xinzheng_sample::SampleSubject;

use crate::made_up_people::{self, BANK};
use crate::service_client::{ServiceClient, ServiceError};

type Anything = Box<dyn std::error::Error + Send + Sync>;

/// The domains of the bank's report: one record of it is corrected afterwards, and one comes late.
const ASKED_BY_BANK: [&str; 2] = ["交通运输", "生态环境"];
const CORRECTS: &str = "transport";
const COMES_LATE: &str = "ecology-environment";
/// Who has an objection, an application and a commitment to look at.
const HAS_WORK: &str = "market-supervision";
const GRANTS_REPAIR: &str = "tax";

/// The people of a first day, and the service that they ask.
pub(crate) struct FirstDay<'s> {
    service: ServiceClient,
    day: Date,
    subject: &'s SampleSubject,
}

/// True of the file that is sent when the bank has its report: it supplements it.
pub(crate) fn comes_late(key: &str) -> bool {
    UploadKey::parse(key).is_ok_and(|key| key.unit.to_string() == COMES_LATE && key.table == TableId::Penalty)
}

impl<'s> FirstDay<'s> {
    /// The people at this address, of whom `subject` has records of every kind.
    pub(crate) fn at(address: &str, day: Date, subject: &'s SampleSubject) -> Result<Self, ServiceError> {
        Ok(Self { service: ServiceClient::at(address)?, day, subject })
    }

    /// Units declare what they have decided.
    pub(crate) async fn declare(&self, manifests: &[Manifest<'static>]) -> Result<(), Anything> {
        for manifest in manifests {
            let Manifest { unit, kind, from, to, count, documents, remarks } = manifest.clone();
            let remarks = remarks.map(Into::into);
            let declared = ManifestDeclaration { kind, from, to, count, documents, remarks };
            let once = format!("first-day-{}", manifest.id());
            self.clerk(unit).await?.submit(&DECLARE, &(), &declared, (&once, None)).await?;
        }
        Ok(())
    }

    /// The subject lets a bank have reports, and the bank asks for one.
    pub(crate) async fn let_bank_ask(&self) -> Result<(), Anything> {
        let until = tz::offset(8).to_timestamp(self.day_in(90)?.to_datetime(time(23, 59, 59, 0)))?;
        let domains = ASKED_BY_BANK.map(|domain| RequestedDomain::Name(domain.to_owned()));
        let wanted = GrantRequest {
            grantee: Grantee { name: BANK.to_owned(), organisation: None },
            domains: Some(domains.into()),
            period: None,
            purpose: Purpose::Financial,
            until,
            uses: 3,
            notices: true,
        };
        let subject = self.subject().await?;
        let grant: Grant = subject.submit(&GIVE, &(), &wanted, ("first-day-grant", None)).await?.answer;
        let bank = self.service.as_somebody(&made_up_people::bank()).await?;
        let path = GrantPath { code: grant.standing.grant.code.to_string() };
        bank.submit(&QUERY, &path, &QueryRequest::default(), ("first-day-query", None)).await?;
        Ok(())
    }

    /// An objection is upheld and one is open; a repair is granted and one is applied for; a commitment is made; a question is
    /// answered and a suggestion waits.
    pub(crate) async fn bring_cases(&self) -> Result<(), Anything> {
        let subject = self.subject().await?;
        let own = subject.ask(&OWN, &(), &OwnRecordsQuery { from: None, to: None, domains: vec![] }).await?.records;
        let record = |unit: &str, kind: RecordKind| {
            let of_unit = |record: &&OwnRecord| record.unit.to_string() == unit && record.kind == kind;
            let found = own.iter().filter(of_unit).min_by_key(|record| record.repaired_on.is_some());
            found.ok_or_else(|| format!("the sample's subject has no {} of {unit}", kind.code()))
        };
        self.object(&subject, record(CORRECTS, RecordKind::Penalty)?, "first-day-upheld").await?;
        self.object(&subject, record(HAS_WORK, RecordKind::Penalty)?, "first-day-objection").await?;
        self.apply(&subject, record(GRANTS_REPAIR, RecordKind::Coercion)?, "first-day-granted").await?;
        self.apply(&subject, record(HAS_WORK, RecordKind::Coercion)?, "first-day-repair").await?;
        let promised = CommitmentRequest {
            domain: "烟草专卖".to_owned(),
            text: "本单位承诺不经营虚构的非法卷烟，接受监督检查（虚构）。".to_owned(),
            until: self.day_in(180)?,
        };
        subject.submit(&MAKE, &(), &promised, ("first-day-commitment", None)).await?;
        self.give_feedback().await
    }

    /// Objects to a record; the unit that corrects does so at once.
    async fn object(&self, subject: &ServiceClient, record: &OwnRecord, once: &str) -> Result<(), Anything> {
        let upheld = record.unit.to_string() == CORRECTS;
        let reasons = if upheld {
            "处罚内容与决定书不一致，请核实更正（虚构）。"
        } else {
            "当事人已在期限内改正，所载事实有出入，请核实（虚构）。"
        };
        let objection = ObjectionRequest {
            record: record.id,
            contested: Contested::Record,
            reasons: reasons.to_owned(),
            report: None,
            attachments: vec![],
        };
        let made = subject.submit(&objection::SUBMIT, &(), &objection, (once, None)).await?;
        if !upheld {
            return Ok(());
        }
        let path = ObjectionPath { id: made.answer.objection.id };
        let clerk = self.clerk(record.unit).await?;
        let accepted = clerk.submit(&objection::ACCEPT, &path, &(), (once, Some(&made.etag))).await?;
        let decision = ObjectionDecision {
            outcome: ObjectionOutcome::Upheld,
            reason: "经核对决定书原件，报送内容有误，予以更正（虚构）。".to_owned(),
            withdrawal: None,
            correction: Some(json!({ "details": { "content": "责令改正；处罚内容以决定书原件为准（已更正）。" } })),
            repair: None,
            cancel_repair: false,
        };
        clerk.submit(&objection::DECIDE, &path, &decision, (once, Some(&accepted.etag))).await?;
        Ok(())
    }

    /// Applies for the repair of a record; the unit that grants does so at once.
    async fn apply(&self, subject: &ServiceClient, record: &OwnRecord, once: &str) -> Result<(), Anything> {
        let application = RepairRequest {
            record: record.id,
            proof: "已履行全部义务，附虚构缴款凭证编号XK000001。".to_owned(),
            commitment: Some("今后依法诚信经营，如有违反自愿承担责任（虚构）。".to_owned()),
            attachments: vec![],
        };
        let made = subject.submit(&repair::APPLY, &(), &application, (once, None)).await?;
        if record.unit.to_string() != GRANTS_REPAIR {
            return Ok(());
        }
        let decision = RepairDecisionRequest {
            outcome: RepairOutcome::Granted,
            reason: "义务已经履行，准予修复（虚构）。".to_owned(),
            repair: Some(GrantedRepair {
                document: DocumentNumber::parse(format!("晋虚税信〔{}〕801号", self.day.year()))?,
                date: self.day,
                content: Some("虚构：已履行义务，准予修复".to_owned()),
            }),
        };
        let path = RepairPath { id: made.answer.application.id };
        self.clerk(record.unit).await?.submit(&repair::DECIDE, &path, &decision, (once, Some(&made.etag))).await?;
        Ok(())
    }

    async fn give_feedback(&self) -> Result<(), Anything> {
        let sent = async |kind, text: &str, once: &str| {
            let feedback = FeedbackRequest { kind, text: text.to_owned(), contact: None };
            self.service.submit(&feedback::SEND, &(), &feedback, (once, None)).await
        };
        let question = sent(FeedbackKind::Enquiry, "报告可以只选一个领域吗？（虚构）", "first-day-question").await?;
        sent(FeedbackKind::Suggestion, "建议在网点张贴核验的二维码。（虚构）", "first-day-suggestion").await?;
        let answer = FeedbackAnswer {
            text: "可以。申请时选择所需领域即可；未选择的领域不在报告范围内。".to_owned(),
            publish: true,
        };
        let path = FeedbackPath { code: question.answer.code.to_string() };
        let operator = self.service.as_somebody(&made_up_people::operator()).await?;
        operator.submit(&feedback::ANSWER, &path, &answer, ("first-day-answer", Some(&question.etag))).await?;
        Ok(())
    }

    async fn subject(&self) -> Result<ServiceClient, ServiceError> {
        self.service.as_somebody(&made_up_people::subject(self.subject)).await
    }

    async fn clerk(&self, unit: UnitCode) -> Result<ServiceClient, ServiceError> {
        self.service.as_somebody(&made_up_people::clerk(unit)).await
    }

    /// The day so many days after this one.
    fn day_in(&self, days: i64) -> Result<Date, jiff::Error> {
        self.day.checked_add(jiff::Span::new().days(days))
    }
}
