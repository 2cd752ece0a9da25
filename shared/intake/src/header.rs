//! The header row: found even below title rows, columns by name with aliases.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use xinzheng_domain::table::{Column, Requirement, Table, ValueType};
use xinzheng_domain::{Field, TableId};

use crate::amount::AmountUnit;
use crate::character::{half_width, is_invisible};
use crate::refusal::{FileRefusal, MissingColumn};
use crate::sender::Confirmed;

/// How many rows may stand above the header.
pub(crate) const SEARCHED: usize = 30;

/// Which column of the file fills which column of the table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The header row's number.
    pub(crate) row: u64,
    /// For each column of the table, the column of the file.
    pub(crate) places: Vec<Option<Place>>,
    /// Further columns of the file for a column of the table: its index, and the place.
    pub(crate) further: Vec<(usize, Place)>,
    /// The columns with what stood beyond the header of a file that was rejected.
    pub(crate) beyond: Vec<usize>,
    /// The number of the last column that must be filled in every row.
    pub(crate) last_mandatory: usize,
    /// True when columns stand in it that intake itself adds to the rejected rows that it gives back.
    pub(crate) marked: bool,
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

/// The name of an amount without the unit that stands in brackets behind it, and that unit:
/// 罚款金额(人民币元) -> 罚款金额, 元.
fn without_unit(folded: &str) -> Option<(&str, AmountUnit)> {
    let (name, unit) = folded.strip_suffix(')')?.rsplit_once('(')?;
    let unit = unit.trim_start_matches("单位").trim_start_matches("人民币");
    let unit = unit.trim_end_matches("人民币");
    match unit {
        "元" => Some((name, AmountUnit::Yuan)),
        "万元" | "万" => Some((name, AmountUnit::TenThousandYuan)),
        _ => None,
    }
}

/// The headers of a table and their aliases, folded, with the index of their column.
pub(crate) type Names = HashMap<String, usize>;

/// The names of a table's columns.
pub(crate) fn names(table: &'static Table) -> &'static Names {
    static NAMES: LazyLock<Vec<Names>> =
        LazyLock::new(|| TableId::ALL.iter().map(|table| names_of(table.standard())).collect());
    static NONE: LazyLock<Names> = LazyLock::new(Names::new);
    NAMES.get(table.table as usize).unwrap_or(&NONE)
}

fn names_of(table: &Table) -> Names {
    let mut names = HashMap::new();
    for (index, column) in table.columns.iter().enumerate() {
        for header in std::iter::once(&column.header).chain(&column.aliases) {
            let folded = fold(header);
            if column.value == ValueType::Amount
                && let Some((name, _)) = without_unit(&folded)
            {
                names.entry(name.to_owned()).or_insert(index);
            }
            names.entry(folded).or_insert(index);
        }
    }
    names
}

/// The column that a header names, and the unit that it states.
pub(crate) fn column_of(names: &Names, header: &str) -> Option<(usize, Option<AmountUnit>)> {
    let folded = fold(header);
    let unit = without_unit(&folded);
    match names.get(&folded) {
        Some(&column) => Some((column, unit.map(|(_, unit)| unit))),
        None => unit.and_then(|(name, unit)| Some((*names.get(name)?, Some(unit)))),
    }
}

/// A row's cells matched against the table's names.
pub(crate) fn read(table: &Table, names: &Names, row: u64, cells: Vec<String>) -> Header {
    let mut header = Header { row, places: vec![None; table.columns.len()], ..Header::default() };
    for (index, written) in cells.iter().enumerate() {
        let folded = fold(written);
        if folded == fold(MARKED_BEYOND) {
            header.beyond.push(index);
        }
        header.marked |= is_ours(&folded);
        if folded.is_empty() || is_ours(&folded) {
            continue;
        }
        let Some((column, unit)) = known(table, names, &folded) else {
            header.unknown.push(written.trim().to_owned());
            continue;
        };
        let found = Place { index, written: written.trim().to_owned(), unit };
        // The standard's own name wins over an alias, then the first.
        let standard = table.columns.get(column).is_some_and(|c| fold(&c.header) == folded);
        match header.places.get_mut(column) {
            Some(place @ None) => *place = Some(found),
            Some(Some(place)) if standard && fold(&place.written) != folded => {
                let replaced = std::mem::replace(place, found);
                header.further.push((column, replaced));
            }
            _ => header.further.push((column, found)),
        }
    }
    let mandatory = table.columns.iter().zip(&header.places).filter(|(column, _)| column.required.is_mandatory());
    let last = mandatory.filter_map(|(_, place)| place.as_ref().map(|place| place.index + 1)).max();
    header.last_mandatory = last.unwrap_or(0);
    header.cells = cells;
    header
}

/// The column that a folded header names, and the unit of its amounts.
fn known(table: &Table, names: &Names, folded: &str) -> Option<(usize, AmountUnit)> {
    let is_amount = |column: usize| table.columns.get(column).is_some_and(|c| c.value == ValueType::Amount);
    let unit = without_unit(folded);
    if let Some(&column) = names.get(folded) {
        return Some((
            column,
            unit.filter(|_| is_amount(column)).map_or(AmountUnit::TenThousandYuan, |(_, unit)| unit),
        ));
    }
    let (name, unit) = unit?;
    names.get(name).filter(|&&column| is_amount(column)).map(|&column| (column, unit))
}

/// Two rows read as one header: the upper one names groups of columns, the lower one the columns of a group.
pub(crate) fn read_two(table: &Table, names: &Names, row: u64, upper: &[String], lower: &[String]) -> Header {
    let mut group = "";
    let cells = (0..upper.len().max(lower.len())).map(|index| {
        let (above, below) = (upper.get(index).map_or("", String::as_str), lower.get(index).map_or("", String::as_str));
        // A merged cell has its text in its first column.
        if !fold(above).is_empty() {
            group = above;
        }
        let joined = format!("{}{}", group.trim(), below.trim());
        if fold(below).is_empty() {
            above.to_owned()
        } else if known(table, names, &fold(&joined)).is_some() {
            joined
        } else {
            below.to_owned()
        }
    });
    read(table, names, row, cells.collect())
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

    /// How many columns of a row are kept: those up to the last one known, and a bounded number of others behind it.
    pub(crate) fn kept(&self) -> usize {
        let places = self.places.iter().flatten().chain(self.further.iter().map(|(_, place)| place));
        let places = places.map(|place| place.index).chain(self.beyond.iter().copied());
        let known = places.map(|index| index + 1).max().unwrap_or(0);
        self.width().min(known + BEYOND)
    }

    /// Refuses a header that lacks mandatory columns, naming them with the nearest unknown headers, or that has an unknown
    /// column which is nearly one of the table's, unless the sender said that it is none.
    pub(crate) fn complete(self, table: &Table, confirmed: Confirmed) -> Result<Self, FileRefusal> {
        let has = |field| table.index_of(field).and_then(|index| self.places.get(index)).is_some_and(Option::is_some);
        let told = has(Field::Uscc) || has(Field::IdNumber);
        let lacking = |(column, place): (&Column, &Option<Place>)| {
            let needed = match column.required {
                Requirement::Always => true,
                Requirement::UnlessTold => !told,
                _ => false,
            };
            (place.is_none() && needed)
                .then(|| MissingColumn { name: column.header.clone(), nearest: nearest(column, &self.unknown) })
        };
        let missing: Vec<MissingColumn> = table.columns.iter().zip(&self.places).filter_map(lacking).collect();
        if !missing.is_empty() {
            return Err(FileRefusal::MissingColumns { missing, sheet: None, looks: None });
        }
        let near = self.near_misses(table);
        if near.is_empty() || confirmed.columns { Ok(self) } else { Err(FileRefusal::NearMisses(near)) }
    }

    /// Unknown columns that are nearly one of the table's, which the file lacks.
    pub(crate) fn near_misses(&self, table: &Table) -> Vec<MissingColumn> {
        let lacking = table.columns.iter().zip(&self.places).filter(|(_, place)| place.is_none());
        let unknown: Vec<String> =
            self.unknown.iter().filter(|&header| !table.passes_over(&plain_name(header))).cloned().collect();
        lacking
            .filter_map(|(column, _)| {
                let nearest = nearest(column, &unknown)?;
                Some(MissingColumn { name: column.header.clone(), nearest: Some(nearest) })
            })
            .collect()
    }
}

/// How many columns behind the last one known are kept, for the clerk who gets a row back.
const BEYOND: usize = 64;

/// A header's name without its unit.
fn plain_name(header: &str) -> String {
    let folded = fold(header);
    without_unit(&folded).map_or(folded.clone(), |(name, _)| name.to_owned())
}

/// The header among the first rows of a table, each with its number; `None` when no row looks like one.
///
/// It is the first row, or pair of rows, that knows at least half as many columns as the best: a table may stand above
/// another whose header knows more, and its rows are rows too.
pub(crate) fn search(table: &Table, names: &Names, rows: &[(u64, Vec<String>)]) -> Option<Header> {
    let mut candidates = vec![];
    let may_be_one = |cells: &[String]| cells.iter().all(|cell| may_be(cell.as_bytes()));
    for (at, (number, cells)) in rows.iter().enumerate() {
        if !may_be_one(cells) {
            continue;
        }
        let below = rows.get(at + 1).filter(|(_, lower)| may_be_one(lower));
        let single = read(table, names, *number, cells.clone());
        let pair = below.map(|(below, lower)| read_two(table, names, *below, cells, lower));
        // A group's name above is no column: the pair must know more than either row.
        let alone = below.map_or(0, |(below, lower)| read(table, names, *below, lower.clone()).matches());
        match pair {
            Some(pair) if pair.matches() > single.matches().max(alone) => candidates.push(pair),
            _ => candidates.push(single),
        }
    }
    let most = candidates.iter().map(Header::matches).max().filter(|&most| most >= 2)?;
    candidates.into_iter().find(|header| header.matches() >= 2 && header.matches() * 2 >= most)
}

/// True when a row below a header is a header again: its cells name at least half as many columns.
pub(crate) fn is_again(found: &Header, current: &Header) -> bool {
    found.matches() >= 2 && found.matches() * 2 >= current.matches()
}

/// True when text may be a header's: no run of four digits stands in it, as every row of data has in its dates.
pub(crate) fn may_be(text: &[u8]) -> bool {
    let mut run = 0;
    for byte in text {
        run = if byte.is_ascii_digit() { run + 1 } else { 0 };
        if run == 4 {
            return false;
        }
    }
    true
}

/// The columns that intake itself adds to the rejected rows it gives back.
fn is_ours(folded: &str) -> bool {
    [MARKED_ROW, MARKED_FAULTS].contains(&folded) || folded == fold(MARKED_BEYOND)
}

/// The header of the column with the row's number in the file that was rejected.
pub const MARKED_ROW: &str = "原行号";
/// The header of the column with the row's faults.
pub const MARKED_FAULTS: &str = "错误说明";
/// The header of the column with what stood in the row beyond its header. What is left there is a fault again.
pub const MARKED_BEYOND: &str = "表头以外的内容（请移到正确的列，再清空）";

/// The unknown header that shares the most characters with a name of the column: at least half of both.
fn nearest(column: &Column, unknown: &[String]) -> Option<String> {
    let likeness = |header: &String| {
        let found = plain_name(header);
        let names = std::iter::once(&column.header).chain(&column.aliases);
        names.map(|name| likeness(&plain_name(name), &found)).max().unwrap_or(0)
    };
    unknown
        .iter()
        .map(|header| (likeness(header), header))
        .filter(|(likeness, _)| *likeness >= 50)
        .max_by_key(|found| found.0)
        .map(|(_, header)| header.clone())
}

/// How many of the characters of two names they share, in percent.
fn likeness(a: &str, b: &str) -> usize {
    let mut left: Vec<char> = b.chars().collect();
    let count = a.chars().count() + left.len();
    let mut shared = 0;
    for character in a.chars() {
        if let Some(at) = left.iter().position(|&other| other == character) {
            left.swap_remove(at);
            shared += 1;
        }
    }
    shared * 200 / count.max(1)
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

    fn penalty(cells: &[&str]) -> Header {
        let table = xinzheng_domain::TableId::Penalty.standard();
        read(table, names(table), 1, cells.iter().map(|&cell| cell.to_owned()).collect())
    }

    #[test]
    fn amounts_say_their_unit_in_brackets() {
        for (header, unit) in [
            ("罚款金额（万元）", AmountUnit::TenThousandYuan),
            ("罚款金额(元)", AmountUnit::Yuan),
            ("罚款金额（单位：元）", AmountUnit::Yuan),
            ("罚款金额（人民币元）", AmountUnit::Yuan),
            ("罚款金额(单位:万元)", AmountUnit::TenThousandYuan),
            ("罚款数额（元）", AmountUnit::Yuan),
            ("罚款金额", AmountUnit::TenThousandYuan),
        ] {
            let found = penalty(&[header]);
            assert_eq!(found.places.iter().flatten().next().map(|place| place.unit), Some(unit), "{header}");
        }
        assert_eq!(penalty(&["罚款金额（美元）"]).unknown, ["罚款金额（美元）"]);
    }

    #[test]
    fn columns_that_are_nearly_known_are_told() {
        let table = xinzheng_domain::TableId::Penalty.standard();
        for (header, name) in [
            ("法人", "法定代表人"),
            ("公示截止时间", "公示截止期"),
            ("没收违法所得（元）", "没收违法所得、没收非法财物的金额（万元）"),
        ] {
            let near = penalty(&["行政相对人名称", header]).near_misses(table);
            assert!(
                near.iter().any(|miss| miss.name == name && miss.nearest.as_deref() == Some(header)),
                "{header}: {near:?}"
            );
        }
        for header in ["数据导出时间", "序号", "法定代表人证件号码", "经营范围"] {
            assert_eq!(penalty(&["行政相对人名称", header]).near_misses(table), [], "{header}");
        }
    }

    #[test]
    fn two_rows_are_read_as_one_header() {
        let table = xinzheng_domain::TableId::Penalty.standard();
        let row = |cells: &[&str]| cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>();
        let upper = row(&["行政相对人", "", "自然人", "", "备注"]);
        let lower = row(&["名称", "类别", "证件类型", "证件号码", ""]);
        let found = read_two(table, names(table), 2, &upper, &lower);
        assert_eq!((found.matches(), found.unknown.len()), (5, 0));
        assert_eq!(found.cells, ["行政相对人名称", "行政相对人类别", "自然人证件类型", "自然人证件号码", "备注"]);
    }

    #[test]
    fn the_first_table_is_found_although_a_second_knows_more() {
        let table = xinzheng_domain::TableId::Penalty.standard();
        let row = |number, cells: &[&str]| (number, cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>());
        let rows = [
            row(1, &["2025年行政处罚汇总"]),
            row(2, &["行政相对人名称", "统一社会信用代码", "文号"]),
            row(3, &["某公司", "9114", "1号"]),
            row(4, &["行政相对人名称", "统一社会信用代码", "文号", "备注"]),
        ];
        assert_eq!(search(table, names(table), &rows).map(|header| header.row), Some(2));
        assert!(search(table, names(table), &rows[..1]).is_none());
    }
}
