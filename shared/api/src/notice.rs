//! Notices: what one is told without asking (R12, R13, R15).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Role::{Subject, ThirdParty};
use xinzheng_domain::case::notice::Notice;

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::page::{Cursor, ListQuery};

/// One's notices.
pub const LIST: Endpoint<(), ListQuery, (), Notices> =
    Endpoint::get("/notices", Topic::Notices, "What one was told: of grants, reports, cases, days that have come")
        .about(
            "A subject's newest first. A third party's oldest first, and `next` is there also on the last page: ask with it \
             again for what has come since; none is left out. A third party hears of reports under grants with the subject's \
             consent (`notices` of the grant), until the grant is revoked or its time is over: that something became of a \
             report, never what. Kept for 180 days.",
        )
        .callers(&[Subject, ThirdParty])
        .problems(&[422]);

/// Notes up to which notice one has seen them.
pub const SEE: Endpoint<(), (), Seen, NewNotices> =
    Endpoint::post("/notices/seen", Topic::Notices, "Note up to which notice one has seen them")
        .about("Of what comes after it `new` is true. It marks, and takes nothing away.")
        .callers(&[Subject, ThirdParty])
        .problems(&[422])
        .traced(Trace::Nothing);

/// A page of notices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notices {
    /// What is on it.
    pub items: Vec<ListedNotice>,
    /// Where the list goes on; null on a subject's last page, and before there is a notice.
    #[serde(default)]
    pub next: Option<Cursor>,
    /// How many were given since the last that was seen.
    pub new: u64,
}

/// A notice in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedNotice {
    /// Its number among one's own: each is one more than the one before.
    pub number: u64,
    /// What it tells.
    #[serde(flatten)]
    pub notice: Notice,
    /// That, for people.
    pub title: String,
    /// What it says, for people.
    pub text: String,
    /// True of one behind the last that was seen.
    pub new: bool,
}

/// What was seen.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The number of the newest that was seen: all up to it are.
    #[schemars(range(min = 1, max = 999_999_999_999_u64))]
    pub through: u64,
}

/// What is new after that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewNotices {
    /// How many were given since the last that was seen.
    pub new: u64,
}
