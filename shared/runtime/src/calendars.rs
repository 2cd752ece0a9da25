//! The calendar of working days as the registry has it, kept for some minutes.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use xinzheng_domain::WorkCalendar;
use xinzheng_store::{Registry, StoreError};

/// How long a calendar is kept: a year that was put counts after this time everywhere.
const KEPT: SignedDuration = SignedDuration::from_mins(5);

/// The calendar of a process.
#[derive(Debug, Default)]
pub struct Calendars(Mutex<Option<(Timestamp, Arc<WorkCalendar>)>>);

impl Calendars {
    /// The calendar. One Query when the process has none that is new enough.
    pub async fn get(&self, registry: &Registry, now: Timestamp) -> Result<Arc<WorkCalendar>, StoreError> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((since, calendar)) = kept
            && now.duration_since(since) < KEPT
        {
            return Ok(calendar);
        }
        let calendar = Arc::new(registry.calendar().await?);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(&calendar)));
        Ok(calendar)
    }
}
