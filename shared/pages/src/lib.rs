//! The pages that people see: one frame, one style sheet, no script inside a page, nothing from elsewhere.

mod asset;
mod display;
mod docs;
mod frame;
mod openapi;
mod packed;
mod schema;

pub use asset::{ASSETS, asset};
pub use display::Display;
pub use docs::{docs, problem, problems, to_problem};
pub use frame::{Page, html};
pub use openapi::Description;
pub use schema::{SCHEMAS, schema};
