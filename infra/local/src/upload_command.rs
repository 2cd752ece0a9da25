//! `xinzheng upload`: every file of a folder, sent as a unit, with what became of each.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use xinzheng_api::upload::{
    Confirmation, REJECTIONS, RejectionsFormat, RejectionsQuery, UploadAnnouncement, UploadPath,
};
use xinzheng_domain::identity::citizen_id::mask_within;
use xinzheng_domain::{TableId, UnitCode, UploadId};
use xinzheng_intake::{Confirmed, Counts, ReceiptRefusal};

use crate::progress_bar::progress_bar;
use crate::service_arguments::ServiceArguments;
use crate::service_client::{ServiceClient, ServiceError, sha256};
use crate::{made_up_people, sending, sent_table, shown, state_file};

/// The largest file: it is held while it is sent.
const LARGEST: u64 = 1 << 30;

/// The folder, and who sends it.
#[derive(Debug, Args)]
pub(crate) struct UploadArguments {
    /// The folder; files of the folders in it are sent as well, hidden ones are not.
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The unit or county office that sends, such as market-supervision-140403.
    #[arg(long, value_name = "CODE", value_parser = sent_table::unit)]
    unit: UnitCode,

    /// The table that every file holds, such as penalty; else what its folder or the file itself is called.
    #[arg(long, value_name = "TABLE", value_parser = sent_table::table)]
    table: Option<TableId>,

    /// What is right although it looks otherwise: columns, origin, or both with a comma.
    #[arg(long, value_name = "WORDS", default_value = "")]
    confirmed: String,

    /// Where the rows that come back are put, a file for each that was sent.
    #[arg(long, value_name = "DIR", default_value = "rejections")]
    out: PathBuf,

    /// How long the receipts are waited for, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    patience: u64,

    /// Write one JSON document.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    service: ServiceArguments,
}

/// What became of a file.
#[derive(Debug, Serialize)]
struct SentFile {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<TableId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<UploadId>,
    #[serde(flatten)]
    fate: Fate,
}

#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
enum Fate {
    /// It is in the registry, but for the rows that came back; where those are.
    Indexed { rows: Counts, rejections: Option<PathBuf> },
    /// It came back as a whole.
    Refused { refusal: ReceiptRefusal },
    /// It is not done yet.
    Waiting,
    /// It was not sent, or was lost sight of.
    Failed { why: String },
}

#[derive(Serialize)]
struct Sent<'s> {
    unit: UnitCode,
    files: &'s [SentFile],
}

/// Sends the files, waits for their receipts and says what became of each. Exit code 0 when every row was accepted, 1 when rows or
/// a file came back or a file had no rows, 2 when a file was not sent or is not done.
pub(crate) async fn run(arguments: &UploadArguments) -> ExitCode {
    match upload(arguments).await {
        Ok(files) => {
            if arguments.json {
                let sent = Sent { unit: arguments.unit, files: &files };
                println!("{}", serde_json::json!(sent));
            } else {
                tell(&files);
            }
            ExitCode::from(files.iter().map(SentFile::grade).max().unwrap_or(2))
        }
        Err(why) => {
            eprintln!("xinzheng: {}", shown::text(&why.to_string()));
            ExitCode::from(2)
        }
    }
}

async fn upload(arguments: &UploadArguments) -> Result<Vec<SentFile>, Box<dyn std::error::Error>> {
    let mut paths = vec![];
    collect(&arguments.folder, &mut paths).map_err(|error| format!("{}: {error}", arguments.folder.display()))?;
    paths.sort();
    if paths.is_empty() {
        return Err(format!("there are no files in {}", arguments.folder.display()).into());
    }
    let service = arguments.service.connect(&made_up_people::clerk(arguments.unit)).await?;
    let bar = progress_bar(paths.len() as u64);
    bar.set_message("uploading");
    let mut files = vec![];
    for path in &paths {
        files.push(send(arguments, &service, path).await);
        bar.inc(1);
    }
    bar.set_message("taking in");
    bar.set_position(0);
    let until = Instant::now() + Duration::from_secs(arguments.patience);
    for file in &mut files {
        if let Some(id) = &file.id {
            file.fate = fate(arguments, &service, (id, &file.file), until).await.unwrap_or_else(Fate::lost);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(files)
}

/// The files of a folder and of those in it, but for what begins with a dot.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() { collect(&entry.path(), paths)? } else { paths.push(entry.path()) }
    }
    Ok(())
}

/// Announces a file and puts it where the announcement says.
async fn send(arguments: &UploadArguments, service: &ServiceClient, path: &Path) -> SentFile {
    let below = path.strip_prefix(&arguments.folder).unwrap_or(path);
    let table = arguments.table.or_else(|| sent_table::table_of(&absolute(path)));
    let mut file = SentFile { file: shown::path(below), table, id: None, fate: Fate::Waiting };
    let sent = match table {
        Some(table) => put(arguments, service, (path, table)).await,
        None => Err("看不出是哪张表：请用 --table 指明，或放入以数据表代码命名的文件夹，如 penalty".to_owned()),
    };
    match sent {
        Ok(id) => file.id = Some(id),
        Err(why) => file.fate = Fate::Failed { why },
    }
    file
}

/// The path with the names of the folders that `.` stands for.
fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

async fn put(
    arguments: &UploadArguments,
    service: &ServiceClient,
    (path, table): (&Path, TableId),
) -> Result<UploadId, String> {
    let bytes = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if bytes == 0 || bytes > LARGEST {
        return Err(format!("文件应为 1 至 {LARGEST} 字节；更大的请以单位自己的凭证直接存入"));
    }
    let content = fs::read(path).map_err(|error| error.to_string())?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let confirmed = Confirmed::parse(&arguments.confirmed);
    let said = [(confirmed.columns, Confirmation::Columns), (confirmed.origin, Confirmation::Origin)];
    let announcement = UploadAnnouncement {
        table: table.code().to_owned(),
        file: mask_within(&name).unwrap_or(name),
        bytes: content.len() as u64,
        sha256: sha256(&content),
        unit: Some(arguments.unit.to_string()),
        confirmed: said.into_iter().filter_map(|(said, word)| said.then_some(word)).collect(),
    };
    sending::send(service, &announcement, content).await.map_err(|error| error.to_string())
}

/// What becomes of a file, and of its rows that come back.
async fn fate(
    arguments: &UploadArguments,
    service: &ServiceClient,
    (id, file): (&UploadId, &str),
    until: Instant,
) -> Result<Fate, String> {
    let path = UploadPath { id: id.clone() };
    let asked = |error: ServiceError| error.to_string();
    let Some(upload) = sending::done(service, id, until).await.map_err(asked)? else { return Ok(Fate::Waiting) };
    let receipt = upload.receipt.ok_or("no receipt")?;
    if let Some(refusal) = receipt.refusal {
        return Ok(Fate::Refused { refusal });
    }
    let rows = receipt.reading.counts;
    if rows.rejected == 0 {
        return Ok(Fate::Indexed { rows, rejections: None });
    }
    let query = RejectionsQuery { format: Some(RejectionsFormat::Csv) };
    let returned = service.ask(&REJECTIONS, &path, &query).await.map_err(asked)?;
    let csv = service.file(&returned.download.url).await.map_err(asked)?;
    let kept = arguments.out.join(format!("{file}.rejections.csv"));
    let written = |error: io::Error| format!("{}: {error}", kept.display());
    fs::create_dir_all(kept.parent().unwrap_or(&arguments.out)).map_err(written)?;
    state_file::replace(&kept, &csv).map_err(written)?;
    Ok(Fate::Indexed { rows, rejections: Some(kept) })
}

impl Fate {
    fn lost(why: String) -> Self {
        Self::Failed { why }
    }
}

impl SentFile {
    /// What the process ends with for this file.
    const fn grade(&self) -> u8 {
        match &self.fate {
            Fate::Indexed { rows, .. } if rows.rejected == 0 && rows.rows > 0 => 0,
            Fate::Indexed { .. } | Fate::Refused { .. } => 1,
            Fate::Waiting | Fate::Failed { .. } => 2,
        }
    }

    fn line(&self) -> String {
        let (state, rest) = match &self.fate {
            Fate::Indexed { rows, .. } if rows.rows == 0 => ("没有数据行", "文件只有表头，没有报送任何记录".to_owned()),
            Fate::Indexed { rows, rejections } => {
                let kept = rejections.as_deref().map(|kept| format!("，见 {}", kept.display())).unwrap_or_default();
                ("已入库", format!("{} 行，接收 {}，退回 {}{kept}", rows.rows, rows.accepted, rows.rejected))
            }
            Fate::Refused { refusal } => {
                ("整份退回", format!("{}；{}（{}）", refusal.reason, refusal.hint, refusal.code))
            }
            Fate::Waiting => ("处理中", "尚无回执，可稍后在网页查看".to_owned()),
            Fate::Failed { why } => ("未报送", why.clone()),
        };
        let table = self.table.map_or("", |table| table.standard().title.as_str());
        shown::text(&format!("{state}　{}　{table}　{rest}", self.file))
    }
}

fn tell(files: &[SentFile]) {
    for file in files {
        println!("{}", file.line());
    }
    let count = |grade| files.iter().filter(|file| file.grade() == grade).count();
    let empty = files.iter().filter(|file| matches!(&file.fate, Fate::Indexed { rows, .. } if rows.rows == 0)).count();
    let none = if empty == 0 { String::new() } else { format!("{empty} 个没有数据行，") };
    println!(
        "共 {} 个文件：{} 个全部接收，{} 个有退回，{none}{} 个未完成",
        files.len(),
        count(0),
        count(1) - empty,
        count(2)
    );
}
