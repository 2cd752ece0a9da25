//! The rules of 信用代证 as the scheme states them: pure values and functions, no I/O, no clock of their own, no AWS type.
//!
//! Every type here can only be built valid ("parse, don't validate"): a [`Uscc`] has a right check character, a
//! [`Period`] lies inside the scheme's scope, a [`VerificationCode`] has a right check character.

#![warn(missing_docs)]

pub mod address_key;
pub mod amount;
pub mod attachment;
pub mod audit;
pub mod basis;
pub mod catalogue;
pub mod character;
pub mod china_time;
pub mod citizen_id;
pub mod commitment;
pub mod completeness;
pub mod difference;
pub mod division;
pub mod document_number;
pub mod effect;
pub mod entry;
pub mod evaluation;
pub mod feedback;
pub mod field;
pub mod grant;
mod hex_text;
pub mod in_force;
mod issued;
pub mod manifest;
pub mod month;
pub mod objection;
pub mod period;
pub mod publicity;
pub mod purpose;
pub mod reconciliation;
pub mod record;
pub mod record_id;
pub mod record_kind;
pub mod record_line;
pub mod repair_application;
pub mod report;
pub mod report_number;
pub mod report_status;
pub mod schema;
pub mod sha256;
pub mod source_position;
pub mod spreadsheet_text;
pub mod standing;
pub mod subject;
pub mod subject_name;
pub mod table;
pub mod timeliness;
mod typed;
pub mod unit;
pub mod upload_key;
pub mod uscc;
pub mod verification_code;
pub mod workday;

pub use address_key::AddressKey;
pub use amount::Amount;
pub use basis::Basis;
pub use catalogue::{Catalogue, DomainId};
pub use citizen_id::CitizenId;
pub use division::Division;
pub use document_number::DocumentNumber;
pub use effect::{Effect, EffectCounts, RowEffect};
pub use entry::{ChunkLine, Entry};
pub use field::Field;
pub use issued::{Disclosure, IssuedReport, Rendering};
pub use manifest::Manifest;
pub use period::Period;
pub use purpose::Purpose;
pub use record::{Details, Record};
pub use record_id::RecordId;
pub use record_kind::RecordKind;
pub use report::ReportContent;
pub use report_number::ReportNumber;
pub use report_status::{ReportStanding, ReportStatus, ReportWithdrawal};
pub use source_position::SourcePosition;
pub use subject::{SubjectId, SubjectProfile};
pub use table::TableId;
pub use unit::UnitCode;
pub use upload_key::UploadKey;
pub use uscc::Uscc;
pub use verification_code::VerificationCode;
pub use workday::WorkCalendar;
