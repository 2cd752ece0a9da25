//! Deadlines: what is due by the next working day is reminded of, what is late is escalated to the platform; each once
//! (R15: five working days).

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use xinzheng_domain::{WorkCalendar, china_time};
use xinzheng_store::Committed;
use xinzheng_store::Page;
use xinzheng_store::StoreError;
use xinzheng_store::audit::Actor;

use crate::App;

/// Open objections that are looked at in one go.
const PAGE: i32 = 100;

/// A Query for the calendar, and one for every hundred open objections that are due; for each a GetItem, and a TransactWriteItems when it is new that
/// it is due or late.
/// Returns how many are late.
pub(crate) async fn remind(app: &App) -> Result<u64, StoreError> {
    let now = app.clock.now();
    let today = china_time::date(now);
    let calendar = app.calendars.get(&app.registry, now).await?;
    recount(app, &calendar, now).await?;
    let soon = calendar.after(today, 1).day;
    let actor = Actor::system();
    let (mut after, mut overdue) = (None, 0);
    loop {
        let Page { items: due, next } = app.registry.objections_due(soon, after.as_ref(), PAGE).await?;
        for (objection, reminded) in due {
            if objection.is_overdue(today) {
                overdue += 1;
                if objection.escalated_at.is_none() {
                    let escalated = objection.escalated(now);
                    let done = app.registry.escalate_objection(&objection, &escalated, &actor, now).await?;
                    // Overtaken by a clerk: whatever it is now, the next round sees it.
                    tracing::warn!(objection = %objection.id, done = done == Committed::Done, "an objection is overdue");
                }
            } else if !reminded {
                app.registry.remind_of_objection(&objection, &actor, now).await?;
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(overdue),
        }
    }
}

/// Counts the last days anew that were counted beyond the calendar as it was known then. A Query and a BatchGetItem for every
/// hundred open objections; a TransactWriteItems for each that is counted anew.
async fn recount(app: &App, calendar: &WorkCalendar, now: Timestamp) -> Result<(), StoreError> {
    // Every open objection: a last day counted provisionally may lie anywhere behind the calendar's end of then.
    let (mut after, ever) = (None, Date::MAX);
    loop {
        let Page { items, next } = app.registry.objections_due(ever, after.as_ref(), PAGE).await?;
        for (objection, _) in items {
            if let Some(recounted) = objection.recounted(calendar) {
                app.registry.recount_objection(&objection, &recounted, &Actor::system(), now).await?;
                tracing::info!(objection = %objection.id, due = %recounted.due, "a last day was counted anew");
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Reminds the platform, once a month from October on, that next year's calendar is not put yet. A PutItem.
/// Returns for how many days, today among them, the calendar is known.
pub(crate) async fn remind_of_calendar(app: &App) -> Result<u64, StoreError> {
    let now = app.clock.now();
    let today = china_time::date(now);
    let calendar = app.calendars.get(&app.registry, now).await?;
    let next = today.year() + 1;
    if today.month() >= REMINDED_FROM && !calendar.years().contains_key(&next) {
        tracing::warn!(year = next, "next year's calendar is not put yet");
        // The same time for the whole month: the same entry.
        let at = china_time::end_of(today.first_of_month()).unwrap_or(now);
        app.registry.note_missing_calendar(next, at).await?;
    }
    Ok(days_left(calendar.years().keys().copied(), today))
}

/// The days from today on that the calendar knows without a gap.
fn days_left(years: impl IntoIterator<Item = i16>, today: Date) -> u64 {
    let known: BTreeSet<i16> = years.into_iter().collect();
    let last = (today.year()..).take_while(|year| known.contains(year)).last();
    let end = last.and_then(|year| Date::new(year, 12, 31).ok());
    let days = end.and_then(|end| today.until(end).ok()).map_or(-1, |left| left.get_days());
    u64::try_from(days + 1).unwrap_or(0)
}

/// The month from which on the platform is reminded of next year's calendar: the State Council tells of it in autumn.
const REMINDED_FROM: i8 = 10;

/// The same for feedback, which the platform answers itself. A Query for every hundred that are open. Returns how many are
/// late.
pub(crate) async fn remind_of_feedback(app: &App) -> Result<u64, StoreError> {
    let now = app.clock.now();
    let today = china_time::date(now);
    let calendar = app.calendars.get(&app.registry, now).await?;
    let soon = calendar.after(today, 1).day;
    let actor = Actor::system();
    let (mut after, mut overdue) = (None, 0);
    loop {
        let Page { items: open, next } = app.registry.open_feedback(after.as_ref(), PAGE).await?;
        for (feedback, noted) in open {
            let due = feedback.due(&calendar);
            // Oldest first: what comes now is due later.
            if due > soon {
                return Ok(overdue);
            }
            let late = today > due;
            overdue += u64::from(late);
            if (late && !noted.escalated) || (!late && !noted.reminded) {
                app.registry.note_feedback(&feedback, late, due, &actor, now).await?;
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(overdue),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_calendar_ends_with_the_last_year_that_is_known_without_a_gap() {
        for (years, today, expected) in [
            (&[2025, 2026][..], date(2026, 12, 31), 1),
            (&[2025, 2026], date(2026, 12, 1), 31),
            (&[2025, 2026], date(2027, 1, 1), 0),
            (&[2025, 2026], date(2025, 12, 31), 366),
            (&[2025, 2027], date(2025, 12, 1), 31),
            (&[], date(2025, 12, 1), 0),
        ] {
            assert_eq!(days_left(years.iter().copied(), today), expected, "{years:?} {today}");
        }
    }
}
