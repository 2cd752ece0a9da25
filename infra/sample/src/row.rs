//! A row before it is laid out: contents by field of the sharing standard.

use std::collections::BTreeMap;

use jiff::civil::Date;
use xinzheng_domain::Amount;

/// What a cell holds, whatever it will look like.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Text(String),
    Day(Date),
    Money(Amount),
    /// A number that a spreadsheet made of something else.
    Number(f64),
}

/// A row's contents by field; a field that is not there is blank.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row(BTreeMap<&'static str, Content>);

impl Row {
    /// The row with this text.
    pub(crate) fn text(self, field: &'static str, text: impl Into<String>) -> Self {
        self.with(field, Content::Text(text.into()))
    }

    /// The row with this text, if there is one.
    pub(crate) fn some(self, field: &'static str, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.text(field, text),
            None => self,
        }
    }

    /// The row with this date.
    pub(crate) fn day(self, field: &'static str, day: Date) -> Self {
        self.with(field, Content::Day(day))
    }

    /// The row with this amount, if there is one.
    pub(crate) fn money(self, field: &'static str, amount: Option<Amount>) -> Self {
        match amount {
            Some(amount) => self.with(field, Content::Money(amount)),
            None => self,
        }
    }

    /// The row with this content.
    pub(crate) fn with(mut self, field: &'static str, content: Content) -> Self {
        self.0.insert(field, content);
        self
    }

    /// The row with this field blank.
    pub(crate) fn without(mut self, field: &'static str) -> Self {
        self.0.remove(field);
        self
    }

    /// The content of a field; `None` when it is blank.
    pub(crate) fn get(&self, field: &str) -> Option<&Content> {
        self.0.get(field)
    }

    /// The text of a field; empty when it is blank or no text.
    pub(crate) fn text_of(&self, field: &str) -> &str {
        match self.get(field) {
            Some(Content::Text(text)) => text,
            _ => "",
        }
    }

    /// The fields that are filled.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.keys().copied()
    }
}
