//! The header row: found even below title rows, columns by name with aliases.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use xinzheng_domain::table::{Column, Requirement, Table, ValueType};

use crate::amount::AmountUnit;
use crate::cell::{half_width, is_invisible};
use crate::refusal::{FileRefusal, MissingColumn};

/// How many rows may stand above the header.
pub(crate) const SEARCHED: usize = 30;

/// Which column of the file fills which column of the table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The header row's number.
    pub(crate) row: u64,
    /// For each column of the table, the column of the file.
    pub(crate) places: Vec<Option<Place>>,
    /// Headers that the table does not know, as written.
    pub(crate) unknown: Vec<String>,
    /// Every cell of the header as written.
    pub(crate) cells: Vec<String>,
}

/// A column of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Its index.
    pub(crate) index: usize,
    /// Its header as written, for rejections.
    pub(crate) written: String,
    /// The unit that the header of an amount states.
    pub(crate) unit: AmountUnit,
}

impl Place {
    /// A place that the file's header does not have.
    pub(crate) fn added(header: &str, index: usize) -> Self {
        Self { index, written: header.to_owned(), unit: AmountUnit::TenThousandYuan }
    }
}

/// A header with everything left out that does not tell columns apart: numbering in front, `*`, spaces, line breaks,
/// the kind of brackets.
pub(crate) fn fold(header: &str) -> String {
    let folded: String = header
        .chars()
        .filter(|&c| !is_invisible(c))
        .map(half_width)
        .filter(|c| !c.is_whitespace() && !matches!(c, '*' | '★' | ':'))
        .map(|c| match c {
            '【' | '[' | '〔' => '(',
            '】' | ']' | '〕' => ')',
            c => c.to_ascii_lowercase(),
        })
        .collect();
    let unnumbered = folded.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(['.', '、']);
    let marks = ["(必填)", "(选填)", "(必填项)", "(选填项)", "(条件必填)"];
    let plain = marks.iter().fold(unnumbered, |text, mark| text.trim_end_matches(mark).trim_start_matches(mark));
    plain.to_owned()
}

/// The name without a unit in brackets behind it: 罚款金额(万元) -> 罚款金额.
fn without_unit(folded: &str) -> &str {
    folded.trim_end_matches("(万元)").trim_end_matches("(元)")
}

/// The headers of a table and their aliases, folded, with the index of their column.
pub(crate) type Names = HashMap<String, usize>;

/// The names of a table's columns.
pub(crate) fn names(table: &Table) -> Names {
    let mut names = HashMap::new();
    for (index, column) in table.columns.iter().enumerate() {
        for header in std::iter::once(&column.header).chain(&column.aliases) {
            let folded = fold(header);
            if column.value == ValueType::Amount {
                names.entry(without_unit(&folded).to_owned()).or_insert(index);
            }
            names.entry(folded).or_insert(index);
        }
    }
    names
}

/// A row's cells matched against the table's names.
pub(crate) fn read(table: &Table, names: &Names, row: u64, cells: Vec<String>) -> Header {
    let mut places: Vec<Option<Place>> = vec![None; table.columns.len()];
    let mut unknown = vec![];
    for (index, written) in cells.iter().enumerate() {
        let folded = fold(written);
        if folded.is_empty() {
            continue;
        }
        let known = names.get(&folded).or_else(|| {
            names
                .get(without_unit(&folded))
                .filter(|&&i| table.columns.get(i).is_some_and(|c| c.value == ValueType::Amount))
        });
        let place = known.and_then(|&column| {
            // The standard's own name wins over an alias, then the first.
            let standard = table.columns.get(column).is_some_and(|c| fold(&c.header) == folded);
            places.get_mut(column).filter(|place| place.is_none() || standard)
        });
        match place {
            None if is_ours(&folded) => {}
            None => unknown.push(written.trim().to_owned()),
            Some(place) => {
                let unit = if folded.ends_with("(元)") { AmountUnit::Yuan } else { AmountUnit::TenThousandYuan };
                let found = Place { index, written: written.trim().to_owned(), unit };
                if let Some(replaced) = place.replace(found) {
                    unknown.push(replaced.written);
                }
            }
        }
    }
    Header { row, places, unknown, cells }
}

impl Header {
    /// How many of the table's columns were found.
    pub(crate) fn matches(&self) -> usize {
        self.places.iter().flatten().count()
    }

    /// The number of the file's columns.
    pub(crate) const fn width(&self) -> usize {
        self.cells.len()
    }

    /// Refuses a header that lacks mandatory columns, naming them with the nearest unknown headers.
    pub(crate) fn complete(self, table: &Table) -> Result<Self, FileRefusal> {
        let lacking = |(column, place): (&Column, &Option<Place>)| {
            (place.is_none() && column.required == Requirement::Always)
                .then(|| MissingColumn { name: column.header.clone(), nearest: nearest(&column.header, &self.unknown) })
        };
        let missing: Vec<MissingColumn> = table.columns.iter().zip(&self.places).filter_map(lacking).collect();
        if missing.is_empty() { Ok(self) } else { Err(FileRefusal::MissingColumns(missing)) }
    }
}

/// Keeps the better of two headers: the one with more known columns, of which there are at least two.
pub(crate) fn better(best: &mut Option<Header>, found: Header) {
    if found.matches() >= 2 && best.as_ref().is_none_or(|best| found.matches() > best.matches()) {
        *best = Some(found);
    }
}

/// The columns that intake itself adds to the rejected rows it gives back.
fn is_ours(folded: &str) -> bool {
    [MARKED_ROW, MARKED_FAULTS].contains(&folded)
}

/// The header of the column with the row's number in the file that was rejected.
pub const MARKED_ROW: &str = "原行号";
/// The header of the column with the row's faults.
pub const MARKED_FAULTS: &str = "错误说明";

/// The unknown header that shares the most characters with `name`: at least half of them.
fn nearest(name: &str, unknown: &[String]) -> Option<String> {
    let shared = |header: &&String| {
        let folded = fold(header);
        name.chars().filter(|&c| folded.contains(c)).count() * 100
            / name.chars().count().max(folded.chars().count()).max(1)
    };
    unknown.iter().max_by_key(shared).filter(|header| shared(header) >= 50).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_whatever_decorates_them() {
        for (written, plain) in [
            ("1.行政相对人名称", "行政相对人名称"),
            ("*行政相对人名称", "行政相对人名称"),
            ("行政相对人名称*（必填）", "行政相对人名称"),
            ("行政相对人\n名称", "行政相对人名称"),
            (" 行政 相对人名称 ", "行政相对人名称"),
            ("12、处罚内容", "处罚内容"),
            ("罚款金额（万元）", "罚款金额(万元)"),
        ] {
            assert_eq!(fold(written), plain, "{written}");
        }
    }
}
