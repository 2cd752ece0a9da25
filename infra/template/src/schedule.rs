//! Schedule expressions of EventBridge: `rate(…)` and `cron(…)`.
//!
//! Source: EventBridge user guide, "Cron expressions reference" and "Rate expressions reference".

use thiserror::Error;

use crate::DeploymentError;
use crate::node::Node;

const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// When a function runs by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// `rate(…)` or `cron(…)`, as the template has it.
    pub expression: String,
}

/// Why EventBridge would refuse a schedule.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ScheduleError {
    /// It is neither of the two forms.
    #[error("is neither rate(value unit) nor cron(six fields)")]
    Form,
    /// A rate's value is not a whole number above zero.
    #[error("the value of a rate is a whole number above zero, not {0}")]
    RateValue(String),
    /// A rate's unit is not one of the six, or its number does not agree with the value.
    #[error("the unit of a rate of {value} is {expected}, not {unit}")]
    RateUnit {
        /// The value.
        value: u32,
        /// What the unit can be.
        expected: &'static str,
        /// The unit.
        unit: String,
    },
    /// A cron expression has more or fewer than six fields.
    #[error("cron has six fields (minute, hour, day of month, month, day of week, year), not {0}")]
    FieldCount(usize),
    /// Neither or both of the two day fields are `?`.
    #[error("exactly one of day of month and day of week is ?")]
    Days,
    /// A field is not one of its values, nor a list, range or step of them.
    #[error("{field} cannot be {value}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// The part of it that is wrong.
        value: String,
    },
}

impl Schedule {
    pub(crate) fn read(node: &Node<'_>) -> Result<Self, DeploymentError> {
        Ok(Self { expression: node.text()?.to_owned() })
    }

    /// Whether EventBridge accepts the expression.
    ///
    /// ```
    /// use xinzheng_template::{Schedule, ScheduleError};
    ///
    /// let schedule = Schedule { expression: "cron(0 2 * * * *)".to_owned() };
    /// assert_eq!(schedule.check(), Err(ScheduleError::Days));
    /// ```
    pub fn check(&self) -> Result<(), ScheduleError> {
        let inside = |form: &str| self.expression.strip_prefix(form)?.strip_prefix('(')?.strip_suffix(')');
        match (inside("rate"), inside("cron")) {
            (Some(rate), _) => check_rate(rate),
            (None, Some(cron)) => check_cron(cron),
            (None, None) => Err(ScheduleError::Form),
        }
    }
}

fn check_rate(rate: &str) -> Result<(), ScheduleError> {
    let (text, unit) = rate.split_once(' ').ok_or(ScheduleError::Form)?;
    let value = number(text).filter(|value| *value > 0).ok_or_else(|| ScheduleError::RateValue(text.to_owned()))?;
    let (units, expected) = if value == 1 {
        (["minute", "hour", "day"], "minute, hour or day")
    } else {
        (["minutes", "hours", "days"], "minutes, hours or days")
    };
    if units.contains(&unit) { Ok(()) } else { Err(ScheduleError::RateUnit { value, expected, unit: unit.to_owned() }) }
}

fn check_cron(cron: &str) -> Result<(), ScheduleError> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day_of_month, month, day_of_week, year] = fields.as_slice() else {
        return Err(ScheduleError::FieldCount(fields.len()));
    };
    Field { name: "minute", low: 0, high: 59, names: &[], special: |_| false }.check(minute)?;
    Field { name: "hour", low: 0, high: 23, names: &[], special: |_| false }.check(hour)?;
    Field { name: "month", low: 1, high: 12, names: MONTHS, special: |_| false }.check(month)?;
    Field { name: "year", low: 1970, high: 2199, names: &[], special: |_| false }.check(year)?;
    if (*day_of_month == "?") == (*day_of_week == "?") {
        return Err(ScheduleError::Days);
    }
    if *day_of_month != "?" {
        Field { name: "day of month", low: 1, high: 31, names: &[], special: last_or_weekday }.check(day_of_month)?;
    }
    if *day_of_week != "?" && !is_nth_or_last_day(day_of_week) {
        Field { name: "day of week", low: 1, high: 7, names: DAYS, special: |_| false }.check(day_of_week)?;
    }
    Ok(())
}

/// `L`, `LW`, or the weekday nearest to a day of the month, such as `15W`.
fn last_or_weekday(item: &str) -> bool {
    let nearest = item.strip_suffix('W').and_then(number);
    matches!(item, "L" | "LW") || nearest.is_some_and(|day| (1..=31).contains(&day))
}

/// `L`, the last such day of the month (`6L`), or the nth one (`3#2`); these stand alone, not in a list.
fn is_nth_or_last_day(field: &str) -> bool {
    let is_day = |day: &str| position(day, DAYS).or_else(|| number(day)).is_some_and(|day| (1..=7).contains(&day));
    match (field.strip_suffix('L'), field.split_once('#')) {
        (Some(""), _) => true,
        (Some(day), _) => is_day(day),
        (None, Some((day, nth))) => is_day(day) && number(nth).is_some_and(|nth| (1..=5).contains(&nth)),
        (None, None) => false,
    }
}

/// What a field of a cron expression may hold.
struct Field {
    name: &'static str,
    low: u32,
    high: u32,
    /// Names of the values from `low` on.
    names: &'static [&'static str],
    /// Whether an item is right although it is neither value, range nor step.
    special: fn(&str) -> bool,
}

impl Field {
    fn check(&self, field: &str) -> Result<(), ScheduleError> {
        let wrong = field.split(',').find(|item| !(self.special)(item) && !self.allows(item));
        wrong.map_or(Ok(()), |item| Err(ScheduleError::Field { field: self.name, value: item.to_owned() }))
    }

    /// `*`, a value, or a range; each with or without a step.
    fn allows(&self, item: &str) -> bool {
        let (values, step) = match item.split_once('/') {
            Some((values, step)) => (values, Some(step)),
            None => (item, None),
        };
        let steps = step.is_none_or(|step| number(step).is_some_and(|step| (1..=self.high).contains(&step)));
        let known = match values.split_once('-') {
            Some((first, last)) => {
                matches!((self.value(first), self.value(last)), (Some(first), Some(last)) if first <= last)
            }
            None => values == "*" || self.value(values).is_some(),
        };
        steps && known
    }

    fn value(&self, text: &str) -> Option<u32> {
        let named = position(text, self.names).map(|position| position + self.low - 1);
        named.or_else(|| number(text)).filter(|value| (self.low..=self.high).contains(value))
    }
}

/// Place of a name among names, from one.
fn position(text: &str, names: &[&str]) -> Option<u32> {
    names.iter().zip(1..).find_map(|(name, position)| name.eq_ignore_ascii_case(text).then_some(position))
}

/// The number, written in digits and nothing else.
fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str) -> Result<(), ScheduleError> {
        Schedule { expression: expression.to_owned() }.check()
    }

    #[test]
    fn accepts_what_event_bridge_accepts() {
        let expressions = [
            "rate(1 minute)",
            "rate(5 minutes)",
            "rate(1 hour)",
            "rate(24 hours)",
            "rate(1 day)",
            "rate(7 days)",
            "cron(0 12 * * ? *)",
            "cron(15 12 * * ? *)",
            "cron(0 18 ? * MON-FRI *)",
            "cron(0 8 1 * ? *)",
            "cron(0/15 * * * ? *)",
            "cron(*/10 8-17 ? JAN,mar 2-6 2025-2030)",
            "cron(15 10 ? * 6L 2019-2022)",
            "cron(0 9 ? * 3#2 *)",
            "cron(0 9 ? * TUE#2 *)",
            "cron(0 9 L * ? *)",
            "cron(0 9 1,15W * ? *)",
            "cron(0 9 ? * L *)",
        ];
        for expression in expressions {
            assert_eq!(check(expression), Ok(()), "{expression}");
        }
    }

    #[test]
    fn says_what_event_bridge_would_refuse() {
        let cases = [
            ("every day", "is neither rate(value unit) nor cron(six fields)"),
            ("rate(5minutes)", "is neither rate(value unit) nor cron(six fields)"),
            ("rate(0 minutes)", "the value of a rate is a whole number above zero, not 0"),
            ("rate(+5 minutes)", "the value of a rate is a whole number above zero, not +5"),
            ("rate(1.5 hours)", "the value of a rate is a whole number above zero, not 1.5"),
            ("rate(1 minutes)", "the unit of a rate of 1 is minute, hour or day, not minutes"),
            ("rate(5 minute)", "the unit of a rate of 5 is minutes, hours or days, not minute"),
            ("rate(30 seconds)", "the unit of a rate of 30 is minutes, hours or days, not seconds"),
            ("cron(0 2 * * *)", "cron has six fields (minute, hour, day of month, month, day of week, year), not 5"),
            ("cron(0 2 * * * *)", "exactly one of day of month and day of week is ?"),
            ("cron(0 2 ? * ? *)", "exactly one of day of month and day of week is ?"),
            ("cron(0 2 1 * MON *)", "exactly one of day of month and day of week is ?"),
            ("cron(60 2 * * ? *)", "minute cannot be 60"),
            ("cron(0 24 * * ? *)", "hour cannot be 24"),
            ("cron(0 2 32 * ? *)", "day of month cannot be 32"),
            ("cron(0 2 0W * ? *)", "day of month cannot be 0W"),
            ("cron(0 2 * 13 ? *)", "month cannot be 13"),
            ("cron(0 2 * MONDAY ? *)", "month cannot be MONDAY"),
            ("cron(0 2 ? * 0 *)", "day of week cannot be 0"),
            ("cron(0 2 ? * 8L *)", "day of week cannot be 8L"),
            ("cron(0 2 ? * 3#6 *)", "day of week cannot be 3#6"),
            ("cron(0 2 ? * 3#1,6#3 *)", "day of week cannot be 3#1"),
            ("cron(0 2 ? * FRI-MON *)", "day of week cannot be FRI-MON"),
            ("cron(0 2 * * ? 1969)", "year cannot be 1969"),
            ("cron(0/0 2 * * ? *)", "minute cannot be 0/0"),
            ("cron(0,, 2 * * ? *)", "minute cannot be "),
            ("cron(? 2 * * ? *)", "minute cannot be ?"),
        ];
        for (expression, expected) in cases {
            assert_eq!(check(expression).unwrap_err().to_string(), expected, "{expression}");
        }
    }
}
