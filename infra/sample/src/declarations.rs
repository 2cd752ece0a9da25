//! What units declare that they decided (对账单): some of it balances, some does not, and of some units there is nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use xinzheng_domain::report::period::SCOPE_START;
use xinzheng_domain::{Catalogue, DocumentNumber, Manifest, RecordKind, TableId, UnitCode};

use crate::SampleError;
use crate::day::Today;
use crate::row::{Content, Row};

/// What was decided, by whom and of which kind: the day and the document.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    kept: BTreeMap<(UnitCode, RecordKind), BTreeSet<(Date, String)>>,
    returned: BTreeMap<(UnitCode, RecordKind), BTreeSet<(Date, String)>>,
}

/// A unit's declarations.
struct Plan {
    unit: &'static str,
    /// One kind; every kind that the unit forms when there is none.
    kind: Option<RecordKind>,
    since: Since,
    /// The months before this one up to which nothing is declared any more; 0 goes up to the day itself.
    silent_months: i32,
    /// With the rows that came back: it is decided, and not held.
    with_returned: bool,
}

enum Since {
    ScopeStart,
    /// The first day of the month so many months ago.
    Months(i32),
}

const WHOLE: Plan = Plan { unit: "", kind: None, since: Since::ScopeStart, silent_months: 0, with_returned: false };

const PLANS: [Plan; 17] = [
    // Everything is there.
    Plan { unit: "agriculture", ..WHOLE },
    Plan { unit: "civil-affairs", ..WHOLE },
    Plan { unit: "culture-tourism", since: Since::Months(24), ..WHOLE },
    Plan { unit: "public-security", ..WHOLE },
    // There was nothing, and that is declared.
    Plan { unit: "meteorology", ..WHOLE },
    Plan { unit: "sports", ..WHOLE },
    Plan { unit: "justice", ..WHOLE },
    Plan { unit: "audit", since: Since::Months(12), ..WHOLE },
    Plan { unit: "science-technology", ..WHOLE },
    Plan { unit: "energy", ..WHOLE },
    Plan { unit: "postal", ..WHOLE },
    Plan { unit: "education", since: Since::Months(18), ..WHOLE },
    Plan { unit: "water-resources", since: Since::Months(12), ..WHOLE },
    Plan { unit: "housing-fund", silent_months: 3, ..WHOLE },
    // Of some kinds, and with rows that came back.
    Plan { unit: "market-supervision", kind: Some(RecordKind::AbnormalOperation), ..WHOLE },
    Plan {
        unit: "market-supervision",
        kind: Some(RecordKind::Penalty),
        since: Since::Months(1),
        with_returned: true,
        ..WHOLE
    },
    Plan {
        unit: "emergency-management",
        kind: Some(RecordKind::Penalty),
        since: Since::Months(1),
        with_returned: true,
        ..WHOLE
    },
];

impl Decisions {
    /// Notes a row as it should be, and whether it comes back.
    pub(crate) fn note(&mut self, unit: UnitCode, table: TableId, row: &Row, is_returned: bool) {
        let (Some(kind), Some(Content::Day(decided))) = (table.record_kind(), row.get("decided")) else { return };
        let of = if is_returned { &mut self.returned } else { &mut self.kept };
        of.entry((unit, kind)).or_default().insert((*decided, row.text_of("document").to_owned()));
    }

    fn documents(
        &self,
        of: (UnitCode, RecordKind),
        (from, to): (Date, Date),
        with_returned: bool,
    ) -> Result<Vec<DocumentNumber<'static>>, SampleError> {
        let returned = self.returned.get(&of).filter(|_| with_returned);
        let decided = self.kept.get(&of).into_iter().chain(returned).flatten();
        decided
            .filter(|(day, _)| (from..=to).contains(day))
            .map(|(_, document)| {
                DocumentNumber::parse(document.clone()).map_err(|error| SampleError::NotWhole(error.to_string()))
            })
            .collect()
    }
}

/// The manifests that units declare on this day.
pub(crate) fn manifests(decisions: &Decisions, today: Today) -> Result<Vec<Manifest<'static>>, SampleError> {
    let mut manifests = vec![];
    for plan in &PLANS {
        let unknown = || SampleError::NotWhole(format!("no unit {}", plan.unit));
        let unit = UnitCode::parse(plan.unit).ok_or_else(unknown)?;
        let forms = Catalogue::get().unit(unit.row()).ok_or_else(unknown)?.kinds.as_slice();
        let (from, to) = plan.period(today);
        for &kind in forms.iter().filter(|forms| plan.kind.is_none_or(|kind| kind == **forms)) {
            let documents = decisions.documents((unit, kind), (from, to), plan.with_returned)?;
            let count = documents.len() as u64;
            manifests.push(Manifest { unit, kind, from, to, count, documents, remarks: None });
        }
    }
    Ok(manifests)
}

impl Plan {
    fn period(&self, today: Today) -> (Date, Date) {
        let from = match self.since {
            Since::ScopeStart => SCOPE_START,
            Since::Months(months) => today.months_ago(months).first_of_month(),
        };
        let to = match self.silent_months {
            0 => today.date(),
            months => today.months_ago(months).last_of_month(),
        };
        (from, to)
    }
}
