//! A unit's docket for one file: from it come the days, numbers, parties and amounts of the rows.

use fastrand::Rng;
use jiff::Span;
use jiff::civil::Date;
use xinzheng_domain::{Amount, TableId, UnitCode, UploadKey};

use crate::SampleError;
use crate::authority::Authority;
use crate::day::Today;
use crate::file_plan::FilePlan;
use crate::party::Party;
use crate::subjects::{Registered, Role, register, with_role};
use crate::wording::{self, Wording};

/// Where the rows of a file draw from. Each file has its own seed, so that a change to one leaves the others alone.
pub(crate) struct Docket {
    pub(crate) plan: &'static FilePlan,
    pub(crate) table: TableId,
    pub(crate) authority: Authority,
    unit: UnitCode,
    wording: Option<&'static Wording>,
    rng: Rng,
    pool: Vec<&'static Registered>,
    /// The first and last day of decisions.
    pub(crate) decided: (Date, Date),
    days: Vec<Date>,
    next_number: u32,
}

/// FNV-1a: the same seed for the same key on every machine.
fn seed(key: &str) -> u64 {
    key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Docket {
    /// The docket of a planned file, as it is on this day.
    pub(crate) fn open(plan: &'static FilePlan, key: &UploadKey, today: Today) -> Result<Self, SampleError> {
        let rng = Rng::with_seed(seed(plan.key));
        // Drawn apart, so that only the days differ between the samples of two days.
        let mut of_days = Rng::with_seed(!seed(plan.key));
        let (from, to) = plan.days(today);
        let span = from.until(to).map_or(0, |span| span.get_days());
        let mut days: Vec<Date> =
            (0..plan.rows).map(|_| from.saturating_add(Span::new().days(of_days.i32(0..=span)))).collect();
        days.sort_unstable();
        if let Some(day) = plan.repairable.and_then(|row| days.get_mut(row.checked_sub(1)?)) {
            *day = FilePlan::repairable_since(today);
        }
        let drawn = |subject: &&Registered| {
            matches!(subject.role, Role::Any | Role::MovedOut) && plan.about.contains(&subject.register_type)
        };
        Ok(Self {
            plan,
            table: key.table,
            authority: Authority::of(key.unit)?,
            unit: key.unit,
            wording: wording::of_unit(&key.unit.responsible().to_string()),
            pool: register().iter().filter(drawn).collect(),
            decided: (from, to),
            days,
            next_number: plan.first_number,
            rng,
        })
    }

    /// What the unit's records say.
    pub(crate) fn wording(&self) -> Result<&'static Wording, SampleError> {
        self.wording.ok_or_else(|| SampleError::NotWhole(format!("units.json lacks {}", self.unit)))
    }

    /// Whom row `number` (from 1) is about: as the plan says, else drawn.
    pub(crate) fn party(&mut self, number: usize) -> Result<Party, SampleError> {
        if self.plan.people.contains(&number) {
            return Party::person(number);
        }
        if let Some(name) = self.plan.lasting {
            let subject = register().iter().find(|subject| subject.name == name).map(Party::registered);
            return subject.ok_or_else(|| SampleError::NotWhole(format!("{}: no {name}", self.plan.key)));
        }
        let every_kind = self.plan.every_kind.contains(&number);
        let subject = if every_kind { with_role(Role::EveryKind) } else { self.rng.choice(self.pool.iter().copied()) };
        subject.map(Party::registered).ok_or_else(|| SampleError::NotWhole(format!("{}: no subject", self.plan.key)))
    }

    /// The day on which row `number` (from 1) was decided.
    pub(crate) fn day(&self, number: usize) -> Date {
        number.checked_sub(1).and_then(|row| self.days.get(row).copied()).unwrap_or(self.decided.1)
    }

    /// The number of the next document: 晋虚市监罚〔2024〕12号, the court's （2024）晋虚04刑初12号.
    pub(crate) fn document(&mut self, decided: Date) -> String {
        let number = self.next_number;
        self.next_number += self.rng.u32(1..=3);
        let year = decided.year();
        let mark = self.wording.map_or("", |wording| wording.mark.as_str());
        let county = self.unit.office().and_then(|division| division.name().chars().next());
        let county = county.map_or_else(String::new, String::from);
        match (mark, self.table) {
            ("法", TableId::Judgment) => format!("（{year}）晋虚04刑初{number}号"),
            ("法", _) => format!("（{year}）晋虚04执{number}号"),
            (_, table) => {
                let kind = match table {
                    TableId::Penalty => "罚",
                    TableId::Coercion => "强",
                    TableId::SeriousDishonesty => "列严",
                    TableId::AbnormalOperation => "列异",
                    _ => "信",
                };
                format!("晋虚{mark}{county}{kind}〔{year}〕{number}号")
            }
        }
    }

    /// One of these, drawn.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Result<&'a T, SampleError> {
        self.rng
            .choice(choices)
            .ok_or_else(|| SampleError::NotWhole(format!("{}: nothing to draw from", self.plan.key)))
    }

    /// True in about one of `n` draws.
    pub(crate) fn one_in(&mut self, n: u32) -> bool {
        self.rng.u32(0..n.max(1)) == 0
    }

    /// A number of days between these.
    pub(crate) fn days_between(&mut self, least: i32, most: i32) -> Span {
        Span::new().days(self.rng.i32(least..=most))
    }

    /// An amount in whole hundreds of 元, from 500 元 to 20 万元.
    pub(crate) fn amount(&mut self) -> Option<Amount> {
        Amount::from_fen(self.rng.i64(5..=2000) * 10_000)
    }
}
