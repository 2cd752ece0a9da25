//! What was counted, month by month.

use std::collections::BTreeMap;

use xinzheng_domain::evaluation::{Count, Measure};
use xinzheng_domain::month::Month;

/// What each month counts up to.
pub(super) type ByMonth = Vec<(Month, BTreeMap<Count, u64>)>;

/// What a month counts up to by a measure, whatever unit, purpose or reason.
pub(super) fn total(counts: &BTreeMap<Count, u64>, measure: Measure) -> u64 {
    counts.iter().filter(|(count, _)| count.measure == measure).map(|(_, times)| times).sum()
}
