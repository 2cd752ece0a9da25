//! Units and offices by how timely they were.

use std::collections::BTreeSet;

use xinzheng_api::evaluation::RankedUnit;
use xinzheng_domain::UnitCode;
use xinzheng_domain::month::Month;
use xinzheng_domain::reconciliation::ManifestCounts;
use xinzheng_store::StoreError;

use crate::App;

/// What a unit's records and manifests of some months came to.
pub(super) struct Standing {
    pub(super) unit: UnitCode,
    pub(super) records: u64,
    pub(super) late: u64,
    pub(super) manifests: ManifestCounts,
}

impl Standing {
    /// The share of records that came in time; `None` without records.
    pub(super) fn in_time(&self) -> Option<f64> {
        (self.records > 0).then(|| (self.records - self.late) as f64 / self.records as f64)
    }

    pub(super) fn ranked(&self, rank: u64) -> RankedUnit {
        RankedUnit {
            rank,
            unit: self.unit,
            unit_name: self.unit.name(),
            records: self.records,
            late: self.late,
            in_time: self.in_time(),
            manifests: self.manifests,
        }
    }
}

/// Units and offices by the share of their records that came in time, the best first; those without records last. Of `unit`
/// and its offices alone when it is given. As the matrix was worked out last. One Query.
pub(super) async fn ranked(app: &App, months: &[Month], unit: Option<UnitCode>) -> Result<Vec<Standing>, StoreError> {
    let wanted: BTreeSet<Month> = months.iter().copied().collect();
    let mut standings: Vec<Standing> = app
        .registry
        .matrix()
        .await?
        .into_iter()
        .filter(|row| unit.is_none_or(|unit| unit.may_change(row.unit)))
        .map(|row| {
            let cells = row.cells.iter().filter(|cell| wanted.contains(&cell.month));
            let (records, late) = cells.fold((0, 0), |(all, late), cell| (all + cell.records, late + cell.late));
            Standing { unit: row.unit, records, late, manifests: row.manifests }
        })
        .collect();
    standings.sort_by(|a, b| {
        let share = |standing: &Standing| standing.in_time().unwrap_or(-1.0);
        share(b).total_cmp(&share(a)).then(b.records.cmp(&a.records)).then(a.unit.cmp(&b.unit))
    });
    Ok(standings)
}
