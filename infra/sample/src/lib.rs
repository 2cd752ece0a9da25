//! Made-up sample data: the files that units upload, and the subjects that they are about.
//!
//! Everything is invented and says so (虚构, 示例, 样本): subjects, people, authorities, their codes, laws and document
//! numbers. Everything is drawn from fixed seeds and laid around a day, so that anyone gets the same bytes for the same day;
//! `events/uploads` holds those of [`REFERENCE_DAY`].
//!
//! ```text
//! data/subjects.json, data/units.json ─▶ rows by table ─ faults ─▶ layout ─▶ delimited | workbook ─▶ SampleFile
//!                 plan.rs: which files there are ────────┤
//!                                                       declarations.rs: what units say that they decided ─▶ Manifest
//! ```
//!
//! The columns of a file come from the sharing standard (`TableId::standard`), never from a list of their own.

mod abnormal_operations;
mod authority;
mod coercions;
mod day;
mod declarations;
mod delimited;
mod docket;
mod error;
mod faults;
mod file_plan;
mod judgments;
mod layout;
mod listings;
mod million;
mod party;
mod penalties;
mod plan;
mod register;
mod repairs;
mod row;
mod sample_set;
mod subjects;
mod wording;
mod workbook;

pub use day::REFERENCE_DAY;
pub use error::SampleError;
pub use million::write_rows;
pub use sample_set::{SampleFile, SampleSet, sample_set, write_sample_set};
pub use subjects::{SampleSubject, subject_moved_out, subject_with_every_kind, subject_without_records, subjects};
