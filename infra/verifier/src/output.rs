//! What is written: a table for people, JSON lines, CSV.

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::arguments::{Arguments, Format};
use crate::document::Document;
use crate::finding::Finding;
use crate::logged::Logged;

const COLUMNS: [&str; 14] = [
    "文件",
    "结论",
    "结论代码",
    "说明",
    "报告编号",
    "页数",
    "签署者",
    "签署者证书 SHA-256",
    "时间戳",
    "证书状态",
    "PAdES 级别",
    "文件 SHA-256",
    "平台状态",
    "公开日志",
];

pub(crate) struct Output<W: Write>(Written<W>);

enum Written<W: Write> {
    Table(W),
    Lines(W),
    Csv(W),
    Document(Document<W>),
}

impl<W: Write> Output<W> {
    pub(crate) fn begin(mut to: W, arguments: &Arguments) -> io::Result<Self> {
        Ok(Self(match arguments.format {
            _ if arguments.json => Written::Document(Document::begin(to, "files")?),
            Format::Table => Written::Table(to),
            Format::Json => Written::Lines(to),
            Format::Csv => {
                to.write_all(b"\xef\xbb\xbf")?;
                row(&mut to, &COLUMNS.map(str::to_owned))?;
                Written::Csv(to)
            }
        }))
    }

    pub(crate) fn write(&mut self, finding: &Finding) -> io::Result<()> {
        match &mut self.0 {
            Written::Table(to) => {
                let path = visible(&finding.path.to_string_lossy());
                writeln!(to, "{}　{path}　{}", finding.title(), visible(&finding.explanation()))
            }
            Written::Lines(to) => {
                serde_json::to_writer(&mut *to, finding)?;
                to.write_all(b"\n")
            }
            Written::Csv(to) => row(to, &cells(finding)),
            Written::Document(document) => document.item(finding),
        }
    }

    /// How many were as they should be.
    pub(crate) fn end(self, good: usize, all: usize) -> io::Result<()> {
        match self.0 {
            Written::Table(mut to) => {
                writeln!(to, "共 {all} 个文件，{good} 个没有问题，{} 个有问题", all.saturating_sub(good))?;
                to.flush()
            }
            Written::Lines(mut to) | Written::Csv(mut to) => to.flush(),
            Written::Document(document) => {
                let said = [("all", all), ("good", good)];
                document.end(&Map::from_iter(said.map(|(name, count)| (name.to_owned(), Value::from(count)))))
            }
        }
    }
}

fn row(to: &mut impl Write, cells: &[String]) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(to);
    writer.write_record(cells.iter().map(|cell| inert(cell)))?;
    writer.flush()
}

fn cells(finding: &Finding) -> [String; 14] {
    let judgement = finding.judgement();
    let document = judgement.map(|judgement| &judgement.document);
    let signer = judgement.and_then(|judgement| judgement.signature.signer.as_ref());
    let proven = judgement.filter(|judgement| judgement.signature.is_moment_proven);
    let revocation = judgement.map(|judgement| match judgement.revocation {
        xinzheng_proof::Revocation::Good { .. } => "未吊销",
        xinzheng_proof::Revocation::Revoked { .. } => "已吊销",
        xinzheng_proof::Revocation::Unknown => "未知",
    });
    let level = judgement.and_then(|judgement| judgement.level);
    [
        finding.path.to_string_lossy().into_owned(),
        finding.title().to_owned(),
        judgement.map_or("unread", |judgement| judgement.verdict.code()).to_owned(),
        finding.explanation(),
        document.and_then(|document| document.number.clone()).unwrap_or_default(),
        document.and_then(|document| document.pages).map(|pages| pages.to_string()).unwrap_or_default(),
        signer.map(|signer| signer.name.clone()).unwrap_or_default(),
        signer.map(|signer| signer.sha256.clone()).unwrap_or_default(),
        proven.and_then(|proven| proven.signature.moment).map(|moment| moment.to_string()).unwrap_or_default(),
        revocation.unwrap_or_default().to_owned(),
        level.map(|level| level.code().to_owned()).unwrap_or_default(),
        document.map(|document| document.sha256.clone()).unwrap_or_default(),
        finding.service.as_ref().map(|standing| standing.status.clone()).unwrap_or_default(),
        finding.log.as_ref().map(Logged::text).unwrap_or_default(),
    ]
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe in front.
pub(crate) fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

/// Text of a file or its name, without what a terminal would act on.
fn visible(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_or_a_terminal_would_act_on_stays_text() {
        for (cell, written) in [("=1", "'=1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("a=1", "a=1"), ("", "")] {
            assert_eq!(inert(cell), written);
        }
        assert_eq!(visible("a\u{1b}[31m\n"), "a\u{fffd}[31m\u{fffd}");
    }
}
