//! The header row: found even below title rows, columns by name with aliases.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use xinzheng_domain::record::table::{Column, Requirement, SharingStandard, Table, ValueType};
use xinzheng_domain::{Field, TableId};

use crate::amount::AmountUnit;
use crate::character::{half_width, is_invisible};
use crate::refusal::MissingColumn;
use crate::row::Row;

/// How many rows may stand above the header.
pub(crate) const SEARCHED: usize = 30;

/// Which column of the file fills which column of the table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) row: u64,
    /// For each column of the table, the column of the file.
    pub(crate) places: Vec<Option<Place>>,
    /// Further columns of the file for a column of the table: its index, and the place.
    pub(crate) further: Vec<(usize, Place)>,
    /// The columns with what stood beyond the header of a file that was rejected.
    pub(crate) beyond: Vec<usize>,
    /// The number of the last column that must be filled in every row.
    pub(crate) last_mandatory: usize,
    /// The row of the upper one of two lines; its own for a header of one.
    pub(crate) first_row: u64,
    /// Rows behind this one and above the header stand under another header, which knows less: they are rows too.
    pub(crate) rows_from: u64,
    /// The two lines of which it was read, if it was.
    pub(crate) lines: Vec<Vec<String>>,
    /// Columns without a header within its width.
    pub(crate) unnamed: Vec<usize>,
    /// Why no row may stand under it: a header below the first that lacks or nearly has columns.
    pub(crate) refusal: Option<String>,
    /// True when columns stand in it that intake itself adds to the rejected rows that it gives back.
    pub(crate) marked: bool,
    /// Headers that the table does not know, as written.
    pub(crate) unknown: Vec<String>,
    /// Every cell of the header as written.
    pub(crate) cells: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
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
        .filter(|c| !c.is_whitespace() && !matches!(c, '*' | '★' | ':' | '_'))
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

pub(crate) fn names(table: &'static Table) -> &'static Names {
    static NAMES: LazyLock<Vec<Names>> =
        LazyLock::new(|| TableId::ALL.iter().map(|table| names_of(table.standard())).collect());
    #[expect(clippy::expect_used, reason = "made of the tables of the program, all of them in order")]
    NAMES.get(table.table as usize).expect("every table has its names")
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

/// The column of the table that a header names, and the unit that it states of its amounts.
pub(crate) fn column_of(table: &'static Table, header: &str) -> Option<(usize, Option<AmountUnit>)> {
    known(table, names(table), &fold(header))
}

/// A row's cells matched against the table's names.
pub(crate) fn read(table: &Table, names: &Names, row: u64, cells: Vec<String>) -> Header {
    let mut header =
        Header { row, first_row: row, rows_from: row, places: vec![None; table.columns.len()], ..Header::default() };
    let [row_number, faults, beyond] = &*OURS;
    for (index, written) in cells.iter().enumerate() {
        let folded = fold(written);
        if folded.is_empty() {
            header.unnamed.push(index);
            continue;
        }
        if [row_number, faults, beyond].contains(&&folded) {
            header.marked = true;
            if folded == *beyond {
                header.beyond.push(index);
            }
            continue;
        }
        let Some((column, unit)) = known(table, names, &folded) else {
            header.unknown.push(written.trim().to_owned());
            continue;
        };
        let unit = unit.unwrap_or(AmountUnit::TenThousandYuan);
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

/// The column that a folded header names, and the unit that it states of its amounts.
fn known(table: &Table, names: &Names, folded: &str) -> Option<(usize, Option<AmountUnit>)> {
    let is_amount = |column: usize| table.columns.get(column).is_some_and(|c| c.value == ValueType::Amount);
    let stated = without_unit(folded);
    let exact = names.get(folded).copied();
    let column = exact.or_else(|| names.get(stated?.0).copied().filter(|&column| is_amount(column)))?;
    Some((column, stated.filter(|_| is_amount(column)).map(|(_, unit)| unit)))
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
        let is_known = |text: &str| known(table, names, &fold(text)).is_some();
        if fold(below).is_empty() {
            above.to_owned()
        } else if is_known(&joined) || SharingStandard::get().passes_over(&fold(&joined)) {
            joined
        } else if fold(below) == "名称" && is_known(group) {
            // 处罚机关 over 名称 and 统一社会信用代码.
            group.to_owned()
        } else if let Some(amount) = with_unit_of(group, below).filter(|amount| is_known(amount)) {
            amount
        } else {
            below.to_owned()
        }
    });
    let cells = cells.collect();
    Header { lines: vec![upper.to_vec(), lower.to_vec()], ..read(table, names, row, cells) }
}

/// True when a row below a header says nothing but units: （元）, 万元.
fn only_units(cells: &[String]) -> bool {
    let filled = cells.iter().map(|cell| fold(cell)).filter(|folded| !folded.is_empty());
    let is_unit = |folded: String| without_unit(&format!("x({})", folded.trim_matches(['(', ')']))).is_some();
    let mut units = filled.map(is_unit).peekable();
    units.peek().is_some() && units.all(|is_unit| is_unit)
}

/// True when a row above a header is one of data.
pub(crate) fn is_above(row: &Row<'_>, header: &Header, table: &Table) -> bool {
    row.number < header.first_row
        && (is_data(row.filled(), table) || (row.number > header.rows_from && !row.is_blank()))
}

/// True when a row with so many filled cells has at least half as many as every row of the table must have: data, not a
/// title.
pub(crate) fn is_data(filled: usize, table: &Table) -> bool {
    let mandatory = table.columns.iter().filter(|column| column.required.is_mandatory()).count();
    filled * 2 >= mandatory.max(2)
}

/// A column's name with the unit that its group states: 处罚金额（元） over 罚款金额 is 罚款金额(元).
fn with_unit_of(group: &str, below: &str) -> Option<String> {
    let below = fold(below);
    if without_unit(&below).is_some() {
        return None;
    }
    match without_unit(&fold(group))?.1 {
        AmountUnit::Yuan => Some(format!("{below}(元)")),
        AmountUnit::TenThousandYuan => Some(format!("{below}(万元)")),
    }
}

/// The unit of all amounts that a title above the header states: 金额单位：元.
pub(crate) fn unit_of_title(cells: &[String]) -> Option<AmountUnit> {
    cells.iter().find_map(|cell| {
        let folded = fold(cell);
        let stated = folded.rsplit_once("单位")?.1.trim_start_matches('为').trim_end_matches(')');
        match stated {
            "元" | "人民币元" | "元人民币" => Some(AmountUnit::Yuan),
            "万元" | "人民币万元" => Some(AmountUnit::TenThousandYuan),
            _ => None,
        }
    })
}

impl Header {
    /// Reads the amounts of columns that state no unit in the unit that a title states.
    fn with_unit(mut self, table: &Table, unit: AmountUnit) -> Self {
        let places = table.columns.iter().zip(&mut self.places).filter(|(column, _)| column.value == ValueType::Amount);
        for (_, place) in places {
            if let Some(place) = place.as_mut().filter(|place| without_unit(&fold(&place.written)).is_none()) {
                place.unit = unit;
            }
        }
        self
    }

    /// True when these are its cells, or one of the two lines of which it was read.
    pub(crate) fn is_line(&self, cells: &[String]) -> bool {
        let same = |line: &Vec<String>| {
            let filled = line.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
            !cells.is_empty() && line.get(..filled) == Some(cells)
        };
        same(&self.cells) || self.lines.iter().any(same)
    }

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

    /// The mandatory columns that the header lacks, each with the nearest unknown header.
    pub(crate) fn missing(&self, table: &Table) -> Vec<MissingColumn> {
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
        table.columns.iter().zip(&self.places).filter_map(lacking).collect()
    }

    /// Unknown columns that are nearly one of the table's, which the file lacks.
    pub(crate) fn near_misses(&self, table: &Table) -> Vec<MissingColumn> {
        let lacking = table.columns.iter().zip(&self.places).filter(|(_, place)| place.is_none());
        let unread = |header: &&String| !SharingStandard::get().passes_over(&plain_name(header));
        let unknown: Vec<&String> = self.unknown.iter().filter(unread).collect();
        lacking
            .filter_map(|(column, _)| {
                let nearest = unknown.iter().find(|header| is_nearly(column, &plain_name(header)))?;
                Some(MissingColumn { name: column.header.clone(), nearest: Some((*nearest).clone()) })
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
        let pair =
            below.map(|(below, lower)| Header { first_row: *number, ..read_two(table, names, *below, cells, lower) });
        // A group's name above is no column: the pair must know more than either row.
        let alone = below.map_or(0, |(below, lower)| read(table, names, *below, lower.clone()).matches());
        match pair {
            Some(pair)
                if pair.matches() > single.matches().max(alone)
                    || (pair.matches() == single.matches() && below.is_some_and(|(_, lower)| only_units(lower))) =>
            {
                candidates.push(pair);
            }
            _ => candidates.push(single),
        }
    }
    let most = candidates.iter().map(Header::matches).max().filter(|&most| most >= 2)?;
    let partial = candidates.iter().find(|header| header.matches() >= 2).map(|header| header.row);
    let found = candidates.into_iter().find(|header| header.matches() >= 2 && header.matches() * 2 >= most)?;
    let found = Header { rows_from: partial.unwrap_or(found.first_row), ..found };
    let above = rows.iter().filter(|(number, _)| *number < found.row);
    let unit = above.rev().find_map(|(_, cells)| unit_of_title(cells));
    Some(match unit {
        Some(unit) => found.with_unit(table, unit),
        None => found,
    })
}

/// True when a row below a header is a header again: its cells name at least half as many columns.
pub(crate) fn is_again(found: &Header, current: &Header) -> bool {
    found.matches() >= 2 && found.matches() * 2 >= current.matches()
}

/// True when text may be a header's: no run of eight digits stands in it, as nearly every row of data has in its codes.
pub(crate) fn may_be(text: &[u8]) -> bool {
    let mut run = 0;
    for byte in text {
        run = if byte.is_ascii_digit() { run + 1 } else { 0 };
        if run == 8 {
            return false;
        }
    }
    true
}

/// The columns that intake itself adds to the rejected rows it gives back, folded.
static OURS: LazyLock<[String; 3]> = LazyLock::new(|| [MARKED_ROW, MARKED_FAULTS, MARKED_BEYOND].map(fold));

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

/// True when a header says what a column says in other words of the same kind: 移出时间 for 移出日期, 法人 for 法人代表.
fn is_nearly(column: &Column, header: &str) -> bool {
    let (stem, kind) = stem(header);
    std::iter::once(&column.header).chain(&column.aliases).any(|name| {
        let name = plain_name(name);
        let (other, other_kind) = self::stem(&name);
        let same_kind = kind == other_kind || kind == Kind::None || other_kind == Kind::None;
        same_kind && stem.chars().count() >= 2 && (stem == other || (kind == other_kind && likeness(stem, other) >= 75))
    })
}

/// What the last word of a header says of its column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Date,
    Cause,
    Number,
    Type,
    Amount,
    Person,
    None,
}

/// A header without its last word, and what that says.
fn stem(header: &str) -> (&str, Kind) {
    let words = [
        ("日期", Kind::Date),
        ("时间", Kind::Date),
        ("期限", Kind::Date),
        ("期", Kind::Date),
        ("日", Kind::Date),
        ("理由", Kind::Cause),
        ("事由", Kind::Cause),
        ("原因", Kind::Cause),
        ("编号", Kind::Number),
        ("号码", Kind::Number),
        ("文号", Kind::Number),
        ("代码", Kind::Number),
        ("号", Kind::Number),
        ("类型", Kind::Type),
        ("类别", Kind::Type),
        ("种类", Kind::Type),
        ("金额", Kind::Amount),
        ("数额", Kind::Amount),
        ("代表", Kind::Person),
        ("姓名", Kind::Person),
        ("名称", Kind::Person),
    ];
    let found = words.iter().find_map(|(word, kind)| Some((header.strip_suffix(word)?, *kind)));
    found.filter(|(stem, _)| !stem.is_empty()).unwrap_or((header, Kind::None))
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
        for header in [
            "数据导出时间",
            "序号",
            "法定代表人证件号码",
            "经营范围",
            "案件类型",
            "企业类型",
            "公示状态",
            "公示网址",
            "公示平台",
            "是否公示",
            "许可证号",
            "案件编号",
            "主体身份",
            "所属区县",
            "工商登记机关",
            "证件有效期",
            "行业类别",
        ] {
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
