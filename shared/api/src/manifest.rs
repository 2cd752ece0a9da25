//! Manifests and their reconciliation with what is held (R7).

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Action;
use xinzheng_domain::audit::Role::{Platform, Unit};
use xinzheng_domain::calendar_schema::Day;
use xinzheng_domain::manifest::ManifestId;
use xinzheng_domain::reconciliation::{Reconciliation, ReconciliationState};
use xinzheng_domain::{DocumentNumber, RecordKind, UnitCode};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::page::{Page, UnitListQuery, UnitQuery};
use crate::parameter::parameters;

/// Declares a manifest.
pub const DECLARE: Endpoint<(), (), ManifestDeclaration, ReconciledManifest> =
    Endpoint::post("/manifests", Topic::Oversight, "Declare what a unit decided in a period")
.about("For a kind of record and a period: how many were decided, and their document numbers. Zero counts too. It is compared with what is held, item by item")
        .callers(&[Unit])
        .creates()
        .problems(&[422]);

/// A unit's manifests.
pub const LIST: Endpoint<(), UnitListQuery, (), Page<ReconciledManifest>> =
    Endpoint::get("/reconciliations", Topic::Oversight, "A unit's manifests and what became of them")
        .about(
            "Each manifest with how many of its items are held, missing or not declared: `balanced`, `open`, `overdue`",
        )
        .callers(&[Unit, Platform])
        .problems(&[422])
        .traced(Trace::Unit(Action::ReconciliationsListed));

/// A manifest, compared now.
pub const READ: Endpoint<ManifestPath, UnitQuery, (), ReconciledManifest> =
    Endpoint::get("/reconciliations/{id}", Topic::Oversight, "A manifest compared with what is held")
        .about("Document by document: what is declared and not held, what is held and not declared")
        .callers(&[Unit, Platform])
        .problems(&[404, 422])
        .traced(Trace::Unit(Action::ReconciliationRead));

/// What differs, as a spreadsheet.
pub const WORKBOOK: Endpoint<ManifestPath, UnitQuery, (), ()> =
    Endpoint::get_file("/reconciliations/{id}/workbook", Topic::Oversight, "What differs, as a spreadsheet")
        .about("The same as a workbook for the unit's clerk")
        .callers(&[Unit, Platform])
        .files(&[crate::SPREADSHEET])
        .problems(&[404, 422])
        .traced(Trace::Unit(Action::ReconciliationRead));

parameters! {
    /// Which manifest.
    pub struct ManifestPath {
        /// Its id.
        pub id: ManifestId,
    }
}

/// What a unit decided in a period; zero counts too.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestDeclaration {
    /// Of which kind.
    pub kind: RecordKind,
    /// The first day.
    #[schemars(with = "Day")]
    pub from: Date,
    /// The last day.
    #[schemars(with = "Day")]
    pub to: Date,
    /// How many.
    pub count: u64,
    /// Their document numbers.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    pub documents: Vec<DocumentNumber<'static>>,
    /// What else is to be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    pub remarks: Option<String>,
}

/// A manifest, and how it compares.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReconciledManifest {
    /// Its id.
    pub id: ManifestId,
    /// Whose it is.
    pub unit: UnitCode,
    /// The same, for people.
    pub unit_name: String,
    /// Of which kind.
    pub kind: RecordKind,
    /// The same, for people.
    pub kind_title: String,
    /// The first day.
    #[schemars(with = "Day")]
    pub from: Date,
    /// The last day.
    #[schemars(with = "Day")]
    pub to: Date,
    /// How many the unit declares.
    pub count: u64,
    /// True when it is compared document by document.
    pub by_document: bool,
    /// How it stands; null before it was compared.
    pub state: Option<ReconciliationState>,
    /// The same, for people.
    pub state_title: Option<String>,
    /// What comparing it came to.
    pub reconciliation: Option<Reconciliation>,
    /// What differs; null in lists.
    pub differences: Option<ManifestDifferences>,
}

/// What differs; the workbook has all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManifestDifferences {
    /// Documents that are on both sides; null when the manifest names none.
    pub matched: Option<u64>,
    /// Declared, and not here.
    pub missing: Vec<String>,
    /// Here, and not declared.
    pub unknown: Vec<String>,
}
