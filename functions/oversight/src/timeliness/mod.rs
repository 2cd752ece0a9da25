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

/// Whose records someone may look at: the municipal unit, and the office alone when it asks for itself.
struct Whose {
    municipal: UnitCode,
    office: Option<UnitCode>,
}

impl Whose {
    /// Of a unit or office.
    fn of(unit: UnitCode) -> Self {
        Self { municipal: unit.responsible(), office: unit.office().map(|_| unit) }
    }

    fn has(&self, record: &UnitRecord) -> bool {
        self.office.is_none_or(|office| office == record.unit)
    }
}
