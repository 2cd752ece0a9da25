//! The contract of the HTTP API: every endpoint as a value, a type for what goes in and what comes out, every problem.
//! Functions answer with these types, the portal and the tests read them, and the description (OpenAPI 3.1) is made of them.

#![warn(missing_docs)]

pub mod access_log;
pub mod attachment;
pub mod backfill;
pub mod calendar;
pub mod commitment;
pub mod endpoint;
pub mod evaluation;
pub mod feedback;
pub mod grant;
pub mod link;
pub mod living_code;
pub mod log;
pub mod manifest;
pub mod notice;
pub mod objection;
pub mod openapi;
pub mod page;
pub mod page_problem;
pub mod parameter;
pub mod problem;
pub mod problem_kind;
pub mod publication;
pub mod rate_limit;
pub mod record;
pub mod repair;
pub mod report;
pub mod report_template;
pub mod subject;
pub mod timeliness;
pub mod token;
pub mod upload;
pub mod verification;
pub mod webhook;

pub use endpoint::Endpoint;
pub use page::{Cursor, Page};
pub use problem::Problem;

/// The media type of spreadsheets.
pub const SPREADSHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
