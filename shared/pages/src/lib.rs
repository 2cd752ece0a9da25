//! The pages that people see: one frame, one style sheet, no script inside a page, nothing from elsewhere.

mod asset;
mod display;
mod frame;
mod openapi;
mod schema;

pub use asset::{ASSETS, asset};
pub use display::Display;
pub use frame::{Page, html};
pub use openapi::openapi;
pub use schema::{SCHEMAS, schema};
