//! The tables of the sharing standard: columns, aliases, rules and code lists, as data (`data/tables.json`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Field, RecordKind};

/// A table that units send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TableId {
    /// 行政处罚.
    Penalty,
    /// 行政强制.
    Coercion,
    /// 严重失信主体名单.
    SeriousDishonesty,
    /// 经营异常名录.
    AbnormalOperation,
    /// 刑事裁判.
    Judgment,
    /// 主体登记信息.
    Subject,
    /// 信用修复.
    Repair,
    /// 撤销.
    Withdrawal,
    /// 移出名单.
    Removal,
    /// 对账单.
    Manifest,
    /// 取消: takes a repair, withdrawal or removal back.
    Cancellation,
}

impl TableId {
    /// Every table.
    pub const ALL: [Self; 11] = [
        Self::Penalty,
        Self::Coercion,
        Self::SeriousDishonesty,
        Self::AbnormalOperation,
        Self::Judgment,
        Self::Subject,
        Self::Repair,
        Self::Withdrawal,
        Self::Removal,
        Self::Manifest,
        Self::Cancellation,
    ];

    /// The code used in upload keys, such as `serious-dishonesty`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Penalty => "penalty",
            Self::Coercion => "coercion",
            Self::SeriousDishonesty => "serious-dishonesty",
            Self::AbnormalOperation => "abnormal-operation",
            Self::Judgment => "judgment",
            Self::Subject => "subject",
            Self::Repair => "repair",
            Self::Withdrawal => "withdrawal",
            Self::Removal => "removal",
            Self::Manifest => "manifest",
            Self::Cancellation => "cancellation",
        }
    }

    /// The table with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.code() == code)
    }

    /// The kind of the records in the table; `None` for the register and for changes to records.
    pub const fn record_kind(self) -> Option<RecordKind> {
        match self {
            Self::Penalty => Some(RecordKind::Penalty),
            Self::Coercion => Some(RecordKind::Coercion),
            Self::SeriousDishonesty => Some(RecordKind::SeriousDishonesty),
            Self::AbnormalOperation => Some(RecordKind::AbnormalOperation),
            Self::Judgment => Some(RecordKind::Judgment),
            Self::Subject | Self::Repair | Self::Withdrawal | Self::Removal | Self::Manifest | Self::Cancellation => {
                None
            }
        }
    }

    /// The table's columns and rules.
    pub fn standard(self) -> &'static Table {
        #[expect(
            clippy::expect_used,
            reason = "part of the program, which was read only as it has every table in order"
        )]
        SharingStandard::get().tables.get(self as usize).expect("the standard has every table")
    }
}

impl fmt::Display for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A table of the sharing standard.
#[derive(Debug, Deserialize)]
pub struct Table {
    /// Which table it is.
    pub table: TableId,
    /// Its name, such as 行政处罚.
    pub title: String,
    /// Its columns, in the order of the standard.
    pub columns: Vec<Column>,
    /// The column of each field; filled when the standard is read.
    #[serde(skip)]
    places: Vec<Option<usize>>,
}

impl Table {
    /// The index of the column that holds `field`.
    pub fn index_of(&self, field: Field) -> Option<usize> {
        self.places.get(field as usize).copied().flatten()
    }

    fn place_columns(&mut self) {
        self.places = vec![None; Field::COUNT];
        for (index, column) in self.columns.iter().enumerate() {
            if let Some(place) = self.places.get_mut(column.field as usize) {
                place.get_or_insert(index);
            }
        }
    }
}

/// A column of a table.
#[derive(Debug, Deserialize)]
pub struct Column {
    /// The field that it fills.
    pub field: Field,
    /// The header in the standard.
    pub header: String,
    /// Other headers that units use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What its cells hold.
    #[serde(default, rename = "type")]
    pub value: ValueType,
    /// When a cell must be filled.
    #[serde(default)]
    pub required: Requirement,
    /// The most characters that a text may have.
    #[serde(default = "longest_text")]
    pub max: usize,
    /// The code list that its cells are taken from.
    #[serde(default)]
    pub codes: Option<String>,
}

const fn longest_text() -> usize {
    5000
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueType {
    /// Text.
    #[default]
    Text,
    /// A unified social credit code.
    Uscc,
    /// The number of an identity document.
    IdNumber,
    /// A calendar date.
    Date,
    /// An amount in 万元.
    Amount,
    /// One entry of a code list.
    Code,
    /// Entries of a code list joined by 、.
    Codes,
    /// 是 or 否.
    Flag,
    /// A domain that the unit covers.
    Domain,
    /// A six-digit division code.
    Division,
    /// A document number.
    Document,
    /// A named list of the unit's directory row.
    List,
    /// A whole number from 0.
    Count,
    /// Document numbers joined by 、 or line breaks.
    Documents,
}

/// When a cell must be filled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// M in the standard.
    #[default]
    Always,
    /// May be empty.
    Optional,
    /// C: when the field is one of these.
    IfIs(Field, Vec<String>),
    /// C: unless the field is one of these.
    UnlessIs(Field, Vec<String>),
    /// C: when the field's list of codes has one of these.
    IfHas(Field, Vec<String>),
    /// C: when the field is filled.
    IfPresent(Field),
    /// C: when the unit covers several domains.
    IfSeveralDomains,
    /// M where the file has the column; without it the value is told from the identity columns that are filled.
    UnlessTold,
}

impl Requirement {
    /// True when every row has to have a value in the column, where the file has it.
    pub const fn is_mandatory(&self) -> bool {
        matches!(self, Self::Always | Self::UnlessTold)
    }
}

/// What is wrong with `tables.json`.
#[derive(Debug, Error)]
pub enum SharingStandardError {
    /// Not the JSON that it should be.
    #[error("tables do not parse: {0}")]
    Json(#[from] serde_json::Error),
    /// Something named that is not there, or named twice.
    #[error("table {table}: {what}")]
    Table {
        /// The table.
        table: String,
        /// What is wrong.
        what: String,
    },
}

/// All tables and code lists.
#[derive(Debug)]
pub struct SharingStandard {
    tables: Vec<Table>,
    codes: BTreeMap<String, Vec<String>>,
    wordings: BTreeMap<String, BTreeMap<String, String>>,
    not_collected: BTreeSet<String>,
}

#[derive(Deserialize)]
struct StandardFile {
    codes: BTreeMap<String, Vec<String>>,
    wordings: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(rename = "not-collected")]
    not_collected: BTreeSet<String>,
    tables: Vec<Table>,
}

static STANDARD: LazyLock<SharingStandard> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "part of the program: a table without columns would refuse every file")]
    SharingStandard::parse(include_str!("../../data/tables.json")).expect("the tables of the program are whole")
});

impl SharingStandard {
    /// The standard included in the program.
    pub fn get() -> &'static Self {
        &STANDARD
    }

    /// True when a header of national and local exports is known not to be collected: nothing is lost with its column.
    pub fn passes_over(&self, header: &str) -> bool {
        self.not_collected.contains(header)
    }

    /// Reads the standard and proves that it is whole: every table once and in order, no header or alias twice in a
    /// table, every condition and code list there.
    pub fn parse(json: &str) -> Result<Self, SharingStandardError> {
        let mut file: StandardFile = serde_json::from_str(json)?;
        file.tables.iter_mut().for_each(Table::place_columns);
        let order: Vec<TableId> = file.tables.iter().map(|table| table.table).collect();
        if order != TableId::ALL {
            let what = "tables missing or out of order".to_owned();
            return Err(SharingStandardError::Table { table: "all".to_owned(), what });
        }
        for table in &file.tables {
            let wrong = |what: String| SharingStandardError::Table { table: table.title.clone(), what };
            let mut headers = BTreeSet::new();
            for column in &table.columns {
                for header in std::iter::once(&column.header).chain(&column.aliases) {
                    if !headers.insert(header) {
                        return Err(wrong(format!("header {header} stands twice")));
                    }
                }
                match &column.required {
                    Requirement::IfIs(field, _)
                    | Requirement::UnlessIs(field, _)
                    | Requirement::IfHas(field, _)
                    | Requirement::IfPresent(field)
                        if table.index_of(*field).is_none() =>
                    {
                        return Err(wrong(format!("{} depends on unknown {field:?}", column.header)));
                    }
                    _ => {}
                }
                let listed = matches!(column.value, ValueType::Code | ValueType::Codes);
                let known = column.codes.as_ref().is_some_and(|codes| file.codes.contains_key(codes));
                if listed != known {
                    return Err(wrong(format!("{} has no code list", column.header)));
                }
            }
        }
        for (list, wordings) in &file.wordings {
            let known = file.codes.get(list).map_or(&[][..], Vec::as_slice);
            if let Some((wording, _)) = wordings.iter().find(|(_, code)| !known.contains(code)) {
                let what = format!("{wording} stands for no code");
                return Err(SharingStandardError::Table { table: list.clone(), what });
            }
        }
        let StandardFile { codes, wordings, not_collected, tables } = file;
        Ok(Self { tables, codes, wordings, not_collected })
    }

    /// The entry of a code list that a unit's other wording for it means, such as 在营 for 存续.
    pub fn wording(&self, list: &str, text: &str) -> Option<&str> {
        self.wordings.get(list)?.get(text).map(String::as_str)
    }

    /// The entries of a code list; empty when there is none of this name.
    pub fn codes(&self, list: &str) -> &[String] {
        self.codes.get(list).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::subject::{RegisterType, RegistrationStatus, SubjectType};

    #[test]
    fn the_standard_is_whole() {
        SharingStandard::parse(include_str!("../../data/tables.json")).unwrap();
        for table in TableId::ALL {
            assert_eq!(table.standard().table, table);
            assert_eq!(TableId::parse(table.code()), Some(table));
            assert!(!table.standard().columns.is_empty(), "{table}");
        }
    }

    #[test]
    fn code_lists_and_types_agree() {
        let codes = |list| SharingStandard::get().codes(list).to_vec();
        assert_eq!(codes("subject-type"), SubjectType::ALL.map(SubjectType::title));
        assert_eq!(codes("register-type"), RegisterType::ALL.map(RegisterType::title));
        assert_eq!(codes("registration-status"), RegistrationStatus::ALL.map(RegistrationStatus::title));
        assert_eq!(codes("record-kind"), RecordKind::ALL.map(RecordKind::title));
        assert!(codes("listing-kind").iter().all(|kind| codes("record-kind").contains(kind)));
    }
}
