//! What stood in a column before: authorities, codes and domains are the same in row after row, and need no second look.

use std::borrow::Cow;
use std::cell::RefCell;

use crate::value::Value;

/// Longer texts are hardly ever the same twice.
const LONGEST: usize = 256;

/// The last text of a column that was taken as it stands, without a fault or a normalisation, and its value.
#[derive(Default)]
pub(crate) struct Remembered(RefCell<Last>);

#[derive(Default)]
struct Last {
    text: String,
    value: Option<Known>,
}

enum Known {
    /// The text itself.
    Text,
    Value(Value<'static>),
}

impl Remembered {
    /// The value of `text`, when it is the last one.
    #[inline]
    pub(crate) fn value<'r>(&self, text: &'r str) -> Option<Value<'r>> {
        let last = self.0.borrow();
        match last.value.as_ref().filter(|_| last.text == text)? {
            Known::Text => Some(Value::Text(Cow::Borrowed(text))),
            Known::Value(value) => Some(value.clone()),
        }
    }

    /// Keeps the value of `text` in mind, of those that no other column, header or row has a part in.
    pub(crate) fn remember(&self, text: &str, value: &Value<'_>) {
        let known = match *value {
            Value::Text(Cow::Borrowed(_)) => Known::Text,
            Value::Uscc(value) => Known::Value(Value::Uscc(value)),
            Value::Code(value) => Known::Value(Value::Code(value)),
            Value::Codes(value) => Known::Value(Value::Codes(value)),
            Value::Flag(value) => Known::Value(Value::Flag(value)),
            Value::Domain(value) => Known::Value(Value::Domain(value)),
            Value::Division(value) => Known::Value(Value::Division(value)),
            Value::List(value) => Known::Value(Value::List(value)),
            // Dates and amounts depend on the file's or the header's unit, and identity numbers are not kept.
            _ => return,
        };
        if text.len() > LONGEST {
            return;
        }
        let mut last = self.0.borrow_mut();
        last.text.clear();
        last.text.push_str(text);
        last.value = Some(known);
    }
}
