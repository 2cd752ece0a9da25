//! Living codes (信用码): a subject shows one on its phone, and whoever scans it sees for a time how the subject's report stands at
//! that moment.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Action;
use xinzheng_domain::audit::Role::Subject;
use xinzheng_domain::calendar_schema::Moment;
use xinzheng_domain::case::living_code::{LivingCode, LivingState, RollingPeriod, StandingLivingReport};
use xinzheng_domain::{Disclosure, Period, Purpose};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::page::{ListQuery, Page};
use crate::parameter::parameters;
use crate::report::RequestedDomain;
use crate::verification::{NamedDomain, RecordLine, VerifiedDomain, VerifiedSubject};

/// Makes a code.
pub const MAKE: Endpoint<(), (), LivingCodeRequest, ShownCode> =
    Endpoint::post("/living-codes", Topic::LivingCodes, "Make a code that shows one's report as it stands")
        .about("Whoever scans it sees, until its end, how the report of this scope stands at that moment, by the rules by which reports are made. Nothing is issued, and each look is in the access log.")
.callers(&[Subject])
        .creates()
        .problems(&[403, 404, 422]);

/// One's codes.
pub const LIST: Endpoint<(), ListQuery, (), Page<ShownCode>> =
    Endpoint::get("/living-codes", Topic::LivingCodes, "One's codes, newest first, and how often each was looked at")
        .about("Newest first, with how often and when each was looked at last, and whether it still shows anything.")
        .callers(&[Subject])
        .problems(&[422]);

/// Ends a code.
pub const END: Endpoint<LivingCodePath, (), (), ShownCode> =
    Endpoint::act("/living-codes/{code}/end", Topic::LivingCodes, "End a code at once")
        .about("Ending it again changes nothing.")
        .callers(&[Subject])
        .problems(&[404]);

/// What a code shows.
pub const LOOK: Endpoint<LivingCodePath, (), (), LivingLook> =
    Endpoint::get("/living/{code}", Topic::LivingCodes, "How a subject's report stands at this moment")
        .about(
            "Worked out at the look, and noted in the subject's access log. It is no issued report: nothing is signed, numbered or \
             kept, and what was seen cannot be shown again.",
        )
        .files(&["text/html"])
        .problems(&[403, 404, 429])
        .traced(Trace::Subject(Action::LivingCodeLooked));

parameters! {
    /// Which code.
    pub struct LivingCodePath {
        /// As people type it: case, hyphens and confusable characters do not matter.
        pub code: String,
    }
}

impl LivingCodePath {
    /// This code.
    pub fn of(code: &LivingCode) -> Self {
        Self { code: code.to_string() }
    }
}

/// What a subject shows, `until` a moment or for so many `minutes`. Without domains: all; without a period: from 2022-08-01 on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LivingCodeRequest {
    /// Until when: at most 31 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Moment>")]
    pub until: Option<Timestamp>,
    /// For how many minutes from when it is made, in the place of `until`: the same request asks for the same whenever it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 44640))]
    pub minutes: Option<u32>,
    /// Of which domains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub domains: Option<Vec<RequestedDomain>>,
    /// Of which days; it rolls on to the day of the look.
    #[serde(default)]
    pub period: RollingPeriod,
    /// What for.
    pub purpose: Purpose,
    /// Whether records are told one by one.
    #[serde(default)]
    pub disclosure: Disclosure,
    /// To whom it is shown; whoever looks reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub shown_to: Option<String>,
}

/// A code as its subject sees it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ShownCode {
    /// What was chosen, and how often it was looked at.
    #[serde(flatten)]
    pub standing: StandingLivingReport,
    /// Whether it still shows anything.
    pub state: LivingState,
    /// Where it is looked at, on the service's own origin: what the QR code leads to.
    #[schemars(regex(pattern = "^/living/[0-9A-Z-]{23}$"))]
    pub path: String,
}

/// How a subject's report stands at a moment.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LivingLook {
    /// When it was worked out: what is said holds of this moment.
    #[schemars(with = "Moment")]
    pub looked_at: Timestamp,
    /// Until when the code shows anything.
    #[schemars(with = "Moment")]
    pub until: Timestamp,
    /// What this is, and what it is not, for people.
    pub meaning: String,
    /// Whom it is about, as registered now.
    pub subject: VerifiedSubject,
    /// What the register says of it, for people; left out of natural persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<String>,
    /// To whom the subject shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_to: Option<String>,
    /// The days that it is about, up to the day of the look.
    pub period: Period,
    /// How they were chosen.
    pub rolling: RollingPeriod,
    /// What it is shown for.
    pub purpose: Purpose,
    /// Records decided in the period.
    pub records: usize,
    /// Decided before, and in force on a day of it.
    pub in_force: usize,
    /// Each domain that is shown; of others it says nothing.
    pub domains: Vec<VerifiedDomain>,
    /// Domains whose data are not complete; null when that is not known.
    pub incomplete: Option<Vec<NamedDomain>>,
    /// What whoever looks is shown.
    pub disclosure: Disclosure,
    /// A line for each record; left out when the subject shows the summary alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<RecordLine>>,
    /// How many more there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines_left_out: Option<usize>,
}
