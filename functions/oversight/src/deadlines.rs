//! Deadlines: what is due by the next working day is reminded of, what is late is escalated to the platform; each once
//! (R15: five working days).

use xinzheng_domain::china_time;
use xinzheng_store::Page;
use xinzheng_store::Stepped;
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
    // Beyond the known calendar nothing is guessed: what is due today is certain.
    let calendar = app.calendars.get(&app.registry, now).await?;
    let soon = calendar.after(today, 1).unwrap_or_else(|error| {
        tracing::error!(%error, "the calendar ends");
        today
    });
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
                    tracing::warn!(objection = %objection.id, done = done == Stepped::Done, "an objection is overdue");
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

/// The same for feedback, which the platform answers itself. A Query for every hundred that are open. Returns how many are
/// late.
pub(crate) async fn remind_of_feedback(app: &App) -> Result<u64, StoreError> {
    let now = app.clock.now();
    let today = china_time::date(now);
    let calendar = app.calendars.get(&app.registry, now).await?;
    let soon = calendar.after(today, 1).unwrap_or(today);
    let actor = Actor::system();
    let (mut after, mut overdue) = (None, 0);
    loop {
        let Page { items: open, next } = app.registry.open_feedback(after.as_ref(), PAGE).await?;
        for (feedback, noted) in open {
            let Ok(due) = feedback.due(&calendar) else {
                tracing::error!("the calendar ends");
                return Ok(overdue);
            };
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
