//! The receipt of an upload: what was read, taken, rejected and normalised.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::identity::citizen_id::mask_within;
use xinzheng_domain::record::effect::ReceiptEffects;
use xinzheng_domain::{TableId, UnitCode};

use crate::encoding::TextEncoding;
use crate::format::Format;
use crate::header::Header;
use crate::normalisation::Normalisation;
use crate::sender::Confirmed;

/// How many rows came to what. `accepted + rejected + blank` is `rows`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RowCounts")]
pub struct Counts {
    /// Rows below the header.
    pub rows: u64,
    /// Rows that became entries.
    pub accepted: u64,
    /// Rows with at least one fault.
    pub rejected: u64,
    /// Rows without any visible cell, and notes such as 填报人 below the data.
    pub blank: u64,
}

/// A normalisation made in a column, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptNormalisation {
    /// The column's header in the standard.
    pub column: String,
    /// What was done.
    pub normalisation: Normalisation,
    /// In how many cells.
    pub cells: u64,
}

/// What reading a file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// What kind of file it is; left out when that could not be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// How its text is encoded; left out of workbooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<TextEncoding>,
    /// The worksheets that were read, of workbooks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// The row of the header, in the first worksheet read; 0 for JSON, whose keys are the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u64>,
    /// Headers that the standard does not know; their cells were not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_columns: Vec<String>,
    /// The headers read, in the order in which they stand: one for each table, worksheet, or repeated header that differs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<ReceiptHeader>,
    /// What the sender should know although it is no fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// What the clerk said of the file although it looks otherwise.
    #[serde(default, skip_serializing_if = "Confirmed::is_empty")]
    pub confirmed: Confirmed,
    /// How many rows there are, and what became of them.
    pub counts: Counts,
    /// What was read otherwise than it is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub normalisations: Vec<ReceiptNormalisation>,
    /// Faults of rejected rows, by their code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub faults: BTreeMap<String, u64>,
}

/// A header that rows stand under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptHeader {
    /// The worksheet, for workbooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The row in which it stands; the lower one of two. 0 for JSON.
    pub row: u64,
    /// Its cells as the file writes them.
    pub cells: Vec<String>,
}

/// The most rows that a notice names.
pub(crate) const NOTICED: usize = 20;

/// A row that a notice names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoticedRow {
    /// The worksheet, when several are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The row in it, or in the file.
    pub row: u64,
}

impl NoticedRow {
    fn text(&self) -> String {
        match &self.sheet {
            Some(sheet) => format!("{sheet}!{}", self.row),
            None => self.row.to_string(),
        }
    }
}

/// What the sender should know although it is no fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Notice {
    /// Rows that the worksheet hides were read all the same.
    HiddenRowsRead {
        /// The worksheet.
        sheet: String,
        /// How many rows.
        rows: u64,
    },
    /// A worksheet was not read: hidden, or without a header of the table.
    SheetUnread {
        /// The worksheet.
        sheet: String,
        /// True when it is hidden; else it has no header of the table.
        hidden: bool,
    },
    /// A list of a JSON file was not read, because its objects have no keys of the table.
    ListUnread {
        /// The key under which it stands.
        key: String,
        /// How many objects it has.
        rows: u64,
    },
    /// A header stood again below the first.
    HeaderAgain {
        /// The worksheet, for workbooks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sheet: Option<String>,
        /// How often.
        times: u64,
    },
    /// The decision's text names sums, and none of them is the fine; the rows were taken as they stand.
    AmountUnlikeText {
        /// The first of them, at most [`NOTICED`].
        rows: Vec<NoticedRow>,
        /// How many there are.
        times: u64,
    },
    /// Columns that are nearly those of the table were left out, as the clerk said.
    NearlyKnownLeftOut {
        /// Their headers.
        columns: Vec<String>,
    },
}

impl Notice {
    /// What it says, for people.
    pub fn text(&self) -> String {
        match self {
            Self::HiddenRowsRead { sheet, rows } => format!("工作表“{sheet}”有{rows}行被隐藏，也已读取"),
            Self::SheetUnread { sheet, hidden: true } => format!("工作表“{sheet}”是隐藏的，没有读取"),
            Self::SheetUnread { sheet, hidden: false } => format!("工作表“{sheet}”没有该数据表的表头，没有读取"),
            Self::ListUnread { key, rows } => format!("“{key}”中的{rows}个对象没有该数据表的列名，没有读取"),
            Self::HeaderAgain { sheet: None, times } => format!("数据中又出现表头{times}次，其下各行按该表头读取"),
            Self::HeaderAgain { sheet: Some(sheet), times } => {
                format!("工作表“{sheet}”的数据中又出现表头{times}次，其下各行按该表头读取")
            }
            Self::AmountUnlikeText { rows, times } => {
                let named: Vec<String> = rows.iter().map(NoticedRow::text).collect();
                let more = if *times > rows.len() as u64 { "等" } else { "" };
                format!(
                    "{times}行的罚款金额与处罚内容所写的金额都不相同，已按罚款金额接收，请核对第{}{more}行",
                    named.join("、")
                )
            }
            Self::NearlyKnownLeftOut { columns } => {
                format!("按上传时的声明，没有读取以下列：{}", columns.join("、"))
            }
        }
    }
}

/// A name out of the file, without identity numbers.
pub(crate) fn without_numbers(name: String) -> String {
    mask_within(&name).unwrap_or(name)
}

impl Reading {
    /// What is known of a file before its header.
    pub(crate) fn begun(format: Format, encoding: Option<TextEncoding>, confirmed: Confirmed) -> Self {
        Self { format: Some(format), encoding, confirmed, ..Self::default() }
    }

    /// Notes a notice; equal ones of several parts are counted together.
    pub(crate) fn notice(&mut self, notice: Notice) {
        for known in &mut self.notices {
            match (known, &notice) {
                (Notice::HeaderAgain { sheet, times }, Notice::HeaderAgain { sheet: same, times: more })
                    if sheet == same =>
                {
                    *times += more;
                    return;
                }
                (Notice::AmountUnlikeText { rows, times }, Notice::AmountUnlikeText { rows: further, times: more }) => {
                    *times += more;
                    let room = NOTICED.saturating_sub(rows.len());
                    rows.extend(further.iter().take(room).cloned());
                    return;
                }
                (known, notice) if known == notice => return,
                _ => {}
            }
        }
        self.notices.push(notice);
    }

    /// The same with the header of a table, in a worksheet when it has one.
    pub(crate) fn with_header(mut self, sheet: Option<&str>, header: &Header) -> Self {
        self.header_row.get_or_insert(header.row);
        self.sheets.extend(sheet.map(str::to_owned));
        self.add_header(sheet, header);
        for unknown in header.unknown.iter().cloned().map(without_numbers) {
            if !self.unknown_columns.contains(&unknown) {
                self.unknown_columns.push(unknown);
            }
        }
        self
    }

    /// Notes a header that rows stand under.
    pub(crate) fn add_header(&mut self, sheet: Option<&str>, header: &Header) {
        let cells = header.cells.iter().cloned().map(without_numbers).collect();
        let sheet = sheet.map(str::to_owned);
        self.headers.push(ReceiptHeader { sheet, row: header.row, cells });
    }

    /// Adds what reading another part of the same file came to.
    pub fn add(&mut self, part: &Self) {
        for header in &part.headers {
            if !self.headers.contains(header) {
                self.headers.push(header.clone());
            }
        }
        part.notices.iter().for_each(|notice| self.notice(notice.clone()));
        self.counts.rows += part.counts.rows;
        self.counts.accepted += part.counts.accepted;
        self.counts.rejected += part.counts.rejected;
        self.counts.blank += part.counts.blank;
        for (code, times) in &part.faults {
            *self.faults.entry(code.clone()).or_default() += times;
        }
        for note in &part.normalisations {
            let same = |known: &&mut ReceiptNormalisation| {
                known.column == note.column && known.normalisation == note.normalisation
            };
            match self.normalisations.iter_mut().find(same) {
                Some(known) => known.cells += note.cells,
                None => self.normalisations.push(note.clone()),
            }
        }
    }
}

/// What a unit gets back for an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// The batch's id: of this file as it was stored.
    pub batch: String,
    /// The key of the uploaded file.
    pub key: String,
    /// The unit; left out when the key does not name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// The table; left out when the key does not name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableId>,
    /// When the file reached the object store.
    #[schemars(with = "xinzheng_domain::calendar_schema::Moment")]
    pub stored_at: Timestamp,
    /// When intake was done with it.
    #[schemars(with = "xinzheng_domain::calendar_schema::Moment")]
    pub processed_at: Timestamp,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, hexadecimal; left out of a file that was not read: it was gone, or too large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The code of the refusal of the whole file, if it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<ReceiptRefusal>,
    #[serde(flatten)]
    pub reading: Reading,
    /// In how many pieces its accepted rows were handed on to be indexed.
    pub chunks: u32,
    /// For each part of the file, how many objects of rejected rows there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected_objects: Vec<u32>,
    /// The key of the rejections file, when there are rejections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejections: Option<String>,
    /// What the accepted rows came to in the registry; left out before all of them are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effects: Option<ReceiptEffects>,
}

/// Why a whole file was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReceiptRefusal {
    /// For programs.
    pub code: String,
    /// For people.
    pub reason: String,
    /// How to mend it.
    pub hint: String,
    /// The table that the file looks like instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_like: Option<TableId>,
}
