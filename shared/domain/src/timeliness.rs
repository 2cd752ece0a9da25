//! Timeliness (时效): records reach the platform within 7 working days of the decision; those decided by the end of July
//! 2025 were to be back-reported by then (R6, R8; scheme, section 2(1)).

use jiff::civil::{Date, date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workday::WorkCalendar;

/// Working days between a decision and its record's arrival.
pub const WORKDAYS: u32 = 7;
/// The last day of decisions that were to be back-reported, and by which they were to be.
pub const BACK_REPORT_UNTIL: Date = date(2025, 7, 31);

/// How timely a record came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timeliness {
    /// The last day for it.
    #[schemars(with = "crate::calendar_schema::Day")]
    pub due: Date,
    /// Working days between decision and first arrival.
    pub workdays: u32,
    /// True when it came after its last day.
    pub late: bool,
    /// True when it was to be back-reported.
    pub back_report: bool,
    /// True when a day was counted beyond the known calendar.
    pub provisional: bool,
}

/// Judges a record by the day of its decision and that of its first arrival, both in China. What was sent again is judged by
/// its first arrival. Days beyond the known calendar are counted provisionally, and said to be.
pub fn judge(decided: Date, arrived: Date, calendar: &WorkCalendar) -> Timeliness {
    let back_report = decided <= BACK_REPORT_UNTIL;
    let in_time = calendar.after(decided, WORKDAYS);
    // A decision of the last days of July 2025 still has its seven working days.
    let due = if back_report { in_time.day.max(BACK_REPORT_UNTIL) } else { in_time.day };
    let taken = calendar.between(decided, arrived);
    let provisional = (in_time.provisional && due == in_time.day) || taken.provisional;
    Timeliness { due, workdays: taken.count, late: arrived > due, back_report, provisional }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_working_days_or_the_end_of_the_back_report() {
        for (decided, arrived, due, workdays, late, why) in [
            ("2025-11-03", "2025-11-12", "2025-11-12", 7, false, "on the last day"),
            ("2025-11-03", "2025-11-13", "2025-11-12", 8, true, "a day late"),
            ("2025-11-03", "2025-11-03", "2025-11-12", 0, false, "the same day"),
            ("2025-09-26", "2025-10-13", "2025-10-13", 7, false, "over National Day, with make-up days"),
            ("2025-09-26", "2025-10-14", "2025-10-13", 8, true, "a day later"),
            ("2025-08-01", "2025-08-12", "2025-08-12", 7, false, "the first that is no back-report"),
            ("2023-03-01", "2025-07-31", "2025-07-31", 604, false, "back-reported in time"),
            ("2023-03-01", "2025-08-01", "2025-07-31", 605, true, "back-reported late"),
            ("2025-07-29", "2025-08-07", "2025-08-07", 7, false, "seven working days from the end of July"),
        ] {
            let (decided, arrived): (Date, Date) = (decided.parse().unwrap(), arrived.parse().unwrap());
            let judged = judge(decided, arrived, WorkCalendar::state_council());
            let told = (judged.due.to_string(), judged.workdays, judged.late);
            assert_eq!(told, (due.to_owned(), workdays, late), "{why}");
            assert_eq!((judged.back_report, judged.provisional), (decided <= BACK_REPORT_UNTIL, false));
        }
        let (late, later) = (date(2026, 12, 28), date(2026, 12, 31));
        let judged = judge(late, later, WorkCalendar::state_council());
        assert_eq!((judged.provisional, judged.late), (true, false), "its last day is in an unknown year");
    }
}
