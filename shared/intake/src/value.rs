//! The value of a cell.

use std::borrow::Cow;

use jiff::civil::Date;
use xinzheng_domain::{Amount, Division, DocumentNumber, DomainId, Uscc};

use crate::codes::Codes;

/// The value of a cell after its check.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'r> {
    Blank,
    /// The cell is faulty; its rejection is written.
    Faulty,
    Text(Cow<'r, str>),
    Uscc(Uscc),
    /// An identity number before its document type is known.
    IdNumber(Cow<'r, str>),
    Date(Date),
    Amount(Amount),
    Code(&'static str),
    Codes(Codes),
    Flag(bool),
    Domain(DomainId),
    Division(Division),
    Document(DocumentNumber<'r>),
    Documents(Vec<DocumentNumber<'r>>),
    List(&'static str),
    Count(u64),
}

impl Value<'_> {
    /// The same, borrowing nothing.
    pub(crate) fn into_owned<'o>(self) -> Value<'o> {
        match self {
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::IdNumber(text) => Value::IdNumber(Cow::Owned(text.into_owned())),
            Value::Blank => Value::Blank,
            Value::Faulty => Value::Faulty,
            Value::Uscc(value) => Value::Uscc(value),
            Value::Date(value) => Value::Date(value),
            Value::Amount(value) => Value::Amount(value),
            Value::Code(value) => Value::Code(value),
            Value::Codes(value) => Value::Codes(value),
            Value::Flag(value) => Value::Flag(value),
            Value::Domain(value) => Value::Domain(value),
            Value::Division(value) => Value::Division(value),
            Value::Document(value) => Value::Document(value.into_owned()),
            Value::Documents(value) => Value::Documents(value.into_iter().map(DocumentNumber::into_owned).collect()),
            Value::List(value) => Value::List(value),
            Value::Count(value) => Value::Count(value),
        }
    }
}
