//! Cases: what a subject asks of the authorities, and what it lets others do.

pub mod attachment;
pub mod commitment;
pub mod feedback;
pub mod grant;
pub mod living_code;
pub mod notice;
pub mod objection;
pub mod repair_application;
pub mod webhook;
