//! What a file looks like: format, headers, dates, title and notes.

use jiff::civil::Date;
use xinzheng_domain::Amount;
use xinzheng_domain::record::table::{Column, Table};

use crate::SampleError;
use crate::row::{Content, Row};

/// How a file looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) format: Format,
    pub(crate) headers: Headers,
    pub(crate) dates: Dates,
    /// Amounts as `12,500元` instead of in 万元.
    pub(crate) yuan: bool,
    /// A title row above the header.
    pub(crate) title: bool,
    /// A row with 填报人 and 填报日期 below the data.
    pub(crate) signed: bool,
    /// Every column of the standard, those that no row fills too.
    pub(crate) all_columns: bool,
    /// A column that was forgotten.
    pub(crate) forgotten: Option<&'static str>,
}

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Utf8,
    Utf8WithMark,
    Gb18030,
    Xlsx,
}

/// How headers are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Headers {
    /// As the standard writes them.
    Standard,
    /// The first other name that units use.
    Alias,
    /// `1.*行政相对人名称`.
    NumberedAndStarred,
}

/// How dates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dates {
    /// 2025-07-01.
    Hyphens,
    /// 2025/7/1.
    Slashes,
    /// 2025年7月1日.
    Characters,
    /// 20250701.
    Digits,
    /// A workbook's own dates.
    Cells,
}

/// A table ready to be written in some format.
#[derive(Debug)]
pub(crate) struct Grid {
    pub(crate) name: &'static str,
    pub(crate) title: Option<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) rows: Vec<Vec<Option<Content>>>,
    /// What stands in the first cells below the data.
    pub(crate) notes: Vec<String>,
}

impl Layout {
    /// Lays rows out under the columns of their table.
    pub(crate) fn grid(&self, table: &'static Table, rows: &[Row], filed: Date) -> Result<Grid, SampleError> {
        for field in rows.iter().flat_map(Row::fields) {
            if !table.columns.iter().any(|column| column.field.name() == field) {
                return Err(SampleError::NotWhole(format!("{} has no field {field}", table.title)));
            }
        }
        let stands = |column: &&Column| {
            let filled = || rows.iter().any(|row| row.get(column.field.name()).is_some());
            self.forgotten != Some(column.field.name())
                && (self.all_columns || column.required.is_mandatory() || filled())
        };
        let columns: Vec<&Column> = table.columns.iter().filter(stands).collect();
        let cells = |row: &Row| columns.iter().map(|column| row.get(column.field.name()).cloned()).collect();
        let notes = ["填报人：甲某".to_owned(), format!("填报日期：{}", Dates::Characters.written(filed))];
        Ok(Grid {
            name: &table.title,
            title: self.title.then(|| format!("长治市{}归集表（虚构样例）", table.title)),
            headers: (1..).zip(&columns).map(|(number, column)| self.header(number, column)).collect(),
            rows: rows.iter().map(cells).collect(),
            notes: if self.signed { notes.into() } else { vec![] },
        })
    }

    fn header(&self, number: usize, column: &Column) -> String {
        match self.headers {
            Headers::Standard => column.header.clone(),
            Headers::Alias => column.aliases.first().unwrap_or(&column.header).clone(),
            Headers::NumberedAndStarred => {
                let star = if column.required.is_mandatory() { "*" } else { "" };
                format!("{number}.{star}{}", column.header)
            }
        }
    }

    /// A content as text.
    pub(crate) fn text(&self, content: &Content) -> String {
        match content {
            Content::Text(text) => text.clone(),
            Content::Day(day) => self.dates.written(*day),
            Content::Money(amount) if self.yuan => yuan(*amount),
            Content::Money(amount) => amount.to_string(),
            Content::Number(number) => number.to_string(),
        }
    }
}

impl Dates {
    fn written(self, day: Date) -> String {
        let (y, m, d) = (day.year(), day.month(), day.day());
        match self {
            Self::Hyphens | Self::Cells => day.to_string(),
            Self::Slashes => format!("{y}/{m}/{d}"),
            Self::Characters => format!("{y}年{m}月{d}日"),
            Self::Digits => format!("{y}{m:02}{d:02}"),
        }
    }
}

/// `12,500元`; below a thousand `500元`.
fn yuan(amount: Amount) -> String {
    let whole = amount.fen() / 100;
    if whole < 1000 { format!("{whole}元") } else { format!("{},{:03}元", whole / 1000, whole % 1000) }
}
