//! The sheets of a workbook.

#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) visible: bool,
}
