//! The made-up authorities that decide.

use xinzheng_domain::{Catalogue, UnitCode, Uscc};

use crate::SampleError;

/// An authority by name and code.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) name: String,
    pub(crate) uscc: Uscc,
}

impl Authority {
    /// The authority behind a unit's code: 长治市潞州区市场监督管理局（虚构）.
    pub(crate) fn of(unit: UnitCode) -> Result<Self, SampleError> {
        let whole = Catalogue::get().unit(unit.row()).map_or("", |row| row.name.as_str());
        let office = whole.strip_prefix('市').unwrap_or(whole);
        let county = unit.office().map_or("", |division| division.name());
        let division = unit.office().map_or("140400", |division| division.code());
        let uscc = Uscc::compose(&format!("11{division}"), &format!("XN{:06}", unit.row()))
            .ok_or_else(|| SampleError::NotWhole(format!("no code for {unit}")))?;
        Ok(Self { name: format!("长治市{county}{office}（虚构）"), uscc })
    }
}
