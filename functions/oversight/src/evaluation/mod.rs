//! Evaluation (评估): counted day by day from the locked copy of the audit, so that every number can be counted again (R18).

mod counts;
pub(crate) mod months;
mod ranking;
pub(crate) mod recount;
mod workbook;
