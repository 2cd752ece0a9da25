//! A cell as it stands in the file.

use std::borrow::Cow;

use crate::character::is_invisible;
use crate::date::Epoch;
use crate::number;
use crate::number_form::NumberForm;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Text, as written.
    Text(&'a str),
    /// A number of a workbook; what it means depends on the column.
    Number {
        number: f64,
        /// What its format says.
        form: NumberForm,
        /// The day from which the workbook counts days.
        epoch: Epoch,
    },
    /// A number of JSON with a fraction or an exponent: digits of a code may be lost.
    Float(f64),
    /// A formula's error or another value that is no text.
    Fault(Cow<'a, str>),
    /// A formula whose value was never saved.
    NoValue,
    /// Several values for one column: a key that stands twice.
    Several(Cow<'a, str>),
    /// Bytes that the file's encoding cannot decode; holds what could be, U+FFFD where it could not.
    Undecodable(&'a str),
}

impl<'a> Cell<'a> {
    /// The cell as a person would see it, for rejections and blank tests.
    pub(crate) fn display(&self) -> Cow<'a, str> {
        match self {
            Self::Text(text) | Self::Undecodable(text) => Cow::Borrowed(text),
            Self::Number { number, form, epoch } => Cow::Owned(number::shown(*number, *form, *epoch)),
            Self::Float(number) => Cow::Owned(number::shown(*number, NumberForm::Plain, Epoch::Y1900)),
            Self::Fault(text) | Self::Several(text) => text.clone(),
            Self::NoValue => Cow::Borrowed(""),
        }
    }

    /// True when nothing visible stands in the cell.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) => text.chars().all(|c| c.is_whitespace() || is_invisible(c)),
            _ => false,
        }
    }
}
