//! How long a record is public, and from when on it can be repaired: by classes of severity, as data with the day from which
//! each order is in force (信用修复管理办法).

use std::sync::LazyLock;

use jiff::Span;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::Details;
use crate::{Record, RecordKind};

/// How grave what a record tells is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// 轻微: simplified procedure, warning, notice of criticism.
    Minor,
    /// 一般.
    General,
    /// 严重.
    Serious,
}

impl Severity {
    /// Every class.
    pub const ALL: [Self; 3] = [Self::Minor, Self::General, Self::Serious];

    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::General => "general",
            Self::Serious => "serious",
        }
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Minor => "轻微失信",
            Self::General => "一般失信",
            Self::Serious => "严重失信",
        }
    }
}

/// How long a record is public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Publicity {
    /// How grave it counts.
    pub severity: Severity,
    /// The first day on which it can be repaired, when everything else is fulfilled.
    pub earliest: Date,
    /// The last day on which it may be published; `None` where that is when its measure ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest: Option<Date>,
    /// The order that says so.
    pub order: &'static str,
}

#[derive(Debug, Deserialize)]
struct Orders {
    orders: Vec<Order>,
}

#[derive(Debug, Deserialize)]
struct Order {
    from: Date,
    source: String,
    /// An application for repair carries a public commitment.
    #[serde(default)]
    commitment: bool,
    classes: Vec<Class>,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
struct Class {
    class: Severity,
    shortest: i32,
    longest: i32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    class: Severity,
    /// What its unit may set it to.
    #[serde(default)]
    or: Vec<Severity>,
    #[serde(default)]
    kind: Option<RecordKind>,
    #[serde(default)]
    simplified: Option<bool>,
    /// Every category is one of these.
    #[serde(default)]
    only: Vec<String>,
    /// A category is one of these.
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    domains: Vec<String>,
    /// It is public as long as its measure lasts.
    #[serde(default)]
    lasts: bool,
}

impl Rule {
    fn fits(&self, record: &Record<'_>) -> bool {
        let penalty = match &record.details {
            Details::Penalty(penalty) => Some(penalty),
            _ => None,
        };
        let categories = penalty.map(|penalty| penalty.categories.as_slice()).unwrap_or_default();
        let among = |known: &[String], category: &str| known.iter().any(|known| known == category);
        self.kind.is_none_or(|kind| kind == record.kind())
            && self.simplified.is_none_or(|simplified| penalty.and_then(|p| p.simplified) == Some(simplified))
            && (self.only.is_empty()
                || !categories.is_empty() && categories.iter().all(|category| among(&self.only, category)))
            && (self.any.is_empty() || categories.iter().any(|category| among(&self.any, category)))
            && (self.domains.is_empty() || among(&self.domains, record.domain.name()))
    }
}

impl Order {
    #[expect(clippy::expect_used, reason = "part of the program; its last rule fits every record, as a test shows")]
    fn rule_for(&self, record: &Record<'_>) -> &Rule {
        self.rules.iter().find(|rule| rule.fits(record)).expect("each order has a rule for every record")
    }
}

static ORDERS: LazyLock<Orders> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "part of the program")]
    serde_json::from_str(include_str!("../../data/publicity.json")).expect("the orders on publicity are JSON")
});

/// The order in force on a day. Before the first there was none: the first counts.
fn in_force(day: Date) -> &'static Order {
    #[expect(clippy::expect_used, reason = "part of the program; without an order nothing could be repaired")]
    ORDERS.orders.iter().rev().find(|order| order.from <= day).or(ORDERS.orders.first()).expect("there is an order")
}

/// Whether an application for repair on `day` has to carry a public commitment.
pub fn asks_commitment(day: Date) -> bool {
    in_force(day).commitment
}

/// The classes that the order in force on `day` lets the unit of a record choose from: one when it lets no choice.
pub fn choices(record: &Record<'_>, day: Date) -> Vec<Severity> {
    let rule = in_force(day).rule_for(record);
    std::iter::once(rule.class).chain(rule.or.iter().copied()).collect()
}

/// After how many months, by the order in force on `day`, records can be repaired: one for each of its classes.
pub fn waits(day: Date) -> impl Iterator<Item = i32> {
    in_force(day).classes.iter().map(|class| class.shortest)
}

/// The first day on which what was decided on `decided` can be repaired when it has to wait for so many months.
pub fn after(decided: Date, months: i32) -> Date {
    decided.saturating_add(Span::new().months(months))
}

/// How long a record is public, by the order in force on `day`; `set` is the class that its unit has set, which counts where
/// the order lets it choose.
pub fn of(record: &Record<'_>, set: Option<Severity>, day: Date) -> Publicity {
    let order = in_force(day);
    let rule = order.rule_for(record);
    let wanted = set.filter(|set| rule.or.contains(set)).unwrap_or(rule.class);
    #[expect(
        clippy::expect_used,
        reason = "part of the program; it has every class that its rules name, as a test shows"
    )]
    let class = order.classes.iter().find(|class| class.class == wanted).expect("each class of a rule is there");
    Publicity {
        severity: class.class,
        earliest: after(record.decided, class.shortest),
        longest: (!rule.lasts).then(|| after(record.decided, class.longest)),
        order: &order.source,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use smallvec::smallvec;

    use super::*;
    use crate::DomainId;
    use crate::record::standing::made_up;

    #[test]
    fn severity_depends_on_kind_category_and_procedure() {
        let (before, now) = (date(2025, 11, 3), date(2026, 4, 1));
        let decided = date(2024, 1, 31);
        for (day, categories, simplified, domain, severity, earliest, longest) in [
            (before, "罚款", None, "税务", Severity::General, "2024-04-30", "2027-01-31"),
            (before, "警告", Some(true), "税务", Severity::General, "2024-04-30", "2027-01-31"),
            (before, "罚款", None, "食品", Severity::Serious, "2025-01-31", "2027-01-31"),
            (now, "罚款", None, "税务", Severity::General, "2024-04-30", "2025-01-31"),
            (now, "罚款", Some(true), "税务", Severity::Minor, "2024-01-31", "2024-04-30"),
            (now, "罚款", Some(false), "税务", Severity::General, "2024-04-30", "2025-01-31"),
            (now, "警告、通报批评", None, "食品", Severity::Minor, "2024-01-31", "2024-04-30"),
            (now, "警告、罚款", None, "税务", Severity::General, "2024-04-30", "2025-01-31"),
            (now, "罚款、限制从业", None, "税务", Severity::Serious, "2025-01-31", "2027-01-31"),
            (now, "罚款", None, "食品", Severity::Serious, "2025-01-31", "2027-01-31"),
        ] {
            let mut record = made_up::penalty("晋虚罚〔2024〕1号", decided).record;
            record.domain = DomainId::from_name(domain).unwrap();
            if let Details::Penalty(penalty) = &mut record.details {
                penalty.categories = categories.split('、').map(|category| category.to_owned().into()).collect();
                penalty.simplified = simplified;
            }
            let found = of(&record, None, day);
            let dates = (found.earliest.to_string(), found.longest.unwrap().to_string());
            assert_eq!(
                (found.severity, dates.0.as_str(), dates.1.as_str()),
                (severity, earliest, longest),
                "{categories}"
            );
        }
    }

    #[test]
    fn a_unit_sets_the_class_where_the_order_lets_it() {
        let (decided, day) = (date(2026, 5, 1), date(2026, 6, 1));
        let mut record = made_up::penalty("晋虚罚〔2026〕1号", decided).record;
        record.domain = DomainId::from_name("税务").unwrap();
        assert_eq!(choices(&record, day), [Severity::General, Severity::Serious]);
        for (set, severity) in [
            (None, Severity::General),
            (Some(Severity::Serious), Severity::Serious),
            (Some(Severity::Minor), Severity::General),
        ] {
            assert_eq!(of(&record, set, day).severity, severity, "{set:?}");
        }
        if let Details::Penalty(penalty) = &mut record.details {
            penalty.simplified = Some(true);
        }
        assert_eq!(choices(&record, day), [Severity::Minor], "the order leaves no choice");
        assert_eq!(of(&record, Some(Severity::Serious), day).severity, Severity::Minor);
        assert!(asks_commitment(day) && !asks_commitment(date(2026, 3, 31)));
    }

    #[test]
    fn a_coercion_is_general_in_every_domain() {
        let mut record = made_up::coercion("晋虚强〔2024〕1号", date(2024, 1, 31)).record;
        record.domain = DomainId::from_name("食品").unwrap();
        assert_eq!(of(&record, None, date(2025, 11, 3)).earliest, date(2024, 4, 30));
    }

    #[test]
    fn every_order_has_a_rule_for_every_record_and_names_that_there_are() {
        for order in &ORDERS.orders {
            let last = order.rules.last().unwrap();
            let all = last.kind.is_none() && last.simplified.is_none() && last.only.is_empty();
            assert!(all && last.any.is_empty() && last.domains.is_empty(), "{}", order.source);
            for rule in &order.rules {
                let known = |wanted: &Severity| order.classes.iter().any(|class| class.class == *wanted);
                assert!(known(&rule.class) && rule.or.iter().all(known), "{rule:?}");
                assert!(rule.domains.iter().all(|name| DomainId::from_name(name).is_some()), "{rule:?}");
            }
        }
        let lasting = made_up::listing("晋虚列〔2024〕1号", date(2020, 1, 1)).record;
        assert_eq!(of(&lasting, None, date(2026, 5, 1)).longest, None);
        let categories: smallvec::SmallVec<[&str; 2]> = smallvec!["限制从业"];
        assert!(crate::record::in_force::is_lasting(categories[0]));
    }
}
