//! What is told of entries.

use std::io::{self, Write};

use serde::Serialize;
use xinzheng_tlog::Fact;

use super::EntryFormat;

const COLUMNS: [&str; 6] = ["序号", "时间", "事实", "名称", "对象", "内容"];

pub(crate) struct Told<W: Write> {
    to: W,
    format: EntryFormat,
}

#[derive(Serialize)]
struct Line<'f> {
    index: u64,
    #[serde(flatten)]
    fact: &'f Fact,
}

#[derive(Serialize)]
struct Fault<'f> {
    index: u64,
    fault: &'f str,
}

/// Whether a fact changes what was said before.
pub(crate) const fn is_change(fact: &Fact) -> bool {
    match fact {
        Fact::ReportWithdrawn { .. }
        | Fact::TemplateActivated { .. }
        | Fact::KeyAnnounced { .. }
        | Fact::KeyRetired { .. } => true,
        Fact::ReportIssued { .. }
        | Fact::FileAdded { .. }
        | Fact::UploadReceived { .. }
        | Fact::ManifestDeclared { .. } => false,
    }
}

impl<W: Write> Told<W> {
    pub(crate) fn begin(mut to: W, format: EntryFormat) -> io::Result<Self> {
        if format == EntryFormat::Csv {
            to.write_all(b"\xef\xbb\xbf")?;
        }
        let mut told = Self { to, format };
        if format == EntryFormat::Csv {
            told.row(&COLUMNS.map(str::to_owned))?;
        }
        Ok(told)
    }

    pub(crate) fn entry(&mut self, index: u64, fact: &Fact) -> io::Result<()> {
        match self.format {
            EntryFormat::Json => self.line(&Line { index, fact }),
            EntryFormat::Csv => {
                let text = serde_json::to_string(fact)?;
                let cells = [index.to_string(), fact.at().to_string(), fact.code().to_owned()];
                let [index, at, code] = cells;
                self.row(&[index, at, code, fact.title().to_owned(), about(fact), text])
            }
        }
    }

    pub(crate) fn fault(&mut self, index: u64, fault: &str) -> io::Result<()> {
        match self.format {
            EntryFormat::Json => self.line(&Fault { index, fault }),
            EntryFormat::Csv => {
                let cells = [index.to_string(), String::new(), "fault".to_owned(), "不是规定的事实".to_owned()];
                let [index, at, code, title] = cells;
                self.row(&[index, at, code, title, String::new(), fault.to_owned()])
            }
        }
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.to, line)?;
        self.to.write_all(b"\n")
    }

    fn row(&mut self, cells: &[String; 6]) -> io::Result<()> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut self.to);
        writer.write_record(cells.iter().map(|cell| crate::output::inert(cell)))?;
        writer.flush()
    }
}

/// What a fact is about: a report, a unit, a version, a key.
fn about(fact: &Fact) -> String {
    match fact {
        Fact::ReportIssued { number, .. } | Fact::FileAdded { number, .. } | Fact::ReportWithdrawn { number, .. } => {
            number.clone()
        }
        Fact::UploadReceived { unit, .. } => unit.clone().unwrap_or_default(),
        Fact::ManifestDeclared { unit, .. } => unit.clone(),
        Fact::TemplateActivated { version, .. } => version.clone(),
        Fact::KeyAnnounced { key, .. } | Fact::KeyRetired { key, .. } => key.clone(),
    }
}
