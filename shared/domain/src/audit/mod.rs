//! The audit's vocabulary (R19): what was done ([`Action`]), in which role ([`Role`]), and what for or why ([`Why`],
//! [`LookReason`]). Who
//! writes entries, counts them and shows them has the words from here.

mod action;
mod coded;
mod look_reason;
mod result;
mod role;
mod why;

pub use action::{Action, Counts};
pub use coded::{Coded, UnknownCode};
pub use look_reason::LookReason;
pub use result::StepResult;
pub use role::Role;
pub use why::Why;
