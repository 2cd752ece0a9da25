//! What is doubtful about whom a row is.

use xinzheng_domain::{RecordId, Uscc};

/// What two units should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Questioned {
    /// A record.
    Record(RecordId),
    /// A subject's registration.
    Registration(Uscc),
}
