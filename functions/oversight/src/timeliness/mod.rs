//! Timeliness (及时): how timely units sent their records (R6), by the calendar of working days (R20).

pub(crate) mod calendar;
pub(crate) mod records;
pub(crate) mod table;

use xinzheng_domain::timeliness::{self, Timeliness};
use xinzheng_domain::{UnitCode, WorkCalendar, china_time};
use xinzheng_store::by_unit::UnitRecord;

fn judged(record: &UnitRecord, calendar: &WorkCalendar) -> Timeliness {
    timeliness::judge(record.decided, china_time::date(record.first_stored), calendar)
}

/// Whose records are looked at: a municipal unit's with those of its offices, or those of one of them alone.
struct Whose {
    municipal: UnitCode,
    alone: Option<UnitCode>,
}

impl Whose {
    /// Of an office, or of a unit with its offices.
    fn of(unit: UnitCode) -> Self {
        Self { municipal: unit.responsible(), alone: unit.office().map(|_| unit) }
    }

    /// Of an office, or of a unit without its offices.
    fn alone(unit: UnitCode) -> Self {
        Self { municipal: unit.responsible(), alone: Some(unit) }
    }

    fn has(&self, record: &UnitRecord) -> bool {
        self.alone.is_none_or(|unit| unit == record.unit)
    }
}
