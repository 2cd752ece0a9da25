//! The main job, once through: units upload, intake and index run, a subject asks for its report, anyone verifies it.

use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_s3::primitives::ByteStream;
use jiff::civil::Date;
use xinzheng_api::log::{LogPath, READ as LOG, REPORT_PROOF};
use xinzheng_api::report::{ISSUE, NewReport, ReportRequest};
use xinzheng_api::verification::{AskedFile, BY_CODE, BY_FILE, CodePath, Verification, VerifyQuery};
use xinzheng_domain::{Disclosure, Manifest, Purpose, ReportStatus};
use xinzheng_intake::Receipt;
use xinzheng_sample::SampleSubject;
use xinzheng_store::published_log::POLICY;
use xinzheng_tlog::{Fact, Policy, Proof};

use crate::clients::client_builder;
use crate::error::StackError;
use crate::first_day::{FirstDay, comes_late};
use crate::made_up_people;
use crate::service_client::ServiceClient;
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

/// What is sent first.
#[derive(Clone, Debug)]
pub struct FirstUploads {
    /// The files, by key.
    pub files: Vec<UploadFile>,
    /// The day that the sample is laid around; none of other files.
    day: Option<SampleDay>,
}

#[derive(Clone, Debug)]
struct SampleDay {
    date: Date,
    manifests: Vec<Manifest<'static>>,
    /// Whether people do what they do on the first day.
    with_people: bool,
}

impl FirstUploads {
    /// The sample of a day; `with_people` has them act, once for each store.
    pub fn of_day(date: Date, with_people: bool) -> Result<Self, StackError> {
        let set = xinzheng_sample::sample_set(date)
            .map_err(|error| StackError::step("making the sample files")(error.into()))?;
        let file = |file: xinzheng_sample::SampleFile| UploadFile { key: file.key.to_string(), bytes: file.bytes };
        let day = SampleDay { date, manifests: set.manifests, with_people };
        Ok(Self { files: set.files.into_iter().map(file).collect(), day: Some(day) })
    }

    /// The files in `folder`, laid out as `<unit>/<table>/<date>/<file>`.
    pub fn in_folder(folder: &Path) -> Result<Self, StackError> {
        let mut files = vec![];
        collect(folder, "uploads", &mut files)
            .map_err(|error| StackError::step("reading the files to upload")(error.into()))?;
        files.sort_by(|a: &UploadFile, b| a.key.cmp(&b.key));
        Ok(Self { files, day: None })
    }
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
    /// People do what they do on the first day.
    Acting,
    /// The report is being made.
    Reporting,
}

/// Uploads the files, has the people of the sample act, waits for intake and index, asks for a report as `subject`, downloads
/// and verifies it. Fails when any step does not do what it should.
pub async fn run(
    stack: &Stack,
    uploads: &FirstUploads,
    subject: &SampleSubject,
    mut progress: impl FnMut(Progress),
) -> Result<MainJobResult, StackError> {
    let acting = uploads.day.as_ref().filter(|day| day.with_people);
    let (late, first): (Vec<&UploadFile>, Vec<&UploadFile>) =
        uploads.files.iter().partition(|file| acting.is_some() && comes_late(&file.key));
    take_in(stack, &first, &mut progress).await?;
    if let Some(day) = acting {
        progress(Progress::Acting);
        let acted = StackError::step("what people do on the first day");
        act(stack, day, subject, (&late, &mut progress)).await.map_err(acted)?;
    } else {
        stack.run_schedules().await?;
    }
    let receipts = receipts(stack).await.map_err(StackError::step("reading the receipts"))?;
    let rejections = rejections(stack, &receipts).await.map_err(StackError::step("reading the rejections"))?;
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

/// Uploads files and waits until they are in the registry.
async fn take_in(stack: &Stack, files: &[&UploadFile], progress: &mut impl FnMut(Progress)) -> Result<(), StackError> {
    for (done, file) in files.iter().enumerate() {
        progress(Progress::Uploaded(done, files.len()));
        upload(stack, file).await.map_err(StackError::step("uploading"))?;
    }
    stack.idle(|left| progress(Progress::Waiting(left))).await;
    match stack.dead_letters().first() {
        Some(letter) => {
            Err(StackError::Step { step: "taking in the uploads", why: format!("a message failed: {letter}") })
        }
        None => Ok(()),
    }
}

/// What people do, and what is worked out of it: reports say how complete the data are.
async fn act(
    stack: &Stack,
    day: &SampleDay,
    subject: &SampleSubject,
    (late, progress): (&[&UploadFile], &mut impl FnMut(Progress)),
) -> Result<(), Anything> {
    let people = FirstDay::at(&stack.address, day.date, subject)?;
    people.declare(&day.manifests).await?;
    stack.run_schedules().await?;
    people.let_bank_ask().await?;
    take_in(stack, late, progress).await?;
    people.bring_cases().await?;
    stack.idle(|_| {}).await;
    Ok(())
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
    let service = ServiceClient::at(&stack.address)?.as_somebody(&made_up_people::subject(subject)).await?;
    let wanted =
        ReportRequest { period: None, domains: None, purpose: Purpose::Financial, disclosure: Disclosure::Full };
    // A first start that is gone on with needs a fresh address.
    let once = format!("first-report-{}", stack.now().as_nanosecond());
    let report: NewReport = service.submit(&ISSUE, &(), &wanted, (&once, None)).await?.answer;
    let download = report.opened.download.as_ref().ok_or("the report has no download address")?;
    let pdf = service.file(&download.url).await?;
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
