//! What a row is checked against, beside the clock and the catalogue.

use xinzheng_domain::record::table::Table;

use crate::header::Header;
use crate::merge::Merge;
use crate::sender::Sender;

#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) sender: &'a Sender,
    pub(crate) table: &'static Table,
    /// The header above the row.
    pub(crate) header: &'a Header,
    /// The worksheet, when it is not the first that is read.
    pub(crate) sheet: Option<&'a str>,
    /// The worksheet's merged cells.
    pub(crate) merges: &'a [Merge],
}
