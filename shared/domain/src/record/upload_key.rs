//! The keys under which units upload: `uploads/<unit>/<table>/<date>/<file>`.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use thiserror::Error;

use crate::identity::citizen_id::mask_within;
use crate::{TableId, UnitCode};

/// The key of an uploaded file, with what it says: who sends which table, of which day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UploadKey {
    /// The unit in whose folder the file lies.
    pub unit: UnitCode,
    /// The table that the file holds.
    pub table: TableId,
    /// The day that the unit filed it under.
    pub date: Date,
    /// The file's own name.
    pub file: String,
}

/// Why a key is no upload key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UploadKeyError {
    /// Not of the shape `uploads/<unit>/<table>/<date>/<file>`.
    #[error("上传路径应为 uploads/<单位>/<数据表>/<日期>/<文件名>")]
    Shape,
    /// No unit has this code.
    #[error("上传路径中的单位代码“{0}”不存在")]
    Unit(String),
    /// No table has this code.
    #[error("上传路径中的数据表“{0}”不存在")]
    Table(String),
    /// Not a date like 2025-07-01.
    #[error("上传路径中的日期“{0}”应写作 2025-07-01")]
    Date(String),
}

impl UploadKeyError {
    /// The stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Shape => "key-shape",
            Self::Unit(_) => "key-unit-unknown",
            Self::Table(_) => "key-table-unknown",
            Self::Date(_) => "key-date-unreadable",
        }
    }
}

impl UploadKey {
    /// Parses a key. The file's name may hold anything but a slash.
    pub fn parse(key: &str) -> Result<Self, UploadKeyError> {
        let mut parts = key.split('/');
        let (Some("uploads"), Some(unit), Some(table), Some(date), Some(file), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(UploadKeyError::Shape);
        };
        if file.is_empty() {
            return Err(UploadKeyError::Shape);
        }
        Ok(Self {
            unit: UnitCode::parse(unit).ok_or_else(|| UploadKeyError::Unit(unit.to_owned()))?,
            table: TableId::parse(table).ok_or_else(|| UploadKeyError::Table(table.to_owned()))?,
            date: date.parse().map_err(|_| UploadKeyError::Date(date.to_owned()))?,
            file: file.to_owned(),
        })
    }
}

/// A key as it is kept, shown and logged: a unit that names its files after people may have an identity number in it.
pub fn shown_key(key: &str) -> Cow<'_, str> {
    mask_within(key).map_or(Cow::Borrowed(key), Cow::Owned)
}

impl UploadKey {
    /// What files of one name have in common, however they were announced.
    pub fn sent_name(&self) -> String {
        format!("{}/{}/{}/{}", self.unit, self.table, self.date, announced_name(&self.file))
    }
}

/// A file's name without what the platform puts in front of it when it is announced: eight digits of its digest, and what
/// its clerk said of it.
pub fn announced_name(file: &str) -> &str {
    let digits = |text: &str| text.len() == 8 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let Some((_, rest)) = file.split_once('-').filter(|(digest, _)| digits(digest)) else { return file };
    let rest = rest.strip_prefix("columns-").unwrap_or(rest);
    rest.strip_prefix("origin-").unwrap_or(rest)
}

impl fmt::Display for UploadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "uploads/{}/{}/{}/{}", self.unit, self.table, self.date, self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_who_sends_what() {
        let text = "uploads/market-supervision-140403/penalty/2025-07-01/七月 处罚.xlsx";
        let key = UploadKey::parse(text).unwrap();
        assert_eq!(key.table, TableId::Penalty);
        assert_eq!(key.to_string(), text);
        for (text, code) in [
            ("uploads/tax/penalty/2025-07-01", "key-shape"),
            ("uploads/tax/penalty/2025-07-01/", "key-shape"),
            ("uploads/tax/penalty/2025-07-01/a/b", "key-shape"),
            ("other/tax/penalty/2025-07-01/a", "key-shape"),
            ("uploads/taxes/penalty/2025-07-01/a", "key-unit-unknown"),
            ("uploads/tax/penalties/2025-07-01/a", "key-table-unknown"),
            ("uploads/tax/penalty/7月1日/a", "key-date-unreadable"),
        ] {
            assert_eq!(UploadKey::parse(text).map_err(|e| e.code()), Err(code), "{text}");
        }
    }

    #[test]
    fn files_of_one_name_are_known_however_they_were_announced() {
        let name = |file: &str| {
            UploadKey::parse(&format!("uploads/tax/penalty/2025-07-01/{file}")).map(|key| key.sent_name()).unwrap()
        };
        for file in ["六月.csv", "0a1b2c3d-六月.csv", "ffffffff-columns-六月.csv", "ffffffff-columns-origin-六月.csv"]
        {
            assert_eq!(name(file), "tax/penalty/2025-07-01/六月.csv");
        }
        assert_ne!(name("七月.csv"), name("六月.csv"));
    }
}
