//! The format of an uploaded file, by its content; the name only decides between kinds of text.

use serde::{Deserialize, Serialize};

use crate::refusal::FileRefusal;

/// A format that intake reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Text separated by commas, semicolons or tabs.
    Csv,
    /// Office Open XML workbook.
    Xlsx,
    /// Excel 97–2003 workbook.
    Xls,
}

impl Format {
    /// Tells the format of these bytes; refuses what is no table.
    pub fn detect(bytes: &[u8], file_name: &str) -> Result<Self, FileRefusal> {
        let extension = file_name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(FileRefusal::Empty);
        }
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
            return if extension == "zip" { Err(FileRefusal::UnknownFormat) } else { Ok(Self::Xlsx) };
        }
        if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            // An encrypted .xlsx is a compound file too; the workbook reader tells.
            return Ok(Self::Xls);
        }
        let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
        if !utf16 && bytes.iter().take(8192).any(|&b| b == 0) {
            return Err(FileRefusal::UnknownFormat);
        }
        match extension.as_str() {
            "csv" | "tsv" | "txt" => Ok(Self::Csv),
            "xlsx" | "xlsm" | "xls" => Err(FileRefusal::DamagedWorkbook("文件内容不是电子表格".to_owned())),
            _ => Err(FileRefusal::UnknownFormat),
        }
    }
}
