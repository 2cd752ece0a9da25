//! What is written, and on what condition.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;

use super::item::{Attributes, BODY, Key, PK, binary, count, instant, json, text};
use crate::StoreError;

/// A condition on the item that is written.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    /// An attribute is there.
    Exists(&'static str),
    /// An attribute is not there.
    Absent(&'static str),
    /// An attribute compares so with a value; false when it is not there.
    Compares(&'static str, &'static str, AttributeValue),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

/// There is such an item.
pub(crate) fn there() -> Condition {
    Condition::Exists(PK)
}

/// There is no such item.
pub(crate) fn nothing_there() -> Condition {
    Condition::Absent(PK)
}

/// The attribute is there.
pub(crate) fn has(name: &'static str) -> Condition {
    Condition::Exists(name)
}

/// The attribute is not there.
pub(crate) fn lacks(name: &'static str) -> Condition {
    Condition::Absent(name)
}

/// The attribute is this value.
pub(crate) fn is(name: &'static str, value: AttributeValue) -> Condition {
    Condition::Compares(name, "=", value)
}

/// The attribute is less than this value.
pub(crate) fn below(name: &'static str, value: AttributeValue) -> Condition {
    Condition::Compares(name, "<", value)
}

/// The attribute is more than this value.
pub(crate) fn above(name: &'static str, value: AttributeValue) -> Condition {
    Condition::Compares(name, ">", value)
}

/// The attribute is this value or less.
pub(crate) fn at_most(name: &'static str, value: AttributeValue) -> Condition {
    Condition::Compares(name, "<=", value)
}

impl Condition {
    pub(crate) fn and(self, other: Self) -> Self {
        Self::All(vec![self, other])
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self::Any(vec![self, other])
    }

    fn written(&self, words: &mut Words) -> String {
        let joined = |words: &mut Words, parts: &[Self], by: &str| {
            let parts: Vec<String> = parts.iter().map(|part| part.written(words)).collect();
            format!("({})", parts.join(by))
        };
        match self {
            Self::Exists(name) => format!("attribute_exists({})", words.name(name)),
            Self::Absent(name) => format!("attribute_not_exists({})", words.name(name)),
            Self::Compares(name, how, value) => {
                format!("{} {how} {}", words.name(name), words.value(value.clone()))
            }
            Self::All(parts) => joined(words, parts, " AND "),
            Self::Any(parts) => joined(words, parts, " OR "),
        }
    }
}

/// Names and values that an expression holds places for: no name is then a reserved word.
#[derive(Debug, Default)]
struct Words {
    names: Vec<&'static str>,
    values: Vec<AttributeValue>,
}

impl Words {
    fn name(&mut self, name: &'static str) -> String {
        let known = self.names.iter().position(|known| *known == name);
        let place = known.unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        });
        format!("#{place}")
    }

    fn value(&mut self, value: AttributeValue) -> String {
        self.values.push(value);
        format!(":{}", self.values.len() - 1)
    }
}

/// A write as the SDK takes it, in whichever of its calls.
#[derive(Debug)]
pub(super) struct Expressions {
    pub(super) update: Option<String>,
    pub(super) condition: Option<String>,
    pub(super) names: Option<std::collections::HashMap<String, String>>,
    pub(super) values: Option<Attributes>,
}

impl Expressions {
    pub(super) fn of(changes: &[Change], condition: Option<&Condition>) -> Self {
        let mut words = Words::default();
        let update = (!changes.is_empty()).then(|| written(changes, &mut words));
        let condition = condition.map(|condition| condition.written(&mut words));
        let names = (0..).zip(&words.names).map(|(place, name)| (format!("#{place}"), (*name).to_owned())).collect();
        let values = (0..).zip(words.values).map(|(place, value)| (format!(":{place}"), value)).collect();
        let filled = |map: Attributes| (!map.is_empty()).then_some(map);
        Self { update, condition, names: (!words.names.is_empty()).then_some(names), values: filled(values) }
    }
}

/// A change to one attribute.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Set(&'static str, AttributeValue),
    SetFirst(&'static str, AttributeValue),
    Add(&'static str, AttributeValue),
    Remove(&'static str),
}

fn written(changes: &[Change], words: &mut Words) -> String {
    let (mut set, mut add, mut remove) = (vec![], vec![], vec![]);
    for change in changes {
        match change {
            Change::Set(name, value) => set.push(format!("{} = {}", words.name(name), words.value(value.clone()))),
            Change::SetFirst(name, value) => {
                let (name, value) = (words.name(name), words.value(value.clone()));
                set.push(format!("{name} = if_not_exists({name}, {value})"));
            }
            Change::Add(name, value) => add.push(format!("{} {}", words.name(name), words.value(value.clone()))),
            Change::Remove(name) => remove.push(words.name(name)),
        }
    }
    let clauses = [("SET", set), ("ADD", add), ("REMOVE", remove)].into_iter().filter(|(_, parts)| !parts.is_empty());
    let clauses: Vec<String> = clauses.map(|(word, parts)| format!("{word} {}", parts.join(", "))).collect();
    clauses.join(" ")
}

/// A whole item to be written.
#[derive(Clone, Debug)]
pub(crate) struct Put {
    pub(super) item: Attributes,
    pub(super) condition: Option<Condition>,
}

impl Put {
    /// At this place, in place of whatever stands there.
    pub(crate) fn at(key: &Key) -> Self {
        Self { item: key.attributes(), condition: None }
    }

    /// At this place, when nothing stands there.
    pub(crate) fn new_at(key: &Key) -> Self {
        Self::at(key).when(nothing_there())
    }

    pub(crate) fn when(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.item.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn text(self, name: &str, value: impl Into<String>) -> Self {
        self.with(name, text(value))
    }

    pub(crate) fn count(self, name: &str, value: impl ToString) -> Self {
        self.with(name, count(value))
    }

    pub(crate) fn instant(self, name: &str, at: Timestamp) -> Self {
        self.with(name, text(instant(at)))
    }

    pub(crate) fn binary(self, name: &str, value: Vec<u8>) -> Self {
        self.with(name, binary(value))
    }

    /// What the item is.
    pub(crate) fn body(self, value: &impl Serialize, what: &'static str) -> Result<Self, StoreError> {
        Ok(self.with(BODY, text(json(value, what)?)))
    }
}

/// Changes to an item, which is made when there is none.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    pub(super) key: Key,
    pub(super) changes: Vec<Change>,
    pub(super) condition: Option<Condition>,
}

impl Update {
    pub(crate) fn at(key: Key) -> Self {
        Self { key, changes: vec![], condition: None }
    }

    pub(crate) fn when(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    fn with(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    pub(crate) fn set(self, name: &'static str, value: AttributeValue) -> Self {
        self.with(Change::Set(name, value))
    }

    pub(crate) fn text(self, name: &'static str, value: impl Into<String>) -> Self {
        self.set(name, text(value))
    }

    pub(crate) fn count(self, name: &'static str, value: impl ToString) -> Self {
        self.set(name, count(value))
    }

    pub(crate) fn instant(self, name: &'static str, at: Timestamp) -> Self {
        self.set(name, text(instant(at)))
    }

    /// What the item is.
    pub(crate) fn body(self, value: &impl Serialize, what: &'static str) -> Result<Self, StoreError> {
        Ok(self.text(BODY, json(value, what)?))
    }

    /// Sets the attribute unless it is there.
    pub(crate) fn first(self, name: &'static str, value: AttributeValue) -> Self {
        self.with(Change::SetFirst(name, value))
    }

    /// Adds to a number, which is 0 when it is not there.
    pub(crate) fn add(self, name: &'static str, by: impl ToString) -> Self {
        self.with(Change::Add(name, count(by)))
    }

    pub(crate) fn remove(self, name: &'static str) -> Self {
        self.with(Change::Remove(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_held_by_places() {
        let update = Update::at(Key::new("p", "s"))
            .text("unit", "a")
            .first("stored", text("b"))
            .add("n", 1)
            .remove("objection")
            .when(lacks("revision").or(below("revision", text("c")).and(is("unit", text("a")))));
        let written = Expressions::of(&update.changes, update.condition.as_ref());
        assert_eq!(written.update.as_deref(), Some("SET #0 = :0, #1 = if_not_exists(#1, :1) ADD #2 :2 REMOVE #3"));
        let condition = "(attribute_not_exists(#4) OR (#4 < :3 AND #0 = :4))";
        assert_eq!(written.condition.as_deref(), Some(condition));
        assert_eq!((written.names.unwrap().len(), written.values.unwrap().len()), (5, 5));
    }

    #[test]
    fn without_conditions_nothing_is_held() {
        let written = Expressions::of(&[], None);
        assert!(written.update.is_none() && written.names.is_none() && written.values.is_none());
    }
}
