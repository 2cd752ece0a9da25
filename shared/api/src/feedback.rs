//! Enquiries, complaints and suggestions (R17).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::VerificationCode;
use xinzheng_domain::audit::Action;
use xinzheng_domain::audit::Role::Platform;
use xinzheng_domain::calendar_schema::Moment;
use xinzheng_domain::case::feedback::{Feedback, FeedbackKind};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::page::{ListQuery, Page};
use crate::parameter::parameters;

/// Sends it.
pub const SEND: Endpoint<(), (), FeedbackRequest, FollowedFeedback> =
    Endpoint::post("/feedback", Topic::Feedback, "Ask, complain, suggest")
.about("Needs no token. The answer has a `code` by which it is followed. Ten an hour from a network; `ratelimit` tells how many are left").creates().versioned().problems(&[422, 429]);

/// What waits for an answer.
pub const OPEN: Endpoint<(), ListQuery, (), Page<Feedback>> =
    Endpoint::get("/feedback", Topic::Feedback, "Feedback that waits for an answer")
        .about("Enquiries, complaints and suggestions without an answer, the oldest first")
        .callers(&[Platform])
        .problems(&[422])
        .traced(Trace::Reader(Action::FeedbackListed));

/// Where one's feedback stands.
pub const FOLLOW: Endpoint<FeedbackPath, (), (), FollowedFeedback> =
    Endpoint::get("/feedback/{code}", Topic::Feedback, "Follow one's feedback")
        .about("For whoever has the code: what was asked and, once there is one, the answer")
        .versioned()
        .problems(&[404, 429]);

/// Answers it.
pub const ANSWER: Endpoint<FeedbackPath, (), FeedbackAnswer, FollowedFeedback> =
    Endpoint::post("/feedback/{code}/answer", Topic::Feedback, "Answer feedback, once")
        .about("With `publish` the question and the answer stand in `/questions`, without contact")
        .callers(&[Platform])
        .guarded()
        .problems(&[404, 409, 422]);

/// What was published.
pub const QUESTIONS: Endpoint<(), ListQuery, (), Page<PublishedQuestion>> =
    Endpoint::get("/questions", Topic::Feedback, "Published questions and answers")
        .about("Questions that the platform has answered for everyone, newest first")
        .problems(&[422]);

parameters! {
    /// Which feedback.
    pub struct FeedbackPath {
        /// As people type it: case, hyphens and confusable characters do not matter.
        pub code: String,
    }
}

/// What someone sends.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackRequest {
    /// What it is.
    pub kind: FeedbackKind,
    /// What it says.
    #[schemars(length(min = 1, max = 2000))]
    pub text: String,
    /// How its sender can be reached; only the platform sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub contact: Option<String>,
}

/// Feedback as its sender sees it, who has the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FollowedFeedback {
    /// By which it is followed.
    pub code: VerificationCode,
    /// What it is.
    pub kind: FeedbackKind,
    /// The same, for people.
    pub kind_title: String,
    /// What it says.
    pub text: String,
    /// When it came.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
    /// Where it stands.
    pub state: FeedbackState,
    /// The answer.
    pub reply: Option<FeedbackReply>,
}

/// Where feedback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FeedbackState {
    /// It waits for an answer.
    Received,
    /// It is answered.
    Answered,
}

/// An answer to feedback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackReply {
    /// When.
    #[schemars(with = "Moment")]
    pub at: Timestamp,
    /// What.
    pub text: String,
}

/// What the platform answers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackAnswer {
    /// What.
    #[schemars(length(min = 1, max = 2000))]
    pub text: String,
    /// Whether question and answer are shown to everyone.
    #[serde(default)]
    pub publish: bool,
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublishedQuestion {
    /// What it is.
    pub kind: FeedbackKind,
    /// What was asked.
    pub question: String,
    /// What was answered.
    pub answer: Option<String>,
    /// When.
    #[schemars(with = "Option<Moment>")]
    pub answered_at: Option<Timestamp>,
}
