//! What each unit's made-up records say (`data/units.json`).

use std::sync::LazyLock;

use serde::Deserialize;

/// The wording of one unit's records.
#[derive(Debug, Deserialize)]
pub(crate) struct Wording {
    /// The unit's code.
    unit: String,
    /// What stands for the unit in document numbers, such as 市监.
    pub(crate) mark: String,
    #[serde(default)]
    pub(crate) penalties: Vec<PenaltyWording>,
    #[serde(default)]
    pub(crate) coercions: Vec<CoercionWording>,
    #[serde(default)]
    pub(crate) listings: Vec<ListingWording>,
}

/// A violation that is punished.
#[derive(Debug, Deserialize)]
pub(crate) struct PenaltyWording {
    pub(crate) domain: Option<String>,
    pub(crate) violation: String,
    pub(crate) fact: String,
    pub(crate) basis: String,
}

/// A coercive measure.
#[derive(Debug, Deserialize)]
pub(crate) struct CoercionWording {
    pub(crate) domain: Option<String>,
    pub(crate) category: String,
    pub(crate) cause: String,
    pub(crate) basis: String,
    pub(crate) content: String,
}

/// An entry on a list of serious dishonesty.
#[derive(Debug, Deserialize)]
pub(crate) struct ListingWording {
    pub(crate) domain: Option<String>,
    pub(crate) list: String,
    pub(crate) cause: String,
    pub(crate) basis: String,
}

static WORDINGS: LazyLock<Vec<Wording>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "part of the program: units without words would have no records")]
    serde_json::from_str(include_str!("../data/units.json")).expect("the wording of the sample's units is JSON")
});

/// The wording of a unit; county offices speak as their municipal unit does.
pub(crate) fn of_unit(code: &str) -> Option<&'static Wording> {
    WORDINGS.iter().find(|wording| wording.unit == code)
}

#[cfg(test)]
mod tests {
    use xinzheng_domain::{Catalogue, DomainId, RecordKind};

    use super::*;

    #[test]
    fn units_say_only_what_they_may() {
        assert!(WORDINGS.len() >= 8);
        for wording in WORDINGS.iter() {
            let unit = Catalogue::get().unit_by_code(&wording.unit).unwrap();
            let may = |kind| unit.kinds.contains(&kind);
            assert!(wording.penalties.is_empty() || may(RecordKind::Penalty), "{}", unit.code);
            assert!(wording.coercions.is_empty() || may(RecordKind::Coercion), "{}", unit.code);
            for listing in &wording.listings {
                assert!(unit.lists.contains(&listing.list), "{}: {}", unit.code, listing.list);
            }
            let domains = (wording.penalties.iter().map(|w| &w.domain))
                .chain(wording.coercions.iter().map(|w| &w.domain))
                .chain(wording.listings.iter().map(|w| &w.domain));
            for domain in domains {
                let named = domain.as_deref().map(|name| DomainId::from_name(name).unwrap());
                assert_eq!(named.is_none(), unit.domains.len() == 1, "{}: one domain needs no name", unit.code);
                assert!(named.is_none_or(|domain| unit.domains.contains(&domain)), "{}: {domain:?}", unit.code);
            }
        }
    }
}
