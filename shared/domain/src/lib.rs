//! The rules of 信用代证 as the scheme states them: pure values and functions, no I/O, no clock of their own, no AWS type.
//!
//! Every type here can only be built valid ("parse, don't validate"): a [`Uscc`] has a right check character, a
//! [`Period`] lies inside the scheme's scope, a [`VerificationCode`] has a right check character.

#![warn(missing_docs)]

pub mod audit;
pub mod calendar_schema;
pub mod case;
pub mod character;
pub mod china_time;
pub mod evaluation;
pub mod file_name;
mod hex_text;
pub mod identity;
pub mod manifest;
pub mod month;
pub mod reconciliation;
pub mod record;
pub mod report;
mod schema;
pub mod secrets_by_id;
pub mod sha256;
pub mod spreadsheet_text;
pub mod timeliness;
mod typed;
pub mod workday;

pub use identity::address_key::AddressKey;
pub use identity::catalogue::{Catalogue, DomainId};
pub use identity::citizen_id::CitizenId;
pub use identity::division::Division;
pub use identity::subject::{SubjectId, SubjectProfile};
pub use identity::unit::UnitCode;
pub use identity::uscc::Uscc;
pub use manifest::Manifest;
pub use record::amount::Amount;
pub use record::document_number::DocumentNumber;
pub use record::effect::{Effect, EffectCounts, RowCount, RowEffect};
pub use record::entry::{ChunkLine, Entry};
pub use record::field::Field;
pub use record::id::RecordId;
pub use record::kind::RecordKind;
pub use record::source_position::SourcePosition;
pub use record::table::TableId;
pub use record::upload_id::UploadId;
pub use record::upload_key::UploadKey;
pub use record::{Details, Record};
pub use report::ReportContent;
pub use report::basis::Basis;
pub use report::issued::{Disclosure, IssuedReport, Rendering};
pub use report::number::ReportNumber;
pub use report::period::Period;
pub use report::purpose::Purpose;
pub use report::status::{ReportStanding, ReportStatus, ReportWithdrawal};
pub use report::verification_code::VerificationCode;
pub use workday::WorkCalendar;
