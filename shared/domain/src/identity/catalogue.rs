//! The catalogue of annexes 1 and 2: 39 domains, 32 units, what each unit may send, and the one mapping between the
//! two annexes' wordings (R1).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::{RecordKind, TableId, UnitCode};

/// A domain of annex 1, by its number there (1 to 39).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct DomainId(u8);

impl DomainId {
    /// The number in annex 1.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The domain with this number; `None` outside 1 to 39.
    pub fn from_number(number: u8) -> Option<Self> {
        Catalogue::get().domains.get(usize::from(number).checked_sub(1)?).map(|domain| domain.id)
    }

    /// The domain of this name: annex 1's own, or another wording that the mapping knows.
    pub fn from_name(name: &str) -> Option<Self> {
        Catalogue::get().domain_names.get(name).copied()
    }

    /// Every domain, in annex 1's order.
    pub fn all() -> impl Iterator<Item = Self> {
        Catalogue::get().domains.iter().map(|domain| domain.id)
    }

    /// The name in annex 1.
    pub fn name(self) -> &'static str {
        self.entry().map_or("", |domain| domain.name.as_str())
    }

    /// The name of the responsible unit, as annex 1 writes it.
    pub fn responsible_unit(self) -> &'static str {
        self.entry().map_or("", |domain| domain.unit.as_str())
    }

    /// The municipal units that report records of this domain (annex 2), in its order.
    pub fn collected_by(self) -> impl Iterator<Item = UnitCode> {
        let units = Catalogue::get().units.iter().filter(move |unit| unit.domains.contains(&self));
        units.filter_map(|unit| UnitCode::municipal(unit.no))
    }

    /// The kinds that are collected for this domain (annex 2), in report order: 89 of all 195 pairs are.
    pub fn collected(self) -> impl Iterator<Item = RecordKind> {
        RecordKind::ALL.into_iter().filter(move |kind| self.collects(*kind))
    }

    /// True of a kind that is collected for this domain.
    pub fn collects(self, kind: RecordKind) -> bool {
        Catalogue::get().units.iter().any(|unit| unit.domains.contains(&self) && unit.kinds.contains(&kind))
    }

    fn entry(self) -> Option<&'static Domain> {
        Catalogue::get().domains.get(usize::from(self.0).checked_sub(1)?)
    }
}

impl fmt::Display for DomainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<'de> Deserialize<'de> for DomainId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_number(u8::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("no such domain"))
    }
}

/// A row of annex 1.
#[derive(Debug)]
pub struct Domain {
    /// The domain.
    pub id: DomainId,
    /// 领域.
    pub name: String,
    /// 责任单位.
    pub unit: String,
}

/// A row of annex 2: a unit and what it may send.
#[derive(Debug)]
pub struct Unit {
    /// 序号.
    pub no: u8,
    /// The code used in upload keys and tokens, such as `market-supervision`.
    pub code: String,
    /// 责任单位.
    pub name: String,
    /// 数据范围.
    pub kinds: Vec<RecordKind>,
    /// 涉及领域, mapped to annex 1.
    pub domains: Vec<DomainId>,
    /// 严重失信主体名单名称.
    pub lists: Vec<String>,
    /// The domain of records whose table has no 涉及领域 column, by kind, when the unit has several domains.
    pub default_domain: BTreeMap<RecordKind, DomainId>,
    /// True when the unit keeps a part of the subject register and sends table `subject`.
    pub keeps_register: bool,
}

impl Unit {
    /// True when the unit may send this table: its own record kinds, the register if it keeps one, and what changes
    /// its own records.
    pub fn may_send(&self, table: TableId) -> bool {
        match table {
            TableId::Subject => self.keeps_register,
            TableId::Repair | TableId::Withdrawal | TableId::Manifest | TableId::Cancellation => true,
            TableId::Removal => self.kinds.iter().any(|kind| kind.is_listing()),
            table => table.record_kind().is_some_and(|kind| self.kinds.contains(&kind)),
        }
    }
}

/// Annexes 1 and 2 with the mapping between them.
#[derive(Debug)]
pub struct Catalogue {
    /// Annex 1, in its order.
    pub domains: Vec<Domain>,
    /// Annex 2, in its order.
    pub units: Vec<Unit>,
    domain_names: BTreeMap<String, DomainId>,
    unit_codes: BTreeMap<String, usize>,
}

/// What is wrong with the catalogue's files.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// A file is not the JSON that it should be.
    #[error("catalogue data does not parse: {0}")]
    Json(#[from] serde_json::Error),
    /// A name in one file is unknown to the other.
    #[error("catalogue names an unknown {what}: {name}")]
    Unknown {
        /// What kind of name it is.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Something that must be whole is not.
    #[error("catalogue is not whole: {0}")]
    NotWhole(String),
}

#[derive(Deserialize)]
struct AnnexFile {
    domains: Vec<AnnexDomain>,
    directory: Vec<AnnexUnit>,
}

#[derive(Deserialize)]
struct AnnexDomain {
    no: u8,
    domain: String,
    unit: String,
}

#[derive(Deserialize)]
struct AnnexUnit {
    no: u8,
    unit: String,
    record_kinds: Vec<String>,
    domains_as_written: String,
    serious_dishonesty_lists: Vec<String>,
}

#[derive(Deserialize)]
struct MappingFile {
    /// Other wordings of a domain's name -> annex 1's name.
    domain_aliases: BTreeMap<String, String>,
    /// A directory row's 涉及领域 as written -> annex 1's names, where it is no plain list of them.
    directory_domains: BTreeMap<String, Vec<String>>,
    units: Vec<MappedUnit>,
}

#[derive(Deserialize)]
struct MappedUnit {
    no: u8,
    code: String,
    #[serde(default)]
    keeps_register: bool,
    #[serde(default)]
    default_domain: BTreeMap<RecordKind, String>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "part of the program: without its catalogue every report would say nothing")]
    Catalogue::parse(include_str!("../../data/catalogue.json"), include_str!("../../data/annex-mapping.json"))
        .expect("the catalogue of the program is whole")
});

impl Catalogue {
    /// The scheme's catalogue.
    pub fn get() -> &'static Self {
        &CATALOGUE
    }

    /// Reads both files and proves that each name of one is known to the other: every domain of annex 1 has a unit
    /// in annex 2 that covers it, and every wording of annex 2 maps to annex 1.
    pub fn parse(annexes: &str, mapping: &str) -> Result<Self, CatalogueError> {
        let annexes: AnnexFile = serde_json::from_str(annexes)?;
        let mapping: MappingFile = serde_json::from_str(mapping)?;
        let unknown = |what: &'static str, name: &str| CatalogueError::Unknown { what, name: name.to_owned() };

        let mut domains = Vec::new();
        let mut domain_names = BTreeMap::new();
        for (expected, row) in (1_u8..).zip(annexes.domains) {
            if row.no != expected {
                return Err(CatalogueError::NotWhole(format!("annex 1 lacks number {expected}")));
            }
            domain_names.insert(row.domain.clone(), DomainId(row.no));
            domains.push(Domain { id: DomainId(row.no), name: row.domain, unit: row.unit });
        }
        for (alias, name) in &mapping.domain_aliases {
            let id = *domain_names.get(name).ok_or_else(|| unknown("domain", name))?;
            domain_names.insert(alias.clone(), id);
        }

        let mut units = Vec::new();
        let mut unit_codes = BTreeMap::new();
        for (expected, row) in (1_u8..).zip(annexes.directory) {
            if row.no != expected {
                return Err(CatalogueError::NotWhole(format!("annex 2 lacks number {expected}")));
            }
            let extra =
                mapping.units.iter().find(|unit| unit.no == row.no).ok_or_else(|| unknown("unit", &row.unit))?;
            let names: Vec<&str> = match mapping.directory_domains.get(&row.domains_as_written) {
                Some(names) => names.iter().map(String::as_str).collect(),
                None => row.domains_as_written.split('、').collect(),
            };
            let domain = |name: &str| domain_names.get(name).copied().ok_or_else(|| unknown("domain", name));
            let kinds = row
                .record_kinds
                .iter()
                .map(|title| RecordKind::from_title(title).ok_or_else(|| unknown("record kind", title)));
            unit_codes.insert(extra.code.clone(), units.len());
            units.push(Unit {
                no: row.no,
                code: extra.code.clone(),
                name: row.unit,
                kinds: kinds.collect::<Result<_, _>>()?,
                domains: names.into_iter().map(domain).collect::<Result<_, _>>()?,
                lists: row.serious_dishonesty_lists,
                default_domain: extra
                    .default_domain
                    .iter()
                    .map(|(&kind, name)| domain(name).map(|id| (kind, id)))
                    .collect::<Result<_, _>>()?,
                keeps_register: extra.keeps_register,
            });
        }
        if unit_codes.len() != units.len() {
            return Err(CatalogueError::NotWhole("two units share a code".to_owned()));
        }
        for domain in &domains {
            let covered = units.iter().any(|unit| unit.name == domain.unit && unit.domains.contains(&domain.id));
            if !covered {
                return Err(CatalogueError::NotWhole(format!("{} does not cover {}", domain.unit, domain.name)));
            }
        }
        let covered: BTreeSet<DomainId> = units.iter().flat_map(|unit| unit.domains.iter().copied()).collect();
        if covered.len() != domains.len() {
            return Err(CatalogueError::NotWhole("annex 2 covers other domains than annex 1 has".to_owned()));
        }
        Ok(Self { domains, units, domain_names, unit_codes })
    }

    /// The unit of a row of annex 2.
    pub fn unit(&self, row: u8) -> Option<&Unit> {
        self.units.get(usize::from(row).checked_sub(1)?)
    }

    /// The unit with this code.
    pub fn unit_by_code(&self, code: &str) -> Option<&Unit> {
        self.unit_codes.get(code).and_then(|&index| self.units.get(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_whole() {
        let catalogue =
            Catalogue::parse(include_str!("../../data/catalogue.json"), include_str!("../../data/annex-mapping.json"))
                .unwrap();
        assert_eq!(catalogue.domains.len(), 39);
        assert_eq!(catalogue.units.len(), 32);
        for unit in &catalogue.units {
            let sends_lists = unit.kinds.contains(&RecordKind::SeriousDishonesty);
            assert_eq!(sends_lists, !unit.lists.is_empty(), "{}: lists and kinds agree", unit.name);
            assert!(!unit.kinds.is_empty() && !unit.domains.is_empty(), "{}", unit.name);
        }
    }

    #[test]
    fn the_annexes_wordings_meet() {
        for (wording, name) in [
            ("地方金融监管", "金融监管"),
            ("消防安全", "消防救援"),
            ("应急管理（安全生产）", "应急管理（安全生产）"),
            ("应急管理", "应急管理（安全生产）"),
            ("市场监管", "市场监管"),
        ] {
            assert_eq!(DomainId::from_name(wording).map(DomainId::name), Some(name), "{wording}");
        }
        let names = |row| -> Vec<&str> {
            Catalogue::get().unit(row).unwrap().domains.iter().map(|domain| domain.name()).collect()
        };
        assert_eq!(names(15), ["市场监管", "食品", "药品", "特种设备", "知识产权"]);
        assert_eq!(names(26), ["地震", "应急管理（安全生产）"]);
    }

    #[test]
    fn kinds_that_only_one_unit_forms() {
        let sends = |kind| -> Vec<u8> {
            Catalogue::get().units.iter().filter(|unit| unit.kinds.contains(&kind)).map(|unit| unit.no).collect()
        };
        assert_eq!(sends(RecordKind::AbnormalOperation), [15], "market supervision only");
        assert_eq!(sends(RecordKind::Judgment), [23], "the court only");
    }

    #[test]
    fn a_mapping_that_leaves_something_out_is_refused() {
        let annexes = include_str!("../../data/catalogue.json");
        let mapping: serde_json::Value = serde_json::from_str(include_str!("../../data/annex-mapping.json")).unwrap();
        for pointer in ["/directory_domains", "/units"] {
            let mut broken = mapping.clone();
            match broken.pointer_mut(pointer).unwrap() {
                serde_json::Value::Object(map) => map.clear(),
                serde_json::Value::Array(list) => list.truncate(5),
                _ => unreachable!(),
            }
            assert!(Catalogue::parse(annexes, &broken.to_string()).is_err(), "{pointer}");
        }
    }
}
