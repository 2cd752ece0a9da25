//! How complete the data are that a report rests on: which months its source units have reported, by their balanced
//! manifests (R7, R8). What was never reported must not read as "no record".

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::month::{Month, MonthRange};
use crate::report::period::Period;
use crate::{DomainId, UnitCode};

/// What of a unit's month there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MonthState {
    /// Balanced manifests cover it.
    Complete,
    /// Balanced manifests cover it, and there is no record.
    DeclaredZero,
    /// There is something, and no balanced manifest of every kind.
    Partial,
    /// There is nothing.
    Missing,
}

impl MonthState {
    /// True when the month is reported as a whole.
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Complete | Self::DeclaredZero)
    }

    /// The state of two parts together: whole when both are, missing when both are, else partial.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::DeclaredZero, Self::DeclaredZero) => Self::DeclaredZero,
            (one, other) if one.is_whole() && other.is_whole() => Self::Complete,
            (Self::Missing, Self::Missing) => Self::Missing,
            _ => Self::Partial,
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Complete => 'c',
            Self::DeclaredZero => 'z',
            Self::Partial => 'p',
            Self::Missing => 'm',
        }
    }

    fn of_letter(letter: char) -> Option<Self> {
        [Self::Complete, Self::DeclaredZero, Self::Partial, Self::Missing].into_iter().find(|s| s.letter() == letter)
    }
}

/// The months of a municipal unit with its offices, from 2022-08 on. Kept as a letter a month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitMonths(pub Vec<MonthState>);

impl UnitMonths {
    /// With the months of another row: those of an office.
    #[must_use]
    pub fn with(self, other: &Self) -> Self {
        let length = self.0.len().max(other.0.len());
        let of = |months: &Self, index: usize| months.0.get(index).copied().unwrap_or(MonthState::Missing);
        Self((0..length).map(|index| of(&self, index).with(of(other, index))).collect())
    }
}

impl Serialize for UnitMonths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.iter().map(|state| state.letter()).collect::<String>())
    }
}

impl<'de> Deserialize<'de> for UnitMonths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let letters = String::deserialize(deserializer)?;
        let months = letters.chars().map(MonthState::of_letter).collect::<Option<_>>();
        months.map(Self).ok_or_else(|| serde::de::Error::custom("no state of a month"))
    }
}

/// What all units have reported, as it was worked out last: what a report's completeness is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// When it was worked out.
    pub worked_out_at: Timestamp,
    /// The last month whose records are all due by now; `None` before there is one.
    pub due_until: Option<Month>,
    /// By the unit's row in annex 2.
    pub units: BTreeMap<u8, UnitMonths>,
}

/// How complete the data of a report are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// When it was worked out.
    pub worked_out_at: Timestamp,
    /// The last month whose records are all due: seven working days after its end. Later months are not judged.
    pub due_until: Option<Month>,
    /// The report's domains, in its order.
    pub domains: Vec<DomainCompleteness>,
}

/// How complete the data of a domain are, from the period's start to its end, as far as they are due; of a period of which
/// nothing is due yet, in the last month that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainCompleteness {
    /// The domain.
    pub domain: DomainId,
    /// Up to this month everything since the period's start is reported; `None` when its first month is not.
    pub complete_until: Option<Month>,
    /// Months of which there is something, and not all.
    pub partial: Vec<MonthRange>,
    /// Months of which there is nothing.
    pub missing: Vec<MonthRange>,
    /// True when nothing that is due was reported: its silence says nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
}

impl Completeness {
    /// The domains whose data are not complete; `None` when nothing is due yet.
    pub fn incomplete(&self) -> Option<Vec<DomainId>> {
        self.due_until?;
        Some(self.domains.iter().filter(|found| !found.is_whole()).map(|found| found.domain).collect())
    }

    /// True when nothing of a period is due yet: what is known is of the month before it.
    pub fn is_before(&self, period: &Period) -> bool {
        self.due_until.is_some_and(|due| Month::of(period.from()).is_some_and(|first| due < first))
    }
}

impl DomainCompleteness {
    /// True when every month that is due is reported.
    pub const fn is_whole(&self) -> bool {
        self.partial.is_empty() && self.missing.is_empty()
    }
}

impl Reported {
    /// What it means for a report of these domains and this period.
    pub fn completeness(&self, period: &Period, domains: &[DomainId]) -> Completeness {
        Completeness {
            worked_out_at: self.worked_out_at,
            due_until: self.due_until,
            domains: domains.iter().map(|&domain| self.of_domain(period, domain)).collect(),
        }
    }

    fn of_domain(&self, period: &Period, domain: DomainId) -> DomainCompleteness {
        let mut found =
            DomainCompleteness { domain, complete_until: None, partial: vec![], missing: vec![], silent: false };
        let (Some(first), Some(last), Some(due)) = (Month::of(period.from()), Month::of(period.to()), self.due_until)
        else {
            return found;
        };
        let units: Vec<UnitCode> = domain.collected_by().collect();
        let mut unbroken = true;
        // What a unit reported before a period that is not due yet tells that it does report.
        let before = if due < first { Month::first() } else { None };
        let earlier = before.into_iter().flat_map(|before| before.up_to(due));
        let states = |month| units.iter().map(move |unit| self.state(*unit, month));
        let mut any = earlier.into_iter().flat_map(states).any(|state| state != MonthState::Missing);
        for month in first.min(due).up_to(last.min(due)) {
            let Some(state) = units.iter().map(|unit| self.state(*unit, month)).reduce(MonthState::with) else { break };
            unbroken &= state.is_whole();
            any |= state != MonthState::Missing;
            match state {
                _ if unbroken => found.complete_until = Some(month),
                MonthState::Complete | MonthState::DeclaredZero => {}
                MonthState::Partial => MonthRange::extend(&mut found.partial, month),
                MonthState::Missing => MonthRange::extend(&mut found.missing, month),
            }
        }
        found.silent = !any && !found.missing.is_empty();
        found
    }

    fn state(&self, unit: UnitCode, month: Month) -> MonthState {
        let months = self.units.get(&unit.row());
        months.and_then(|months| months.0.get(month.index()).copied()).unwrap_or(MonthState::Missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: &str, to: &str) -> MonthRange {
        MonthRange { from: Month::parse(from).unwrap(), to: Month::parse(to).unwrap() }
    }

    #[test]
    fn of_a_period_that_is_not_due_the_month_before_it_is_told() {
        let today = "2023-07-20".parse().unwrap();
        let period = Period::new("2023-06-10".parse().unwrap(), today, today).unwrap();
        let sports = DomainId::from_name("体育").unwrap();
        let unit = sports.collected_by().next().unwrap();
        for (letters, until, silent) in
            [("cccccccccc", Some("2023-05"), false), ("ccccccccc", None, false), ("", None, true)]
        {
            let units = BTreeMap::from([(unit.row(), serde_json::from_value(letters.into()).unwrap())]);
            let due_until = Month::parse("2023-05");
            let reported = Reported { worked_out_at: Timestamp::UNIX_EPOCH, due_until, units };
            let found = reported.completeness(&period, &[sports]);
            assert!(found.is_before(&period));
            let of_sports = &found.domains[0];
            assert_eq!(of_sports.complete_until, until.and_then(Month::parse), "{letters}");
            assert_eq!((of_sports.silent, of_sports.is_whole()), (silent, until.is_some()), "{letters}");
        }
    }

    #[test]
    fn a_domain_is_as_complete_as_its_units() {
        let today = "2023-06-20".parse().unwrap();
        let period = Period::new("2022-09-10".parse().unwrap(), today, today).unwrap();
        // 体育 is reported by one unit: from 2022-08 on.
        let sports = DomainId::from_name("体育").unwrap();
        let unit = sports.collected_by().next().unwrap();
        for (letters, until, partial, missing) in [
            ("cccccccccc", Some("2023-05"), vec![], vec![]),
            ("mczczcczzc", Some("2023-05"), vec![], vec![]),
            (
                "cccpmmccpp",
                Some("2022-10"),
                vec![range("2022-11", "2022-11"), range("2023-04", "2023-05")],
                vec![range("2022-12", "2023-01")],
            ),
            ("cc", Some("2022-09"), vec![], vec![range("2022-10", "2023-05")]),
            ("", None, vec![], vec![range("2022-09", "2023-05")]),
            ("cmcccccccc", None, vec![], vec![range("2022-09", "2022-09")]),
        ] {
            let units = BTreeMap::from([(unit.row(), serde_json::from_value(letters.into()).unwrap())]);
            let due_until = Month::parse("2023-05");
            let reported = Reported { worked_out_at: Timestamp::UNIX_EPOCH, due_until, units };
            let found = &reported.completeness(&period, &[sports]).domains[0];
            assert_eq!(found.complete_until, until.and_then(Month::parse), "{letters}");
            assert_eq!((&found.partial, &found.missing), (&partial, &missing), "{letters}");
            assert_eq!(found.silent, letters.is_empty(), "{letters}");
        }
    }
}
