//! Deadlines (期限): what is due is reminded of, what is late is escalated to the platform and seen there (R15, R17).

pub(crate) mod escalations;
mod reminders;

pub(crate) use reminders::{remind, remind_of_calendar, remind_of_feedback};
