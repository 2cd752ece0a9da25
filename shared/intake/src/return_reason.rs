//! Why rows and whole files are returned, for those who look at many: one list of codes, each in a few words.

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as Unfit;

use crate::{FileRefusal, RejectionCode};

/// Why something was returned: a row's code (`uscc-invalid`) or a file's (`file-empty`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnReason {
    code: &'static str,
    title: &'static str,
}

impl ReturnReason {
    /// The reason with this code.
    pub fn parse(code: &str) -> Option<Self> {
        let row: Result<RejectionCode, Unfit> = RejectionCode::deserialize(code.into_deserializer());
        match row {
            Ok(row) => Some(Self { code: row.code(), title: row.title() }),
            Err(_) => {
                let (code, title) = FileRefusal::TITLES.into_iter().find(|(known, _)| *known == code)?;
                Some(Self { code, title })
            }
        }
    }

    /// The stable code.
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// In a few words.
    pub const fn title(self) -> &'static str {
        self.title
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_title() {
        let (text, none) = (String::new, Vec::new);
        let other = FileRefusal::OtherUnit { looks: text(), rows: 0, seen: 0, unit: text() };
        let refusals = [
            FileRefusal::Empty,
            FileRefusal::UnknownFormat,
            FileRefusal::DamagedWorkbook(text()),
            FileRefusal::NoList,
            FileRefusal::Macros,
            FileRefusal::WrongExtension { found: "", extension: text() },
            FileRefusal::PasswordProtected,
            FileRefusal::UnpackedTooLarge(0),
            FileRefusal::TooLarge(0),
            FileRefusal::NoHeader(None),
            FileRefusal::MissingColumns { missing: none(), sheet: None, looks: None },
            FileRefusal::NearMisses(none()),
            FileRefusal::OtherTable { looks: text(), sent: text() },
            other,
            FileRefusal::NotPermitted { unit: text(), table: text() },
        ];
        let codes = refusals.map(|refusal| refusal.code());
        assert_eq!(codes, FileRefusal::TITLES.map(|(code, _)| code));
    }

    #[test]
    fn rows_and_files_have_reasons() {
        for (code, title) in [("uscc-invalid", "统一社会信用代码有误"), ("file-empty", "空文件")] {
            let reason = ReturnReason::parse(code).unwrap();
            assert_eq!((reason.code(), reason.title()), (code, title));
        }
        assert_eq!(ReturnReason::parse("of-a-later-version"), None);
    }
}
