//! Measures that last: being on a list, under a coercion that is not lifted, under a penalty that restricts until a day. They
//! are states, and belong to each report in whose period they hold on a day, whenever they were decided (scheme, section
//! 3(2); R3).

use std::sync::LazyLock;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Record;
use crate::record::standing::StandingRecord;
use crate::record::{Details, Penalty};
use crate::report::period::Period;

/// The days on which a measure holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The day of the decision.
    pub from: Date,
    /// How it ends, as far as it is known.
    pub end: End,
}

/// How a measure ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It has not ended.
    Open,
    /// It ended on this day, on which it holds no longer: 移出日期, 解除日期.
    Ended(Date),
    /// It holds through this day: 处罚有效期.
    Until(Date),
}

impl InForce {
    /// True when it holds on `day` or on a later one.
    pub fn on_or_after(&self, day: Date) -> bool {
        match self.end {
            End::Open => true,
            End::Ended(ended) => ended > day,
            End::Until(last) => last >= day,
        }
    }

    /// True when it holds on a day of the period.
    pub fn within(&self, period: &Period) -> bool {
        self.from <= period.to() && self.on_or_after(period.from())
    }
}

/// How a record belongs to a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Belonging {
    /// It was decided in the period.
    Decided,
    /// It was decided before, and is in force on a day of it (期前作出、期间内仍有效).
    InForce,
}

impl Record<'_> {
    /// When its measure holds, by what its own row says; `None` of what does not last.
    pub fn in_force(&self) -> Option<InForce> {
        let end = match &self.details {
            Details::SeriousDishonesty(_) | Details::AbnormalOperation(_) => {
                self.removed().map_or(End::Open, End::Ended)
            }
            Details::Coercion(coercion) => coercion.lifted.map_or(End::Open, End::Ended),
            Details::Penalty(penalty) if lasts(penalty) => End::Until(penalty.valid_until?),
            Details::Penalty(_) | Details::Judgment(_) => return None,
        };
        Some(InForce { from: self.decided, end })
    }
}

impl StandingRecord {
    /// When its measure holds, with a removal that came by itself; `None` of what does not last.
    pub fn in_force(&self) -> Option<InForce> {
        let own = self.record.in_force()?;
        let removed = self.removal.as_ref().map(|removal| End::Ended(removal.removal.date));
        Some(InForce { end: if own.end == End::Open { removed.unwrap_or(End::Open) } else { own.end }, ..own })
    }

    /// How it belongs to a report of this period; `None` when it does not.
    pub fn belongs_to(&self, period: &Period) -> Option<Belonging> {
        if period.contains(self.record.decided) {
            return Some(Belonging::Decided);
        }
        self.in_force().filter(|measure| measure.within(period)).map(|_| Belonging::InForce)
    }
}

/// True of a penalty that restricts until its 处罚有效期.
fn lasts(penalty: &Penalty<'_>) -> bool {
    penalty.categories.iter().any(|category| is_lasting(category))
}

/// True of a category of penalty (处罚类别) whose effect lasts until the 处罚有效期.
pub fn is_lasting(category: &str) -> bool {
    LASTING.categories.iter().any(|known| known == category)
}

#[derive(Deserialize)]
struct Lasting {
    categories: Vec<String>,
}

static LASTING: LazyLock<Lasting> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "part of the program; no program is better than one that forgets bans")]
    serde_json::from_str(include_str!("../../data/lasting-penalties.json")).expect("the lasting penalties are JSON")
});

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::record::standing::made_up;

    const LATER: Date = date(2025, 6, 30);

    fn period() -> Period {
        Period::new(date(2024, 1, 1), date(2024, 12, 31), date(2025, 11, 3)).unwrap()
    }

    #[test]
    fn what_lasts_belongs_to_every_report_in_whose_period_it_holds() {
        let listed = |decided, removed: Option<Date>| {
            let mut standing = made_up::listing("晋虚列〔2023〕1号", decided);
            standing.removal = removed.map(|date| crate::record::ListRemoval {
                authority: "长治市虚构局".into(),
                document: None,
                removal: crate::record::Removal { date, cause: "虚构".into() },
            });
            standing
        };
        let coerced = |lifted: Option<Date>| {
            let mut standing = made_up::coercion("晋虚强〔2023〕1号", date(2023, 3, 1));
            if let Details::Coercion(coercion) = &mut standing.record.details {
                coercion.lifted = lifted;
            }
            standing
        };
        let banned = |category: &'static str, until: Option<Date>| {
            let mut standing = made_up::penalty("晋虚罚〔2023〕1号", date(2023, 3, 1));
            if let Details::Penalty(penalty) = &mut standing.record.details {
                penalty.categories = [category.into()].into_iter().collect();
                penalty.valid_until = until;
            }
            standing
        };
        for (standing, expected) in [
            (listed(date(2021, 3, 1), None), Some(Belonging::InForce)),
            (listed(date(2023, 3, 1), Some(LATER)), Some(Belonging::InForce)),
            (listed(date(2023, 3, 1), Some(date(2024, 1, 2))), Some(Belonging::InForce)),
            // On the day of its removal it holds no longer.
            (listed(date(2023, 3, 1), Some(date(2024, 1, 1))), None),
            (listed(date(2024, 12, 31), None), Some(Belonging::Decided)),
            (listed(date(2025, 1, 1), None), None),
            (coerced(None), Some(Belonging::InForce)),
            (coerced(Some(date(2023, 12, 31))), None),
            (coerced(Some(LATER)), Some(Belonging::InForce)),
            (banned("限制从业", Some(date(2027, 1, 1))), Some(Belonging::InForce)),
            (banned("暂扣许可证件", Some(date(2024, 1, 1))), Some(Belonging::InForce)),
            (banned("责令停产停业", Some(date(2023, 12, 31))), None),
            (banned("限制从业", None), None),
            (banned("罚款", Some(date(2027, 1, 1))), None),
            (made_up::penalty("晋虚罚〔2024〕1号", date(2024, 1, 1)), Some(Belonging::Decided)),
        ] {
            assert_eq!(standing.belongs_to(&period()), expected, "{:?}", standing.record.details);
        }
    }

    #[test]
    fn the_lasting_categories_are_those_of_the_standard() {
        let known = crate::record::table::SharingStandard::get().codes("penalty-category");
        assert_eq!(LASTING.categories.len(), 5);
        assert!(LASTING.categories.iter().all(|category| known.contains(category)), "{:?}", LASTING.categories);
    }
}
