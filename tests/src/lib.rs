//! What end-to-end tests are written with: a whole local stack in a temporary folder that is spoken to like a client
//! would, and builders for what units upload.

pub mod description;
pub mod examples;
pub mod ingest_function;
mod left_behind;
pub mod log_function;
pub mod prices;
pub mod public_log;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use reqwest::{Client, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
pub use xinzheng::client_builder;
use xinzheng::main_job::{UploadFile, receipts, upload};
use xinzheng::{Faults, Options, Outage, SentEvents, Stack};
use xinzheng_api::link::{Download, UploadAddress};
use xinzheng_api::parameter::Parameters;
use xinzheng_api::report::{OpenedReport, Report};
use xinzheng_api::verification::Verification;
use xinzheng_api::{Endpoint, Problem, attachment, report, verification};
use xinzheng_domain::record::standing::StandingRecord;
use xinzheng_domain::record::{Details, Penalty};
use xinzheng_domain::report::ReportContent;
use xinzheng_domain::sha256::hexadecimal;
use xinzheng_domain::{RecordId, ReportNumber, TableId, Uscc, VerificationCode};
use xinzheng_intake::Receipt;
use xinzheng_runtime::Clock;

use crate::left_behind::StackFolder;

/// The instant of the tests' clock: 2025-11-03 10:00 in China.
pub const NOW: &str = "2025-11-03T02:00:00Z";

/// The token issuer's key of the first stack, which those after it take over: to draw one of RSA takes longer than the rest
/// of a start.
static ISSUER: OnceLock<Vec<u8>> = OnceLock::new();

/// A stack in a folder of its own.
pub struct TestStack {
    /// The stack.
    pub stack: Stack,
    client: Client,
    /// Seconds that the clock was put forward.
    forward: Arc<AtomicI64>,
    /// Has the certificate and time-stamping authority fail.
    pub authority: Outage,
    clock: Clock,
    delivers: bool,
    left: LeftBehind,
}

/// What a stack leaves behind.
struct LeftBehind {
    events: SentEvents,
    folder: Arc<StackFolder>,
}

impl Drop for LeftBehind {
    fn drop(&mut self) {
        for event in self.events.take() {
            self.folder.keep("events", event.detail.to_string().as_bytes());
        }
    }
}

/// An answer of the gateway.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, when it is JSON.
    pub body: Value,
    /// The content type.
    pub content_type: String,
    /// What is wrong, when it is a problem.
    refusal: Option<Problem>,
}

impl Answer {
    /// What is wrong.
    pub fn refusal(&self) -> &Problem {
        self.refusal.as_ref().unwrap_or_else(|| panic!("no problem: {self:?}"))
    }

    /// The stable code of what is wrong; nothing when nothing is.
    pub fn problem(&self) -> &str {
        self.refusal.as_ref().map(Problem::code).unwrap_or_default()
    }

    /// The body as the type that the endpoint answers with.
    pub fn of<P, Q, B, A: DeserializeOwned>(&self, endpoint: &Endpoint<P, Q, B, A>) -> A {
        let answer = || format!("{endpoint:?} answered {} {}", self.status, self.body);
        serde_json::from_value(self.body.clone()).unwrap_or_else(|fault| panic!("{fault}: {}", answer()))
    }
}

impl TestStack {
    /// Asks an endpoint that reads, with a token.
    pub async fn ask<P: Parameters, Q: Parameters, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<P, Q, (), A>,
        (path, query): (&P, &Q),
        token: &str,
    ) -> A {
        let answer = self.send(self.get(&endpoint.address(path, query)).bearer_auth(token)).await;
        answer.of(endpoint)
    }

    /// A stack whose clock starts at [`NOW`] and goes on by a second with each look at it.
    pub async fn start() -> Self {
        Self::with_faults(Faults::default()).await
    }

    /// The same with deliveries going wrong on purpose.
    pub async fn with_faults(faults: Faults) -> Self {
        Self::with(faults, &[]).await
    }

    /// The same with other values for parameters of the template.
    pub async fn with_parameters(parameters: &[(&str, &str)]) -> Self {
        Self::with(Faults::default(), parameters).await
    }

    /// The same with both.
    pub async fn with(faults: Faults, parameters: &[(&str, &str)]) -> Self {
        Self::stamped_or_not(faults, parameters, false).await
    }

    /// A stack whose reports are stamped by its own authority.
    pub async fn stamped() -> Self {
        Self::stamped_or_not(Faults::default(), &[], true).await
    }

    async fn stamped_or_not(faults: Faults, parameters: &[(&str, &str)], timestamps: bool) -> Self {
        // What functions log as an error is the first thing to read when a test fails.
        left_behind::start_logging();
        let folder = StackFolder::new();
        let forward = Arc::new(AtomicI64::new(0));
        let (ticking, seconds) = (ticking_clock(), Arc::clone(&forward));
        let clock = Clock::of(move || ticking.now() + jiff::SignedDuration::from_secs(seconds.load(Ordering::Relaxed)));
        let options = Options { faults, timestamps, clock: clock.clone(), ..Options::new(folder.path()) };
        let issuer = folder.path().join("issuer.pem");
        if let Some(key) = ISSUER.get() {
            std::fs::write(&issuer, key).unwrap();
        }
        let started = Self::on(Arc::new(folder), options, parameters, forward).await;
        ISSUER.get_or_init(|| std::fs::read(&issuer).unwrap());
        started
    }

    async fn on(
        folder: Arc<StackFolder>,
        options: Options,
        parameters: &[(&str, &str)],
        forward: Arc<AtomicI64>,
    ) -> Self {
        let (authority, clock, delivers) = (Outage::default(), options.clock.clone(), options.deliver);
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (authority_fails, second) = (authority.clone(), Duration::from_millis(10));
        let stack = Stack::start(Options { parameters, authority_fails, second, ..options }).await.unwrap();
        let client = client_builder().build().unwrap();
        let left = LeftBehind { events: stack.events.clone(), folder };
        Self { stack, client, forward, authority, clock, delivers, left }
    }

    /// Ends the stack once nothing is to be done, has its folder changed, and starts another on it, whose clock goes on. `deliver` as
    /// [`Options::deliver`].
    pub async fn again(self, parameters: &[(&str, &str)], deliver: bool, change: impl FnOnce(&Path)) -> Self {
        if self.delivers {
            self.stack.idle(|_| {}).await;
        }
        self.restarted(parameters, deliver, change).await
    }

    /// The same, whatever is still to be done.
    pub async fn restarted(self, parameters: &[(&str, &str)], deliver: bool, change: impl FnOnce(&Path)) -> Self {
        let Self { stack, forward, clock, left, .. } = self;
        assert!(stack.end(Duration::from_secs(60)).await, "the stack ends");
        let folder = Arc::clone(&left.folder);
        change(folder.path());
        let options = Options { clock, deliver, ..Options::new(folder.path()) };
        Self::on(folder, options, parameters, forward).await
    }

    /// Puts the clock of the functions forward.
    pub fn pass_days(&self, days: i64) {
        self.pass_seconds(days * 24 * 3600);
    }

    /// Puts the clock of the functions forward.
    pub fn pass_seconds(&self, seconds: i64) {
        self.forward.fetch_add(seconds, Ordering::Relaxed);
    }

    /// What the event bus was told since it was last asked, once everything is told; each as its schema has it.
    pub async fn events(&self) -> Vec<(String, Value)> {
        self.stack.idle(|_| {}).await;
        let events = self.stack.events.take();
        events.iter().for_each(description::check_event);
        events.iter().for_each(|event| self.left.folder.keep("events", event.detail.to_string().as_bytes()));
        events.into_iter().map(|event| (event.kind, event.detail)).collect()
    }

    /// Uploads files one after another and waits until all are indexed.
    pub async fn take_in(&self, files: &[UploadFile]) {
        for file in files {
            upload(&self.stack, file).await.unwrap();
        }
        self.stack.idle(|_| {}).await;
    }

    /// The receipt of an upload.
    pub async fn receipt(&self, key: &str) -> Receipt {
        let all = receipts(&self.stack).await.unwrap();
        all.into_iter().find(|receipt| receipt.key == key).unwrap_or_else(|| panic!("no receipt for {key}"))
    }

    /// A token with these claims.
    pub fn token(&self, claims: Value) -> String {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        self.stack.issuer.token(&claims, Timestamp::now()).unwrap()
    }

    /// A token of a subject.
    pub fn subject_token(&self, uscc: Uscc) -> String {
        self.token(json!({ "role": "subject", "subject": uscc }))
    }

    /// A token of a unit or county office.
    pub fn unit_token(&self, unit: &str) -> String {
        self.token(json!({ "role": "unit", "unit": unit, "sub": format!("clerk of {unit}") }))
    }

    /// A token of the platform's staff.
    pub fn operator_token(&self) -> String {
        self.token(json!({ "role": "operator", "sub": "operator-1" }))
    }

    /// A POST request with a body of bytes.
    pub fn post_bytes(&self, path: &str, body: Vec<u8>) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.stack.address)).body(body)
    }

    /// A request to another address, such as a presigned one.
    pub fn request(&self, method: &str, url: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), url)
    }

    /// Sends a request and reads the answer.
    ///
    /// Whatever the gateway answers has to be as the contract describes it.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, url) = (request.method().clone(), request.url().clone());
        let sent = request.body().and_then(reqwest::Body::as_bytes).map(<[u8]>::to_vec);
        let response = client.execute(request).await.unwrap();
        let is_gateway = url.as_str().starts_with(&self.stack.address) && *response.url() == url;
        let status = response.status().as_u16();
        let content_type =
            response.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
        let bytes = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if is_gateway {
            self.left.folder.keep("answers", format!("{method} {} {status}", url.path()).as_bytes());
            self.left.folder.keep("answers", &bytes);
            description::check(method.as_str(), url.path(), status, &content_type, &body);
            let sent = sent.and_then(|sent| serde_json::from_slice(&sent).ok());
            examples::record(method.as_str(), &url, sent, status, (&content_type, &body));
        }
        // The answer to HEAD is without its body.
        let is_problem = content_type.starts_with("application/problem+json") && !bytes.is_empty();
        let refusal = is_problem.then(|| serde_json::from_value(body.clone()).unwrap());
        Answer { status, body, content_type, refusal }
    }

    /// Notes an answer that came by another way than [`Self::send`], for whoever looks through what tests leave behind.
    pub fn keep_answer(&self, bytes: &[u8]) {
        self.left.folder.keep("answers", b"GET /portal/a-page 200");
        self.left.folder.keep("answers", bytes);
    }

    /// A GET request without a token.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.stack.address))
    }

    /// A POST request without a token.
    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.stack.address)).json(body)
    }

    /// Asks for a report as the subject.
    pub async fn report(&self, uscc: Uscc, request: &Value) -> Answer {
        self.send(self.post("/reports", request).bearer_auth(self.subject_token(uscc))).await
    }

    /// Has a report issued to the subject.
    pub async fn issued(&self, uscc: Uscc, request: &Value) -> OpenedReport {
        let answer = self.report(uscc, request).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.of(&report::ISSUE).opened
    }

    /// What anyone is told of a report's code.
    pub async fn verified(&self, code: VerificationCode) -> Verification {
        self.send(self.get(&format!("/verify/{code}"))).await.of(&verification::BY_CODE)
    }

    /// The PDF of a report, from the address in an answer.
    pub async fn pdf(&self, report: &OpenedReport) -> Vec<u8> {
        self.downloaded(report.download.as_ref().expect("a download address")).await
    }

    /// Downloads from an address in an answer.
    pub async fn downloaded(&self, download: &Download) -> Vec<u8> {
        let answer = self.client.get(&download.url).send().await.unwrap().error_for_status().unwrap();
        answer.bytes().await.unwrap().to_vec()
    }

    /// The stored canonical content of the report with this number.
    pub async fn content(&self, number: &ReportNumber) -> ReportContent {
        let (s3, bucket) = (&self.stack.services.s3, self.stack.resource("ReportsBucket"));
        let list = s3.list_objects_v2().bucket(&bucket).send().await.unwrap();
        for key in list.contents().iter().filter_map(|object| object.key()).filter(|key| key.ends_with(".json")) {
            let object = s3.get_object().bucket(&bucket).key(key).send().await.unwrap();
            let content: ReportContent =
                serde_json::from_slice(&object.body.collect().await.unwrap().to_vec()).unwrap();
            if content.number == *number {
                return content;
            }
        }
        panic!("the content of {number} is not stored");
    }

    /// The id of a report's record whose document number ends so.
    pub async fn record_id(&self, report: &Report, document: &str) -> RecordId {
        let records = self.content(&report.number).await.records;
        let found = records.iter().find(|standing| standing.record.document.as_str().ends_with(document));
        found.unwrap_or_else(|| panic!("no record {document}")).record.id
    }

    /// The request that puts these bytes at an address in an answer.
    pub fn put(&self, address: &UploadAddress, bytes: &[u8]) -> RequestBuilder {
        let request = self.request("PUT", &address.url).body(bytes.to_vec());
        address.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    /// Announces a file, and sends it when there are bytes. Its id, or the problem.
    pub async fn attach(&self, subject: Uscc, name: &str, bytes: &[u8], sent: bool) -> Result<String, String> {
        let wanted = json!({ "name": name, "bytes": bytes.len(), "sha256": sha256(bytes) });
        let announced = self.send(self.post("/attachments", &wanted).bearer_auth(self.subject_token(subject))).await;
        if announced.status != 201 {
            return Err(announced.problem().to_owned());
        }
        let announced = announced.of(&attachment::ANNOUNCE);
        if sent {
            assert_eq!(self.send(self.put(&announced.upload, bytes)).await.status, 200);
        }
        Ok(announced.id.to_string())
    }

    /// The text of an upload's rejections file.
    pub async fn rejections(&self, receipt: &Receipt) -> String {
        let key = receipt.rejections.as_deref().expect("there are rejections");
        let get = self.stack.services.s3.get_object().bucket(self.stack.resource("IntakeBucket")).key(key);
        String::from_utf8(get.send().await.unwrap().body.collect().await.unwrap().to_vec()).unwrap()
    }

    /// The item of a batch.
    pub async fn batch(&self, id: &str) -> BTreeMap<String, String> {
        self.registry().await.remove(&format!("BATCH#{id} | META")).expect("a batch")
    }

    /// What a unit was refused, oldest first.
    pub async fn audit(&self, unit: &str) -> Vec<(String, String)> {
        let prefix = format!("AUDIT#{unit}#");
        let items = self
            .registry()
            .await
            .into_iter()
            .filter(|(_, item)| item.get("result").is_some_and(|result| result == "refused"));
        let entries = items.filter_map(|(key, _)| Some(key.strip_prefix(&prefix)?.split_once(" | ")?.1.to_owned()));
        entries
            .map(|entry| {
                let parts: Vec<&str> = entry.splitn(3, '#').collect();
                (parts[1].to_owned(), parts[2].to_owned())
            })
            .collect()
    }

    /// The ids of all records.
    pub async fn record_ids(&self) -> Vec<String> {
        let keys = self.registry().await.into_keys();
        keys.filter_map(|key| key.split_once(" | RECORD#").map(|(_, id)| id.to_owned())).collect()
    }

    /// Every item of the registry by its key, as a test can compare it.
    pub async fn registry(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        registry_of(&self.stack).await
    }
}

/// Every item of a stack's registry by its key; what only tells when a machine did something is left out.
pub async fn registry_of(stack: &Stack) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut pages = stack.services.dynamodb.scan().table_name(stack.resource("RegistryTable")).into_paginator().send();
    let mut items = BTreeMap::new();
    while let Some(page) = pages.next().await {
        for item in page.unwrap().items.unwrap_or_default() {
            let text = |value: &AttributeValue| match value {
                AttributeValue::S(text) | AttributeValue::N(text) => text.clone(),
                other => format!("{other:?}"),
            };
            let key = format!("{} | {}", text(&item["pk"]), text(&item["sk"]));
            if key.starts_with("LOG") {
                continue;
            }
            // Where in the public log something is, and what keeps it from being guessed, is another thing in each run.
            let machine = |name: &str| {
                matches!(name, "indexed_at" | "expires_at" | "pk" | "sk" | "statement") || name.starts_with("log_")
            };
            let attributes = item.iter().filter(|(name, _)| !machine(name)).map(|(name, v)| (name.clone(), text(v)));
            items.insert(key, attributes.collect());
        }
    }
    items
}

/// The penalty that a record is.
pub fn penalty(standing: &StandingRecord) -> &Penalty<'static> {
    let Details::Penalty(penalty) = &standing.record.details else { panic!("no penalty: {standing:?}") };
    penalty
}

/// A clock that starts at [`NOW`] and goes on by a second with each look at it.
pub fn ticking_clock() -> Clock {
    let start: Timestamp = NOW.parse().unwrap();
    let ticks = AtomicI64::new(0);
    Clock::of(move || start + jiff::SignedDuration::from_secs(ticks.fetch_add(1, Ordering::Relaxed)))
}

/// The SHA-256 of these bytes, as callers write it.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// The USCC of the made-up subject with this number, registered first in 潞州区.
pub fn uscc(number: u32) -> Uscc {
    Uscc::compose("91140403", &format!("MA0T{number:04}")).unwrap()
}

/// A table that a unit uploads, built row by row.
#[derive(Clone, Debug)]
pub struct UploadBuilder {
    unit: &'static str,
    table: TableId,
    date: &'static str,
    file: String,
    rows: Vec<Map<String, Value>>,
}

impl UploadBuilder {
    /// An empty table.
    pub fn new(unit: &'static str, table: TableId) -> Self {
        Self { unit, table, date: "2025-11-03", file: "表.csv".to_owned(), rows: vec![] }
    }

    /// The file's name.
    #[must_use]
    pub fn file(mut self, name: &str) -> Self {
        name.clone_into(&mut self.file);
        self
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, row: &Value) -> Self {
        self.rows.push(row.as_object().unwrap().clone());
        self
    }

    /// The upload's key.
    pub fn key(&self) -> String {
        format!("uploads/{}/{}/{}/{}", self.unit, self.table, self.date, self.file)
    }

    /// The file as the unit uploads it.
    pub fn build(&self) -> UploadFile {
        let columns = &self.table.standard().columns;
        let mut writer = csv::Writer::from_writer(vec![]);
        writer.write_record(columns.iter().map(|column| &column.header)).unwrap();
        for row in &self.rows {
            for header in row.keys() {
                assert!(columns.iter().any(|column| column.header == *header), "{} has no {header}", self.table);
            }
            let cell = |header: &String| row.get(header).and_then(Value::as_str).unwrap_or_default().to_owned();
            writer.write_record(columns.iter().map(|column| cell(&column.header))).unwrap();
        }
        UploadFile { key: self.key(), bytes: writer.into_inner().unwrap() }
    }
}

/// A row with some cells changed.
pub fn with(row: &Value, changes: &Value) -> Value {
    let mut row = row.clone();
    for (header, value) in changes.as_object().unwrap() {
        row[header] = value.clone();
    }
    row
}

/// A row of the subject register.
pub fn register_row(number: u32) -> Value {
    json!({
        "名称": format!("长治市虚构{number}号商贸有限公司"),
        "统一社会信用代码": uscc(number),
        "主体类型": "企业",
        "法定代表人": "甲某",
        "登记机关": "潞州区市场监督管理局",
        "行政区划代码": "140403",
        "成立日期": "2020-01-02",
        "登记状态": "存续",
        "住所": "长治市潞州区虚构路1号",
    })
}

/// A row of table penalty, of market supervision.
pub fn penalty_row(subject: u32, document: u32) -> Value {
    json!({
        "行政相对人名称": format!("长治市虚构{subject}号商贸有限公司"),
        "行政相对人类别": "法人及非法人组织",
        "统一社会信用代码": uscc(subject),
        "法定代表人": "甲某",
        "行政处罚决定书文号": format!("晋虚市监罚〔2024〕{document}号"),
        "违法行为类型": "虚构的违法行为",
        "违法事实": "当事人于2024年2月经营虚构食品，货值金额500元。",
        "处罚依据": "《虚构食品办法》第一条",
        "处罚类别": "警告、罚款",
        "处罚内容": "警告，并罚款12500元。",
        "罚款金额（万元）": "1.25",
        "处罚决定日期": "2024-03-05",
        "处罚机关": "长治市市场监督管理局",
        "处罚机关统一社会信用代码": uscc(9000),
        "数据来源单位": "长治市市场监督管理局",
        "数据来源单位统一社会信用代码": uscc(9000),
        "涉及领域": "食品",
    })
}

/// Which record a row of table repair, withdrawal or cancellation is about: that of [`penalty_row`].
fn marked(subject: u32, document: u32) -> Value {
    json!({
        "行政相对人名称": format!("长治市虚构{subject}号商贸有限公司"),
        "行政相对人类别": "法人及非法人组织",
        "统一社会信用代码": uscc(subject),
        "原决定书文号": format!("晋虚市监罚〔2024〕{document}号"),
        "记录类别": "行政处罚",
    })
}

/// A row of table repair for [`penalty_row`].
pub fn repair_row(subject: u32, document: u32) -> Value {
    let mark = json!({
        "修复决定机关": "长治市市场监督管理局",
        "准予修复决定书文号": format!("晋虚市监修〔2025〕{document}号"),
        "修复日期": "2025-06-01",
    });
    with(&marked(subject, document), &mark)
}

/// A row of table withdrawal for [`penalty_row`].
pub fn withdrawal_row(subject: u32, document: u32) -> Value {
    let mark = json!({
        "撤销机关": "长治市人民政府",
        "撤销文书文号": format!("长虚政复〔2025〕{document}号"),
        "撤销日期": "2025-06-01",
        "撤销事由": "行政复议",
    });
    with(&marked(subject, document), &mark)
}

/// A row of table cancellation for [`penalty_row`]: what of it is taken back.
pub fn cancellation_row(subject: u32, document: u32, mark: &str) -> Value {
    let mark = json!({
        "取消事项": mark,
        "取消机关": "长治市市场监督管理局",
        "取消日期": "2025-07-01",
        "取消事由": "认定有误",
    });
    with(&marked(subject, document), &mark)
}

/// The register's upload of one subject.
pub fn register(number: u32) -> UploadFile {
    UploadBuilder::new("market-supervision", TableId::Subject)
        .file(&format!("{number}.csv"))
        .row(&register_row(number))
        .build()
}

/// Market supervision's table penalty.
pub fn penalties() -> UploadBuilder {
    UploadBuilder::new("market-supervision", TableId::Penalty)
}
