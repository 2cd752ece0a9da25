//! `xinzheng smoke`: the main job over HTTP against a deployment, as its people do it, and everything taken back.
//!
//! A made-up penalty of a made-up company is reported, found by the company's report, verified, and withdrawn by its unit; the report
//! is taken back by the platform, and the company's registration ends. What cannot be erased by anyone (the audit, the public log, the
//! locked file of the report) says so.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use reqwest::Url;
use serde::Serialize;
use serde_json::{Value, json};
use xinzheng_api::publication::CERTIFICATES;
use xinzheng_api::report::{
    ISSUE, NewReport, NumberPath, READ, ReasonQuery, ReportRequest, WITHDRAW, WithdrawalRequest,
};
use xinzheng_api::upload::UploadAnnouncement;
use xinzheng_api::verification::{AskedFile, BY_CODE, BY_FILE, CodePath, VerifyQuery};
use xinzheng_domain::audit::LookReason;
use xinzheng_domain::{Disclosure, Purpose, ReportStatus, TableId, UnitCode, Uscc, china_time};
use xinzheng_proof::{Trust, judge};

use crate::service_client::{ServiceClient, ServiceError, sha256};
use crate::{made_up_people, sending, sent_table, shown, state_file};

/// What the made-up company is called.
const COMPANY: &str = "长治市虚构冒烟测试有限公司";
/// Between two looks at what a report says.
const LOOKS: Duration = Duration::from_millis(500);

/// The deployment, and the people who try it.
#[derive(Debug, Args)]
pub(crate) struct SmokeArguments {
    /// The deployment, over HTTPS or on this machine. Access tokens are taken from XINZHENG_UNIT_TOKEN, XINZHENG_SUBJECT_TOKEN and
    /// XINZHENG_OPERATOR_TOKEN; a local stack gives those that are missing.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,

    /// The unit of XINZHENG_UNIT_TOKEN: one that sends penalties and registrations.
    #[arg(long, value_name = "CODE", default_value = "market-supervision", value_parser = sent_table::unit)]
    unit: UnitCode,

    /// The unified social credit code of XINZHENG_SUBJECT_TOKEN: a company that does not exist.
    #[arg(long, value_name = "CODE", value_parser = company)]
    subject: Option<Uscc>,

    /// How long each step is waited for, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    patience: u64,

    /// Where the report's PDF is put; nowhere when it is left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write one JSON document.
    #[arg(long)]
    json: bool,
}

fn company(code: &str) -> Result<Uscc, String> {
    Uscc::parse(code).map_err(|_| "no unified social credit code".to_owned())
}

/// A step that was tried.
#[derive(Debug, Serialize)]
struct Step {
    step: &'static str,
    seconds: f64,
    /// What was not as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong: Option<String>,
}

/// Who acts, and what is made up.
struct Smoke<'a> {
    arguments: &'a SmokeArguments,
    unit: ServiceClient,
    subject: ServiceClient,
    operator: ServiceClient,
    company: Uscc,
    /// The code of the unit in the made-up rows.
    authority: Uscc,
    today: Date,
    /// What tells this run's record from those of others.
    run: i64,
    steps: Vec<Step>,
}

/// Tries the deployment and says how each step went.
pub(crate) async fn run(arguments: &SmokeArguments) -> ExitCode {
    let mut smoke = match Smoke::begin(arguments).await {
        Ok(smoke) => smoke,
        Err(why) => {
            eprintln!("xinzheng: {}", shown::text(&why.to_string()));
            return ExitCode::from(2);
        }
    };
    smoke.all().await;
    let failed = smoke.steps.iter().filter(|step| step.wrong.is_some()).count();
    if arguments.json {
        println!("{}", json!({ "url": arguments.url, "steps": smoke.steps, "failed": failed }));
    } else {
        println!("{} steps, {failed} failed", smoke.steps.len());
    }
    ExitCode::from(u8::from(failed > 0))
}

impl<'a> Smoke<'a> {
    async fn begin(arguments: &'a SmokeArguments) -> Result<Self, ServiceError> {
        let company = match arguments.subject {
            Some(company) => company,
            None => made_up("91140403", "XN900001")?,
        };
        let service = ServiceClient::at(&arguments.url)?;
        if !service.is_local() && arguments.subject.is_none() {
            return Err(ServiceError::Answer("--subject must say whose XINZHENG_SUBJECT_TOKEN is".to_owned()));
        }
        let claims = made_up_people::company(&company, COMPANY);
        let now = Timestamp::now();
        Ok(Self {
            arguments,
            unit: service.signed_in("XINZHENG_UNIT_TOKEN", &made_up_people::clerk(arguments.unit)).await?,
            subject: service.signed_in("XINZHENG_SUBJECT_TOKEN", &claims).await?,
            operator: service.signed_in("XINZHENG_OPERATOR_TOKEN", &made_up_people::operator()).await?,
            company,
            authority: made_up("11140400", "XN900002")?,
            today: china_time::date(now),
            run: now.as_second(),
            steps: vec![],
        })
    }

    /// Every step; what was begun is taken back also when a step between went wrong.
    async fn all(&mut self) {
        let began = Instant::now();
        let front = self.front().await;
        if self.note("the pages and the keys answer", began, front).is_none() {
            return;
        }
        let began = Instant::now();
        let sent = self.report_penalty().await;
        let sent = self.note("a unit's files are in the registry", began, sent);
        let mut report = None;
        if sent.is_some() {
            let began = Instant::now();
            let issued = self.issue().await;
            report = self.note("the company's report finds the penalty, and its file is genuine", began, issued);
        }
        if let Some(report) = &report {
            let began = Instant::now();
            let verified = self.is_verified(report).await;
            self.note("it verifies by code and by file", began, verified);
        }
        // Also when it was not seen to arrive: what does arrive later is withdrawn.
        let began = Instant::now();
        let withdrawn = self.withdraw_penalty().await;
        self.note("the penalty is withdrawn, and the registration ends", began, withdrawn);
        if let Some(report) = &report {
            let began = Instant::now();
            let affected = self.becomes(report, ReportStatus::Affected).await;
            self.note("the report says that it is affected", began, affected);
            let began = Instant::now();
            let taken_back = self.take_back(report).await;
            self.note("the report is taken back", began, taken_back);
        }
    }

    fn note<T>(&mut self, step: &'static str, began: Instant, result: Result<T, Wrong>) -> Option<T> {
        let seconds = (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        let (value, wrong) = match result {
            Ok(value) => (Some(value), None),
            Err(wrong) => (None, Some(shown::text(&wrong.0))),
        };
        if !self.arguments.json {
            let said = wrong.as_deref().map_or_else(|| "ok".to_owned(), |wrong| format!("FAILED: {wrong}"));
            println!("{seconds:7.2} s  {step}: {said}");
        }
        self.steps.push(Step { step, seconds, wrong });
        value
    }

    fn until(&self) -> Instant {
        Instant::now() + Duration::from_secs(self.arguments.patience)
    }

    /// The first page is a page, the certificates are certificates.
    async fn front(&self) -> Result<(), Wrong> {
        let base = Url::parse(&self.arguments.url).map_err(|error| Wrong(error.to_string()))?;
        let at = |path: &str| base.join(path).map(String::from).map_err(|error| Wrong(error.to_string()));
        let page = self.unit.file(&at("/")?).await?;
        if !String::from_utf8_lossy(&page).contains("<html") {
            return Err(Wrong("the first page is no page".to_owned()));
        }
        self.trust().await.map(|_| ())
    }

    async fn trust(&self) -> Result<Trust, Wrong> {
        let base = Url::parse(&self.arguments.url).map_err(|error| Wrong(error.to_string()))?;
        let address = base.join(&CERTIFICATES.address(&(), &())).map_err(|error| Wrong(error.to_string()))?;
        let pem = self.unit.file(address.as_str()).await?;
        Trust::parse(&String::from_utf8_lossy(&pem)).map_err(|error| Wrong(error.to_string()))
    }

    fn document(&self) -> String {
        format!("虚冒烟罚〔{}〕{}号", self.today.year(), self.run)
    }

    fn registration(&self, status: &str) -> Value {
        json!({
            "名称": COMPANY,
            "统一社会信用代码": self.company,
            "主体类型": "企业",
            "法定代表人": "甲某",
            "登记机关": "潞州区市场监督管理局",
            "行政区划代码": "140403",
            "成立日期": "2020-01-02",
            "登记状态": status,
            "住所": "长治市潞州区虚构路1号",
        })
    }

    async fn report_penalty(&self) -> Result<(), Wrong> {
        let unit = self.arguments.unit.name();
        let penalty = json!({
            "行政相对人名称": COMPANY,
            "行政相对人类别": "法人及非法人组织",
            "统一社会信用代码": self.company,
            "法定代表人": "甲某",
            "行政处罚决定书文号": self.document(),
            "违法行为类型": "虚构的违法行为",
            "违法事实": "为检验系统而虚构，不涉及任何真实主体。",
            "处罚依据": "虚构的依据",
            "处罚类别": "警告",
            "处罚内容": "警告。",
            "处罚决定日期": self.today,
            "处罚机关": unit,
            "处罚机关统一社会信用代码": self.authority,
            "数据来源单位": unit,
            "数据来源单位统一社会信用代码": self.authority,
            "涉及领域": "食品",
        });
        self.send(TableId::Subject, &self.registration("存续")).await?;
        self.send(TableId::Penalty, &penalty).await
    }

    async fn withdraw_penalty(&self) -> Result<(), Wrong> {
        let withdrawal = json!({
            "行政相对人名称": COMPANY,
            "行政相对人类别": "法人及非法人组织",
            "统一社会信用代码": self.company,
            "原决定书文号": self.document(),
            "记录类别": "行政处罚",
            "撤销机关": self.arguments.unit.name(),
            "撤销文书文号": format!("虚冒烟撤〔{}〕{}号", self.today.year(), self.run),
            "撤销日期": self.today,
            "撤销事由": "自行纠正",
        });
        self.send(TableId::Withdrawal, &withdrawal).await?;
        self.send(TableId::Subject, &self.registration("注销")).await
    }

    /// Sends a table of one row, and waits until the row is in the registry.
    async fn send(&self, table: TableId, row: &Value) -> Result<(), Wrong> {
        let columns = &table.standard().columns;
        let mut writer = csv::Writer::from_writer(vec![]);
        let cell = |header: &str| row.get(header).and_then(Value::as_str).unwrap_or_default().to_owned();
        let lines = [columns.iter().map(|column| column.header.clone()).collect::<Vec<_>>()];
        for line in lines.into_iter().chain([columns.iter().map(|column| cell(&column.header)).collect()]) {
            writer.write_record(line).map_err(|error| Wrong(error.to_string()))?;
        }
        let content = writer.into_inner().map_err(|error| Wrong(error.to_string()))?;
        let announcement = UploadAnnouncement {
            table: table.code().to_owned(),
            file: format!("smoke-{}.csv", self.run),
            bytes: content.len() as u64,
            sha256: sha256(&content),
            unit: Some(self.arguments.unit.to_string()),
            confirmed: vec![],
        };
        let id = sending::send(&self.unit, &announcement, content).await?;
        let Some(upload) = sending::done(&self.unit, &id, self.until()).await? else {
            return Err(Wrong(format!("{table}: not done in {} seconds", self.arguments.patience)));
        };
        let refusal = upload.receipt.and_then(|receipt| receipt.refusal);
        match (refusal, upload.counts) {
            (Some(refusal), _) => Err(Wrong(format!("{table}: {} ({})", refusal.reason, refusal.code))),
            (None, Some(counts)) if (counts.accepted, counts.rejected) == (1, 0) => Ok(()),
            (None, _) => Err(Wrong(format!("{table}: returned for {:?}", upload.returned_for))),
        }
    }

    /// Asks for the report; its file is judged by itself against the certificates that the deployment publishes.
    async fn issue(&self) -> Result<NewReport, Wrong> {
        let wanted =
            ReportRequest { period: None, domains: None, purpose: Purpose::Other, disclosure: Disclosure::Full };
        let once = format!("smoke-{}", self.run);
        let report: NewReport = self.subject.submit(&ISSUE, &(), &wanted, (&once, None)).await?.answer;
        if report.opened.report.summary.records == 0 {
            return Err(Wrong("it does not find the penalty".to_owned()));
        }
        let download = report.opened.download.as_ref().ok_or_else(|| Wrong("no download".to_owned()))?;
        let pdf = self.subject.file(&download.url).await?;
        if let Some(out) = &self.arguments.out {
            state_file::replace(out, &pdf).map_err(|error| Wrong(format!("{}: {error}", out.display())))?;
        }
        let judgement = judge(&pdf, &self.trust().await?, Timestamp::now());
        if !judgement.verdict.is_genuine() {
            return Err(Wrong(format!("its file is {:?}", judgement.verdict)));
        }
        Ok(report)
    }

    async fn is_verified(&self, report: &NewReport) -> Result<(), Wrong> {
        self.becomes(report, ReportStatus::Valid).await?;
        let sha256 = Some(report.opened.report.file.sha256.to_string());
        let told = self.unit.anybody().ask(&BY_FILE, &(), &VerifyQuery { sha256, code: None }).await?;
        match told.asked_file {
            Some(AskedFile::AsIssued) => Ok(()),
            other => Err(Wrong(format!("its file is {other:?}"))),
        }
    }

    /// Waits until whoever verifies the report is told this.
    async fn becomes(&self, report: &NewReport, status: ReportStatus) -> Result<(), Wrong> {
        let (until, anybody) = (self.until(), self.unit.anybody());
        let code = CodePath { code: report.opened.report.code.to_string() };
        loop {
            let told = anybody.ask(&BY_CODE, &code, &()).await?.status;
            if told == status {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(Wrong(format!("it is {told:?}, not {status:?}")));
            }
            tokio::time::sleep(LOOKS).await;
        }
    }

    async fn take_back(&self, report: &NewReport) -> Result<(), Wrong> {
        let path = NumberPath { number: report.opened.report.number.clone() };
        let body = WithdrawalRequest { reason: "为检验系统而出具的虚构报告，予以收回。".to_owned() };
        let version =
            self.operator.ask_version(&READ, &path, &ReasonQuery { reason: Some(LookReason::Supervision) }).await?.etag;
        self.operator.submit(&WITHDRAW, &path, &body, (&format!("smoke-{}", self.run), Some(&version))).await?;
        self.becomes(report, ReportStatus::Withdrawn).await
    }
}

fn made_up(kind: &str, organisation: &str) -> Result<Uscc, ServiceError> {
    Uscc::compose(kind, organisation).ok_or_else(|| ServiceError::Answer("a made-up code is none".to_owned()))
}

/// What was not as it should be.
#[derive(Debug)]
struct Wrong(String);

impl From<ServiceError> for Wrong {
    fn from(error: ServiceError) -> Self {
        Self(error.to_string())
    }
}
