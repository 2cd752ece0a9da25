//! What is planned of a file.

use jiff::civil::Date;
use xinzheng_domain::UploadKey;
use xinzheng_domain::identity::subject::RegisterType;

use crate::SampleError;
use crate::day::Today;
use crate::faults::Fault;
use crate::layout::Layout;

/// A file of the sample.
#[derive(Debug)]
pub(crate) struct FilePlan {
    /// The key without the leading `uploads/`, as it is on the reference day.
    pub(crate) key: &'static str,
    pub(crate) layout: Layout,
    /// The number of data rows.
    pub(crate) rows: usize,
    /// When things are decided.
    pub(crate) decided: Decided,
    /// The number of the first document.
    pub(crate) first_number: u32,
    /// The types of the subjects that rows are about.
    pub(crate) about: &'static [RegisterType],
    /// The rows (from 1) about the subject that has records of every kind.
    pub(crate) every_kind: &'static [usize],
    /// The rows about natural persons.
    pub(crate) people: &'static [usize],
    /// The row of an ordinary penalty that its subject can have repaired from the day of the sample on.
    pub(crate) repairable: Option<usize>,
    /// The subject, by its name in the register, that every row is about: whose measure lasts.
    pub(crate) lasting: Option<&'static str>,
    /// Rows that come from files further up in the plan; they stand first.
    pub(crate) earlier: &'static [Earlier],
    pub(crate) faults: &'static [Fault],
}

/// The first and last day on which something of a file is decided, as written for the reference day.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Decided {
    /// These very days.
    On(Date, Date),
    /// From this very day on, up to one that moves with the day of the sample.
    Since(Date, Date),
    /// Both days move.
    Within(Date, Date),
    /// The last working days: what comes on the day of the sample comes in time.
    Lately,
}

/// A row that another file has had already.
#[derive(Debug)]
pub(crate) struct Earlier {
    /// The other file's key.
    pub(crate) key: &'static str,
    /// Its data row, from 1.
    pub(crate) row: usize,
    /// Whether its content is corrected. Rows of table repair are made from what they repair.
    pub(crate) corrected: bool,
}

/// How many working days ago at most something was decided lately: two fewer than there are.
const LATELY: u32 = 5;
/// The months after which an ordinary penalty can be repaired, by either order.
const REPAIRABLE_AFTER: i32 = 3;

impl FilePlan {
    /// The key of the file that is sent on this day.
    pub(crate) fn key_on(&self, today: Today) -> Result<UploadKey, SampleError> {
        let text = format!("uploads/{}", self.key);
        let key = UploadKey::parse(&text).map_err(|source| SampleError::Key { key: text, source })?;
        Ok(UploadKey { date: today.moved(key.date), ..key })
    }

    /// The first and last day of its decisions.
    pub(crate) fn days(&self, today: Today) -> (Date, Date) {
        match self.decided {
            Decided::On(from, to) => (from, to),
            Decided::Since(from, to) => (from, today.moved(to)),
            Decided::Within(from, to) => (today.moved(from), today.moved(to)),
            Decided::Lately => (today.workdays_ago(LATELY), today.date()),
        }
    }

    /// The day on which something was decided that can be repaired from this day on.
    pub(crate) fn repairable_since(today: Today) -> Date {
        today.months_ago(REPAIRABLE_AFTER)
    }
}
