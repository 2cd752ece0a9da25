//! Identity: who subjects and authorities are, and what domains there are.

pub mod address_key;
pub mod catalogue;
pub mod citizen_id;
pub mod division;
pub mod subject;
pub mod subject_name;
pub mod unit;
pub mod uscc;
