//! Source units (数源单位): the 32 units of annex 2 with their county offices.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Catalogue, Division};

/// A unit of the directory, or a county office of one: `market-supervision` or `market-supervision-140403`.
///
/// It is the first segment of an upload's key and the `unit` claim of a unit's token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitCode {
    /// The row number in annex 2, from 1.
    row: u8,
    /// The county that the office serves; `None` for the municipal unit itself.
    office: Option<Division>,
}

impl UnitCode {
    /// The municipal unit of a directory row; `None` when annex 2 has no such row.
    pub fn municipal(row: u8) -> Option<Self> {
        Catalogue::get().unit(row).map(|unit| Self { row: unit.no, office: None })
    }

    /// Parses a code: a unit of the directory, optionally with a county division behind it.
    pub fn parse(code: &str) -> Option<Self> {
        let catalogue = Catalogue::get();
        if let Some(unit) = catalogue.unit_by_code(code) {
            return Some(Self { row: unit.no, office: None });
        }
        let (unit, office) = code.rsplit_once('-')?;
        let office = Division::parse(office).filter(|division| division.code() > "140401")?;
        Some(Self { row: catalogue.unit_by_code(unit)?.no, office: Some(office) })
    }

    /// The county offices that a municipal unit may have: one in each county.
    pub fn offices(self) -> impl Iterator<Item = Self> {
        let counties = Division::all().filter(|division| division.code() > "140401");
        counties.map(move |county| Self { row: self.row, office: Some(county) })
    }

    /// The row number in annex 2.
    pub const fn row(self) -> u8 {
        self.row
    }

    /// The county that the office serves.
    pub const fn office(self) -> Option<Division> {
        self.office
    }

    /// The municipal unit that answers for this office; itself for a municipal unit.
    pub const fn responsible(self) -> Self {
        Self { row: self.row, office: None }
    }

    /// The code of the municipal unit that answers for this office.
    pub fn municipal_code(self) -> &'static str {
        Catalogue::get().unit(self.row).map_or("", |unit| unit.code.as_str())
    }

    /// True when this unit may change what `owner` sent: its own, or as the municipal unit what its offices sent.
    pub fn may_change(self, owner: Self) -> bool {
        self == owner || (self.office.is_none() && self == owner.responsible())
    }

    /// The unit's name, with the county in front for a county office: 市市场监督管理局, 潞州区（市市场监督管理局系统）.
    pub fn name(self) -> String {
        let name = Catalogue::get().unit(self.row).map_or("", |unit| unit.name.as_str());
        match self.office {
            None => name.to_owned(),
            Some(office) => format!("{}（{name}系统）", office.name()),
        }
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.municipal_code())?;
        self.office.map_or(Ok(()), |office| write!(f, "-{office}"))
    }
}

impl fmt::Debug for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnitCode({self})")
    }
}

impl Serialize for UnitCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("not a unit code"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_name_units_and_county_offices() {
        let unit = UnitCode::parse("market-supervision").unwrap();
        assert_eq!((unit.row(), unit.office()), (15, None));
        let office = UnitCode::parse("market-supervision-140403").unwrap();
        assert_eq!(office.responsible(), unit);
        assert_eq!(office.to_string(), "market-supervision-140403");
        let neighbour = UnitCode::parse("market-supervision-140404").unwrap();
        for (sender, owner, may) in [
            (unit, unit, true),
            (unit, office, true),
            (office, office, true),
            (office, unit, false),
            (office, neighbour, false),
            (UnitCode::parse("tax").unwrap(), unit, false),
        ] {
            assert_eq!(sender.may_change(owner), may, "{sender} {owner}");
        }
        for text in ["", "market", "market-supervision-140401", "market-supervision-110101", "-140403"] {
            assert_eq!(UnitCode::parse(text), None, "{text}");
        }
    }
}
