//! Rows that are wrong on purpose, each in its own way.

use jiff::civil::Date;

use crate::row::{Content, Row};

/// A cell that is made wrong.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The data row, from 1.
    pub(crate) row: usize,
    pub(crate) field: &'static str,
    pub(crate) wrong: Wrong,
}

/// What is put into the cell.
#[derive(Debug)]
pub(crate) enum Wrong {
    Blank,
    Text(&'static str),
    Day(Date),
    /// What a spreadsheet makes of an identity number.
    Number(f64),
    /// The letter O for the first digit 0.
    LetterOForZero,
    /// Another last character than the right one.
    OtherCheckCharacter,
    /// So often the same text behind each other.
    Repeated(usize),
}

impl Fault {
    /// The row with the fault in it.
    pub(crate) fn apply(&self, row: Row) -> Row {
        let text = row.text_of(self.field).to_owned();
        let wrong = match self.wrong {
            Wrong::Blank => return row.without(self.field),
            Wrong::Text(text) => Content::Text(text.to_owned()),
            Wrong::Day(day) => Content::Day(day),
            Wrong::Number(number) => Content::Number(number),
            Wrong::LetterOForZero => Content::Text(text.replacen('0', "O", 1)),
            Wrong::OtherCheckCharacter => Content::Text(other_check_character(text)),
            Wrong::Repeated(times) => Content::Text(text.repeat(times)),
        };
        row.with(self.field, wrong)
    }
}

fn other_check_character(mut text: String) -> String {
    let other = if text.pop() == Some('7') { '8' } else { '7' };
    text.push(other);
    text
}
