//! The format of an uploaded file: its content decides, and its name must not contradict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::encoding;
use crate::refusal::FileRefusal;

/// What kind of file a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Text separated by commas, semicolons or tabs.
    Csv,
    /// A list of objects.
    Json,
    /// An object in each line.
    Jsonl,
    /// Office Open XML workbook.
    Xlsx,
    /// Excel 97–2003 workbook.
    Xls,
}

impl Format {
    /// Tells the format of a file that begins with `head`; refuses what is no table, and a name that says otherwise. Of a
    /// compound file named .xlsx only its reader can tell whether it is an .xls or an encrypted .xlsx.
    pub fn detect(head: &[u8], file_name: &str) -> Result<Self, FileRefusal> {
        let extension = extension(file_name);
        let format = Self::of_content(head, &extension)?;
        if format != Self::Xls || extension != "xlsx" {
            format.check_name(file_name)?;
        }
        Ok(format)
    }

    /// Refuses a file name whose extension says another format.
    pub(crate) fn check_name(self, file_name: &str) -> Result<(), FileRefusal> {
        let extension = extension(file_name);
        let fits = match self {
            Self::Csv => matches!(extension.as_str(), "csv" | "tsv" | "txt"),
            Self::Json => extension == "json",
            Self::Jsonl => matches!(extension.as_str(), "jsonl" | "ndjson" | "json"),
            Self::Xlsx => extension == "xlsx",
            Self::Xls => extension == "xls",
        };
        match extension.as_str() {
            _ if fits => Ok(()),
            "xlsm" | "xltm" => Err(FileRefusal::Macros),
            "xlsb" | "et" => Err(FileRefusal::BinaryWorkbook),
            "ods" | "fods" => Err(FileRefusal::OpenDocument),
            _ => Err(FileRefusal::WrongExtension { found: self.title(), extension }),
        }
    }

    fn of_content(head: &[u8], extension: &str) -> Result<Self, FileRefusal> {
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return if extension == "zip" { Err(FileRefusal::UnknownFormat) } else { Ok(Self::Xlsx) };
        }
        if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            return Ok(Self::Xls);
        }
        let decoded;
        let text = if encoding::utf16_mark(head).is_some() {
            decoded = encoding::of_utf16(head);
            decoded.as_bytes()
        } else if head.iter().take(8192).any(|&b| b == 0) {
            let is_table = matches!(extension, "csv" | "tsv" | "txt" | "json" | "jsonl" | "ndjson");
            return Err(if is_table { FileRefusal::NotText } else { FileRefusal::UnknownFormat });
        } else {
            head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
        };
        let mut visible = text.iter().filter(|byte| !byte.is_ascii_whitespace());
        match visible.next() {
            None => Err(FileRefusal::Empty),
            Some(b'[') => Ok(Self::Json),
            Some(b'{') if extension == "json" && !is_lines(text) => Ok(Self::Json),
            Some(b'{') => Ok(Self::Jsonl),
            Some(b'<')
                if memchr::memmem::find(text.get(..text.len().min(4096)).unwrap_or_default(), b"opendocument")
                    .is_some() =>
            {
                Err(FileRefusal::OpenDocument)
            }
            // Pages that systems export under the name of a workbook.
            Some(b'<') => Err(FileRefusal::WebPage),
            Some(b'M' | b'm') if text.get(..13).is_some_and(|mark| mark.eq_ignore_ascii_case(b"mime-version:")) => {
                Err(FileRefusal::WebPage)
            }
            _ => Ok(Self::Csv),
        }
    }

    /// The name of the format, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Csv => "文本（CSV）",
            Self::Json => "JSON",
            Self::Jsonl => "JSONL",
            Self::Xlsx => "XLSX 电子表格",
            Self::Xls => "XLS 电子表格",
        }
    }

    /// True for formats that are read row by row without holding the file.
    pub const fn streams(self) -> bool {
        matches!(self, Self::Csv | Self::Jsonl)
    }
}

fn extension(file_name: &str) -> String {
    file_name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase()
}

/// True when the first line is an object by itself.
fn is_lines(text: &[u8]) -> bool {
    let line = text.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok() && line.len() < text.trim_ascii().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_and_name_must_agree() {
        let xls = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice();
        for (head, name, expected) in [
            (b"a,b\n".as_slice(), "a.csv", Ok(Format::Csv)),
            (b"a\tb\n", "a.TSV", Ok(Format::Csv)),
            (b"\xff\xfea\0", "a.txt", Ok(Format::Csv)),
            (b" [{}]", "a.json", Ok(Format::Json)),
            (b"{\"data\":[]}", "a.json", Ok(Format::Json)),
            (b"{}\n{}\n", "a.jsonl", Ok(Format::Jsonl)),
            (b"PK\x03\x04", "a.xlsx", Ok(Format::Xlsx)),
            (xls, "a.xls", Ok(Format::Xls)),
            (xls, "a.xlsx", Ok(Format::Xls)),
            (b"\xff\xfe[\0{\0}\0]\0", "a.json", Ok(Format::Json)),
            (b"a,b\0c,d\n", "a.csv", Err("file-format-unknown")),
            (b"PK\x03\x04", "a.xls", Err("file-extension-wrong")),
            (b"a,b\n", "a.xlsx", Err("file-extension-wrong")),
            (b"PK\x03\x04", "a.csv", Err("file-extension-wrong")),
            (b"PK\x03\x04", "a.zip", Err("file-format-unknown")),
            (b"PK\x03\x04", "a.xlsm", Err("file-has-macros")),
            (b"<html>", "a.xls", Err("file-format-unknown")),
            (b"%PDF\0", "a.pdf", Err("file-format-unknown")),
            (b"", "a.csv", Err("file-empty")),
            (b"\xef\xbb\xbf \r\n", "a.csv", Err("file-empty")),
        ] {
            assert_eq!(Format::detect(head, name).map_err(|refusal| refusal.code()), expected, "{name}");
        }
    }
}
