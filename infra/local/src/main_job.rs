//! The main job, once through: units upload, intake and index run, a subject asks for its report, anyone verifies it.

use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_s3::primitives::ByteStream;
use serde_json::{Value, json};
use xinzheng_api::log::{LogPath, READ as LOG, REPORT_PROOF};
use xinzheng_api::manifest::{DECLARE, ManifestDeclaration};
use xinzheng_api::report::{ISSUE, NewReport, ReportRequest};
use xinzheng_api::verification::{AskedFile, BY_CODE, BY_FILE, CodePath, Verification, VerifyQuery};
use xinzheng_domain::china_time;
use xinzheng_domain::report::period::SCOPE_START;
use xinzheng_domain::{Disclosure, Purpose, RecordKind, ReportStatus};
use xinzheng_intake::Receipt;
use xinzheng_sample::SampleSubject;
use xinzheng_store::published_log::POLICY;
use xinzheng_tlog::{Fact, Policy, Proof};

use crate::clients::client_builder;
use crate::error::StackError;
use crate::stack::Stack;
use crate::state_file;

type Anything = Box<dyn std::error::Error + Send + Sync>;

/// A file that a unit uploads.
#[derive(Clone, Debug)]
pub struct UploadFile {
    /// Its key, from `uploads/` on.
    pub key: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The sample files in `folder`, laid out as `<unit>/<table>/<date>/<file>`; those made by the program when there is no
/// such folder.
pub fn sample_files(folder: &Path) -> Result<Vec<UploadFile>, StackError> {
    let step = "reading the sample files";
    if !folder.is_dir() {
        let files = xinzheng_sample::sample_set().map_err(|error| StackError::step(step)(error.into()))?;
        return Ok(files.into_iter().map(|file| UploadFile { key: file.key.to_string(), bytes: file.bytes }).collect());
    }
    let mut files = vec![];
    collect(folder, "uploads", &mut files).map_err(|error| StackError::step(step)(error.into()))?;
    files.sort_by(|a: &UploadFile, b| a.key.cmp(&b.key));
    Ok(files)
}

fn collect(folder: &Path, key: &str, files: &mut Vec<UploadFile>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let key = format!("{key}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &key, files)?;
        } else {
            files.push(UploadFile { key, bytes: fs::read(entry.path())? });
        }
    }
    Ok(())
}

/// What the main job did.
#[derive(Debug)]
pub struct MainJobResult {
    /// The receipts of all uploads, by key.
    pub receipts: Vec<Receipt>,
    /// The rejections of all uploads in one table, as CSV.
    pub rejections: Vec<u8>,
    /// The report as `POST /reports` answered.
    pub report: NewReport,
    /// The PDF.
    pub pdf: Vec<u8>,
    /// What `GET /verify/{code}` answered.
    pub verification: Verification,
    /// The certificates of the report's signature, as PEM.
    pub certificates: Vec<u8>,
    /// The proof that the public log has the report.
    pub proof: Vec<u8>,
    /// By which keys that is judged.
    pub policy: Vec<u8>,
}

/// How far the main job has come, for a progress display.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// Uploaded this many files of so many.
    Uploaded(usize, usize),
    /// This many messages are left to be worked on.
    Waiting(usize),
    /// The report is being made.
    Reporting,
}

/// Uploads the files, waits for intake and index, asks for a report as `subject`, downloads and verifies it. Fails
/// when any step does not do what it should.
pub async fn run(
    stack: &Stack,
    files: &[UploadFile],
    subject: &SampleSubject,
    mut progress: impl FnMut(Progress),
) -> Result<MainJobResult, StackError> {
    for (done, file) in files.iter().enumerate() {
        progress(Progress::Uploaded(done, files.len()));
        upload(stack, file).await.map_err(StackError::step("uploading"))?;
    }
    stack.idle(|left| progress(Progress::Waiting(left))).await;
    if let Some(letter) = stack.dead_letters().first() {
        return Err(StackError::Step { step: "taking in the uploads", why: format!("a message failed: {letter}") });
    }
    let receipts = receipts(stack).await.map_err(StackError::step("reading the receipts"))?;
    let rejections = rejections(stack, &receipts).await.map_err(StackError::step("reading the rejections"))?;
    // Reports say how complete the data are: of one unit they are, as it declares that there was nothing.
    declare_nothing(stack, COMPLETE).await.map_err(StackError::step("declaring a manifest"))?;
    stack.run_schedules().await?;
    progress(Progress::Reporting);
    let (report, pdf) = report(stack, subject).await.map_err(StackError::step("asking for the report"))?;
    // Seconds later it is in the public log.
    stack.idle(|left| progress(Progress::Waiting(left))).await;
    let verification = verify(stack, &report).await.map_err(StackError::step("verifying the report"))?;
    let certificates = certificates(stack).await.map_err(StackError::step("fetching the certificates"))?;
    let (proof, policy) =
        logged(stack, &report).await.map_err(StackError::step("proving that the log has the report"))?;
    Ok(MainJobResult { receipts, rejections, report, pdf, verification, certificates, proof, policy })
}

/// The unit whose data are complete: that there is nothing is declared up to the last month.
const COMPLETE: &str = "meteorology";

/// Declares, as a unit, that it has had no penalty since the scheme began.
async fn declare_nothing(stack: &Stack, unit: &str) -> Result<(), Anything> {
    let today = china_time::date(stack.now());
    let to = today.first_of_month().yesterday()?;
    if to < SCOPE_START {
        return Ok(());
    }
    let client = client_builder().build()?;
    let token = token(stack, &json!({ "role": "unit", "unit": unit, "sub": "sample" })).await?;
    let manifest = ManifestDeclaration {
        kind: RecordKind::Penalty,
        from: SCOPE_START,
        to,
        count: 0,
        documents: vec![],
        remarks: None,
    };
    let url = format!("{}{}", stack.address, DECLARE.address(&(), &()));
    client.post(url).bearer_auth(token).json(&manifest).send().await?.error_for_status()?;
    Ok(())
}

async fn token(stack: &Stack, claims: &Value) -> Result<String, Anything> {
    let client = client_builder().build()?;
    let token: Value = client.post(format!("{}/dev/token", stack.address)).json(claims).send().await?.json().await?;
    let token = token.get("access_token").and_then(Value::as_str).ok_or("the issuer gave no token")?;
    Ok(token.to_owned())
}

/// Puts a file under its key, as a unit does.
pub async fn upload(stack: &Stack, file: &UploadFile) -> Result<(), Anything> {
    stack
        .services
        .s3
        .put_object()
        .bucket(stack.resource("UploadsBucket"))
        .key(&file.key)
        .body(ByteStream::from(file.bytes.clone()))
        .send()
        .await
        .map_err(|error| format!("{}: {}", file.key, error.into_service_error()))?;
    Ok(())
}

/// Every receipt, ordered by the key of its upload.
pub async fn receipts(stack: &Stack) -> Result<Vec<Receipt>, Anything> {
    let mut receipts: Vec<Receipt> = vec![];
    let list = stack.services.s3.list_objects_v2().bucket(stack.resource("IntakeBucket")).prefix("receipts/");
    let mut pages = list.into_paginator().send();
    while let Some(page) = pages.next().await {
        for object in page?.contents() {
            let bytes = object_bytes(stack, "IntakeBucket", object.key().unwrap_or_default()).await?;
            receipts.push(serde_json::from_slice(&bytes)?);
        }
    }
    receipts.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(receipts)
}

async fn object_bytes(stack: &Stack, bucket: &str, key: &str) -> Result<Vec<u8>, Anything> {
    let object = stack.services.s3.get_object().bucket(stack.resource(bucket)).key(key).send().await?;
    Ok(object.body.collect().await?.to_vec())
}

/// The rejections of all receipts in one CSV, with the file in front, and a line for each file refused as a whole.
async fn rejections(stack: &Stack, receipts: &[Receipt]) -> Result<Vec<u8>, Anything> {
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
    writer.write_record(["文件", "行号", "列", "列名", "原值", "错误代码", "原因", "修改建议"])?;
    for receipt in receipts {
        if let Some(refusal) = &receipt.refusal {
            writer.write_record([&*receipt.key, "", "", "", "", &refusal.code, &refusal.reason, &refusal.hint])?;
        }
        let Some(key) = &receipt.rejections else { continue };
        let csv = object_bytes(stack, "IntakeBucket", key).await?;
        for record in csv::Reader::from_reader(csv.as_slice()).records() {
            let record = record?;
            writer.write_record(std::iter::once(receipt.key.as_str()).chain(record.iter()))?;
        }
    }
    writer.flush()?;
    drop(writer);
    Ok(bytes)
}

async fn report(stack: &Stack, subject: &SampleSubject) -> Result<(NewReport, Vec<u8>), Anything> {
    let client = client_builder().build()?;
    let token = token(stack, &json!({ "role": "subject", "subject": subject.uscc, "sub": "sample" })).await?;
    let wanted =
        ReportRequest { period: None, domains: None, purpose: Purpose::Financial, disclosure: Disclosure::Full };
    let url = format!("{}{}", stack.address, ISSUE.address(&(), &()));
    let response = client.post(url).bearer_auth(token).json(&wanted).send().await?;
    let status = response.status();
    if status.as_u16() != ISSUE.status() {
        return Err(format!("{ISSUE:?} answered {status}: {}", response.text().await?).into());
    }
    let report: NewReport = response.json().await?;
    let download = report.opened.download.as_ref().ok_or("the report has no download address")?;
    let pdf = client.get(&download.url).send().await?.error_for_status()?.bytes().await?.to_vec();
    Ok((report, pdf))
}

async fn verify(stack: &Stack, report: &NewReport) -> Result<Verification, Anything> {
    let client = client_builder().build()?;
    let report = &report.opened.report;
    let by_code = BY_CODE.address(&CodePath { code: report.code.to_string() }, &());
    let by_file = BY_FILE.address(&(), &VerifyQuery { sha256: Some(report.file.sha256.to_string()), code: None });
    let ask = async |address: String| {
        let answer = client.get(format!("{}{address}", stack.address)).send().await?.error_for_status()?;
        Ok::<Verification, Anything>(answer.json().await?)
    };
    let (by_code, by_file) = (ask(by_code).await?, ask(by_file).await?);
    if by_file.asked_file != Some(AskedFile::AsIssued) {
        return Err("the file is not verified as the one that was issued".into());
    }
    // Each says of which moment it holds.
    let at_once = Verification { verified_at: by_code.verified_at, asked_file: None, ..by_file };
    if serde_json::to_value(&by_code)? != serde_json::to_value(&at_once)? {
        return Err("verification by code and by file answer differently".into());
    }
    if by_code.status != ReportStatus::Valid {
        return Err(format!("the report does not verify: {}", by_code.meaning).into());
    }
    Ok(by_code)
}

async fn certificates(stack: &Stack) -> Result<Vec<u8>, Anything> {
    let answer =
        client_builder().build()?.get(format!("{}/.well-known/certificates.pem", stack.address)).send().await?;
    Ok(answer.error_for_status()?.bytes().await?.to_vec())
}

/// The proof that the public log has the report, and the policy by which it is judged: it holds.
async fn logged(stack: &Stack, report: &NewReport) -> Result<(Vec<u8>, Vec<u8>), Anything> {
    let client = client_builder().build()?;
    let get = async |address: String| {
        let answer = client.get(format!("{}{address}", stack.address)).send().await?.error_for_status()?;
        Ok::<Vec<u8>, Anything>(answer.bytes().await?.to_vec())
    };
    let code = CodePath { code: report.opened.report.code.to_string() };
    let proof = get(REPORT_PROOF.address(&code, &())).await?;
    let policy = get(LOG.address(&LogPath { path: POLICY.to_owned() }, &())).await?;
    let (fact, _) = Proof::parse(&proof)?.judge(&Policy::parse(std::str::from_utf8(&policy)?)?)?;
    match fact {
        Fact::ReportIssued { number, .. } if number == report.opened.report.number.as_str() => Ok((proof, policy)),
        other => Err(format!("the log has {} in its place", other.code()).into()),
    }
}

impl MainJobResult {
    /// Writes `report.pdf`, `rejections.csv`, `certificates.pem`, `report.tlog-proof`, `log.policy` and `verification.json` into
    /// `folder`.
    pub fn write(&self, folder: &Path) -> Result<[PathBuf; 6], StackError> {
        let names = [
            "report.pdf",
            "rejections.csv",
            "certificates.pem",
            "report.tlog-proof",
            "log.policy",
            "verification.json",
        ];
        let paths = names.map(|name| folder.join(name));
        let verification = serde_json::to_value(&self.verification)
            .map_err(|error| StackError::Step { step: "writing the results", why: error.to_string() })?;
        let verification = format!("{verification:#}\n");
        let contents = [
            self.pdf.as_slice(),
            self.rejections.as_slice(),
            &self.certificates,
            &self.proof,
            &self.policy,
            verification.as_bytes(),
        ];
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        for (path, bytes) in paths.iter().zip(contents) {
            // Whoever finds the last has all of them, whenever the process ended.
            state_file::replace(path, bytes).map_err(|error| unwritable(path, &error))?;
        }
        Ok(paths)
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> StackError {
    StackError::Step { step: "writing the results", why: format!("{}: {error}", path.display()) }
}
