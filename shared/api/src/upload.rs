//! Files of source units: announced, followed, given back (R4).

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Action;
use xinzheng_domain::audit::Role::{Platform, Unit};
use xinzheng_domain::calendar_schema::Moment;
use xinzheng_domain::month::Month;
use xinzheng_domain::record::listed_doubt::ListedDoubt;
use xinzheng_domain::record::waiting_mark::WaitingMark;
use xinzheng_domain::{EffectCounts, TableId, UnitCode, UploadId};
use xinzheng_intake::{Counts, Reading, Receipt, Rejection, ReturnReason};

use crate::Cursor;
use crate::endpoint::{Endpoint, Topic, Trace};
use crate::link::{Download, UploadAddress};
use crate::log::LogStanding;
use crate::page::{Page, UnitListQuery};
use crate::parameter::{Parameter, parameters};
use crate::problem::{CONFIRMATION_UNKNOWN, FORMAT_UNKNOWN, Fault};
use crate::publication::FilePath;

/// Announces a file.
pub const ANNOUNCE: Endpoint<(), (), UploadAnnouncement, AnnouncedUpload> =
    Endpoint::post("/uploads", Topic::Uploads, "Announce a file")
.about("First of two steps: the answer has an address that takes exactly these bytes for some minutes. Then `GET /uploads/{id}` tells how far it has come")
        .callers(&[Unit])
        .creates()
        .problems(&[422])
        .traced(Trace::Nothing);

/// What would become of a file.
pub const CHECK: Endpoint<(), CheckQuery, (), CheckedFile> =
    Endpoint::take("/uploads/check", Topic::Uploads, "What would become of a file")
.about("The file in the body, sent as `application/octet-stream`, is read as an upload would be, and nothing of it is stored: counts, and the first rows that would come back. A file that is sent as text is refused (415): bytes that are no UTF-8 would be lost")
        .callers(&[Unit])
        .problems(&[413, 415, 422])
        .traced(Trace::Nothing);

/// A unit's uploads.
pub const LIST: Endpoint<(), UploadListQuery, (), Uploads> =
    Endpoint::get("/uploads", Topic::Uploads, "A unit's uploads, newest first")
        .about("Each with its state and counts; the platform names a `unit`. Of a long list that is asked for a month, a table or a reason, a page may be short or empty: it goes on while there is a `next`")
        .callers(&[Unit, Platform])
        .problems(&[422])
        .traced(Trace::Unit(Action::UploadsListed));

/// An upload.
pub const READ: Endpoint<UploadPath, (), (), Upload> =
    Endpoint::get("/uploads/{id}", Topic::Uploads, "How far an upload has come")
.about("`percent` until it is read and indexed; then the receipt: accepted, rejected and blank rows, what was read how, and what the accepted rows came to")
        .callers(&[Unit, Platform])
        .problems(&[404])
        .traced(Trace::Unit(Action::UploadRead));

/// The rejected rows.
pub const REJECTIONS: Endpoint<UploadPath, RejectionsQuery, (), RejectionsFile> =
    Endpoint::get("/uploads/{id}/rejections", Topic::Uploads, "An address of the rejected rows")
.about("Each row with column, value, code, reason and hint; as CSV, or as a workbook with the faulty cells marked that can be mended and sent back")
        .callers(&[Unit, Platform])
        .problems(&[404, 409, 422])
        .traced(Trace::Unit(Action::RejectionsDownloaded));

/// What the accepted rows came to.
pub const EFFECTS: Endpoint<UploadPath, (), (), EffectsFile> = Endpoint::get(
    "/uploads/{id}/effects",
    Topic::Uploads,
    "An address of the table of what the accepted rows came to",
)
.about("A CSV: which rows changed something, wait for their record, are another office's or were decided otherwise")
.callers(&[Unit, Platform])
.problems(&[404, 409])
.traced(Trace::Unit(Action::EffectsDownloaded));

/// Rows that wait for their record, and doubtful ones.
pub const WAITING: Endpoint<(), UnitListQuery, (), WaitingMarks> = Endpoint::get(
    "/waiting-marks",
    Topic::Uploads,
    "Repairs, withdrawals and removals of a unit whose document number matches no record yet, and rows whose subject is \
     doubtful",
)
.about("Each with the records that may be meant")
.callers(&[Unit, Platform])
.problems(&[422]).traced(Trace::Unit(Action::WaitingMarksRead));

/// An empty table.
pub const EMPTY_TABLE: Endpoint<FilePath, EmptyTableQuery, (), ()> = Endpoint::get_file(
    "/templates/{file}",
    Topic::Uploads,
    "An empty table",
)
.about(
    "A workbook with drop-downs, formats and notes, such as `penalty.xlsx`; with `unit` only what that unit may send",
)
.files(&[crate::SPREADSHEET])
.problems(&[404, 422]);

parameters! {
    /// Which uploads.
    pub struct UploadListQuery {
        /// `next` of the page before.
        pub cursor: Option<Cursor>,
        /// Whose; the platform has to say.
        pub unit: Option<UnitCode>,
        /// Those of this table.
        pub table: Option<TableId>,
        /// Those that were taken in within this month.
        pub month: Option<Month>,
        /// Those of which something was returned for this reason: a row's code, or the whole file's.
        #[schemars(with = "Option<String>")]
        pub reason: Option<ReturnReason>,
    }

    /// Which upload.
    pub struct UploadPath {
        /// Its id.
        pub id: UploadId,
    }

    /// What a file is.
    pub struct CheckQuery {
        /// The table that it holds.
        pub table: TableId,
        /// Its name, with its extension.
        pub file: String,
        /// What the clerk says of it although it looks otherwise: `columns`, `origin`.
        pub confirmed: Vec<Confirmation>,
    }

    /// For whom an empty table is.
    pub struct EmptyTableQuery {
        /// Its lists and domains are those of this unit.
        pub unit: Option<UnitCode>,
    }

    /// In which form.
    pub struct RejectionsQuery {
        /// CSV when it is left out.
        pub format: Option<RejectionsFormat>,
    }
}

/// In which form rejected rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum RejectionsFormat {
    /// A line for each fault.
    Csv,
    /// The rows, with the faulty cells marked.
    Xlsx,
}

impl Parameter for RejectionsFormat {
    const UNREADABLE: Fault = Fault { hint: Some("format 可选 csv、xlsx"), ..FORMAT_UNKNOWN };

    fn read(text: &str) -> Option<Self> {
        match text {
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }

    fn write(&self) -> String {
        match self {
            Self::Csv => "csv".to_owned(),
            Self::Xlsx => "xlsx".to_owned(),
        }
    }
}

/// The file that a unit is about to send.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadAnnouncement {
    /// The table that it holds.
    pub table: String,
    /// Its name, with its extension.
    #[schemars(length(min = 1, max = 200))]
    pub file: String,
    /// Its size.
    #[schemars(range(min = 1))]
    pub bytes: u64,
    /// Its SHA-256, hexadecimal: the address takes these bytes and no others.
    #[schemars(regex(pattern = "^[0-9A-Fa-f]{64}$"))]
    pub sha256: String,
    /// The county office that it is from, when its municipal unit sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What the clerk says of the file although it looks otherwise.
    #[serde(default)]
    pub confirmed: Vec<Confirmation>,
}

/// What a clerk may say of a file that was refused because it looks otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Confirmation {
    /// Columns whose names are nearly those of the table are others.
    Columns,
    /// Unit and table are right.
    Origin,
}

impl Parameter for Confirmation {
    const UNREADABLE: Fault = CONFIRMATION_UNKNOWN;

    fn read(text: &str) -> Option<Self> {
        match text {
            "columns" => Some(Self::Columns),
            "origin" => Some(Self::Origin),
            _ => None,
        }
    }

    fn write(&self) -> String {
        match self {
            Self::Columns => "columns".to_owned(),
            Self::Origin => "origin".to_owned(),
        }
    }
}

/// An upload that may be sent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AnnouncedUpload {
    /// By which it is followed.
    pub id: UploadId,
    /// The object's key.
    pub key: String,
    /// How to send it.
    pub upload: UploadAddress,
}

/// A page of a unit's uploads.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Uploads {
    /// Whose.
    pub unit: UnitCode,
    /// The uploads.
    #[serde(flatten)]
    pub page: Page<Upload>,
}

/// How far an upload has come.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// The object's key.
    pub key: String,
    /// Whose it is; null of a key that names no unit.
    pub unit: Option<UnitCode>,
    /// The table that it holds.
    pub table: Option<TableId>,
    /// Its name.
    pub file: Option<String>,
    /// When it was announced or came.
    #[schemars(with = "Moment")]
    pub listed_at: Timestamp,
    /// Where it stands.
    pub state: UploadState,
    /// From 0 to 100: reading is the first half, indexing the second.
    #[schemars(range(max = 100))]
    pub progress_percent: u8,
    /// Rows that were refused because they are about another unit's records: `conflict` of `effects`.
    pub conflicts: u64,
    /// How many accepted rows came to what, of those that are indexed.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub effects: EffectCounts,
    /// How many rows became what, once it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// How often what was found wrong, by the code of the reason: faults of rows, and 1 for the whole file; empty before it was
    /// read.
    #[serde(default)]
    pub returned_for: BTreeMap<String, u64>,
    /// The receipt, once it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    /// What the platform states of having taken it in, once it was read: the SHA-256 of this text stands in the public log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// Whether the public log has that, once it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogStanding>,
}

/// Where an upload stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UploadState {
    /// The file has not arrived yet.
    Announced,
    /// It is being read.
    Processing,
    /// It was refused as a whole; the receipt says why.
    Refused,
    /// It is read and being indexed.
    Indexing,
    /// Every accepted row is in the registry, or was told why not.
    Indexed,
}

/// The rejected rows of an upload.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RejectionsFile {
    /// How many.
    pub rows: u64,
    /// Where they are.
    pub download: Download,
}

/// What the accepted rows of an upload came to.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EffectsFile {
    /// How many came to what.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub counts: EffectCounts,
    /// Where the table is.
    pub download: Download,
}

/// What would become of a file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CheckedFile {
    /// It would be read.
    Read {
        /// What was found.
        reading: Reading,
        /// The first faults.
        rejections: Vec<Rejection>,
        /// How many more there are.
        rejections_not_shown: usize,
    },
    /// It would be refused.
    Refused {
        /// Why.
        refusal: RefusedFile,
    },
}

/// Why a file is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedFile {
    /// The stable code for programs.
    pub code: String,
    /// What is wrong.
    pub reason: String,
    /// How to mend it.
    pub hint: String,
    /// The table that the file looks like instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_like: Option<TableId>,
}

/// A page of marks that wait for their records; the first page has the doubtful rows too.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WaitingMarks {
    /// Whose.
    pub unit: UnitCode,
    /// The marks.
    #[serde(flatten)]
    pub page: Page<WaitingMark>,
    /// Rows that two units should look at together.
    pub doubts: Vec<ListedDoubt>,
}
