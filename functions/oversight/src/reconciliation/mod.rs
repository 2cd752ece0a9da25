//! Reconciliation (对账): what units declare against what is held (R7).

pub(crate) mod comparison;
pub(crate) mod manifests;
pub(crate) mod workbook;
