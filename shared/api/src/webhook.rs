//! Webhooks: a third party's address that its notices are sent to, by Standard Webhooks (<https://www.standardwebhooks.com/>).

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Role::ThirdParty;
use xinzheng_domain::calendar_schema::Moment;
use xinzheng_domain::case::webhook::{StandingWebhook, WebhookEnd, WebhookId};

use crate::endpoint::{Endpoint, Topic, Trace};
use crate::page::{ListQuery, Page};
use crate::parameter::parameters;

/// Registers an address.
pub const REGISTER: Endpoint<(), (), WebhookRequest, NewWebhook> =
    Endpoint::post("/webhooks", Topic::Notices, "Have notices sent to an address")
        .about(
            "Each notice is a POST by Standard Webhooks: headers `webhook-id` (the notice's id), `webhook-timestamp` and \
             `webhook-signature` (`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body` under the secret), and a body by \
             `/schemas/notice.schema.json`. An answer of 2xx within eight seconds counts as delivered; redirects are not \
             followed. What fails is sent again, with the same id, after 5 seconds to 12 hours, for three days; a webhook that \
             fails for three days, or answers 410, is ended, and a notice tells of it. The secret is shown here alone.",
        )
        .callers(&[ThirdParty])
        .creates()
        .versioned()
        .problems(&[409, 422]);

/// One's webhooks.
pub const LIST: Endpoint<(), ListQuery, (), Page<Webhook>> =
    Endpoint::get("/webhooks", Topic::Notices, "One's webhooks, and how deliveries go")
        .about("Those that have ended stay for 180 days.")
        .callers(&[ThirdParty])
        .problems(&[422]);

/// Ends a webhook.
pub const END: Endpoint<WebhookPath, (), (), Webhook> =
    Endpoint::act("/webhooks/{id}/end", Topic::Notices, "End a webhook")
        .about("Nothing is sent there from now on; notices are in the list all the same.")
        .callers(&[ThirdParty])
        .guarded()
        .problems(&[404, 409]);

/// Tries a webhook.
pub const TEST: Endpoint<WebhookPath, (), (), Webhook> =
    Endpoint::act("/webhooks/{id}/test", Topic::Notices, "Have a message of type webhook.test sent")
        .about("Sends a notice of the kind `webhook.test` there at once.")
        .callers(&[ThirdParty])
        .problems(&[404, 409])
        .traced(Trace::Nothing);

parameters! {
    /// Which webhook.
    pub struct WebhookPath {
        /// Its id.
        pub id: WebhookId,
    }
}

/// What is registered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    /// `https://`, a name that leads to public addresses, port 443 or 8443; no user, no fragment.
    #[schemars(length(min = 1, max = 512))]
    pub address: String,
}

/// A webhook that was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewWebhook {
    /// The webhook.
    #[serde(flatten)]
    pub webhook: Webhook,
    /// What its messages are signed with: `whsec_` and base64.
    #[schemars(regex(pattern = "^whsec_[A-Za-z0-9+/]{43}=$"))]
    pub secret: String,
}

/// A webhook, and how deliveries go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Where messages are sent.
    pub address: String,
    /// When it was registered.
    #[schemars(with = "Moment")]
    pub registered_at: Timestamp,
    /// How it stands.
    pub state: WebhookState,
    /// When something was last delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Moment>")]
    pub delivered_at: Option<Timestamp>,
    /// Since when every attempt has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Moment>")]
    pub failing_since: Option<Timestamp>,
    /// How many attempts have failed since then.
    pub failures: u32,
    /// Why the last of them did: `HTTP` and the status, `timeout`, `connection`, or `address` when the name leads to none that is
    /// public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Moment>")]
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_because: Option<WebhookEnd>,
    /// Its entity tag: it changes when it ends.
    pub version: u32,
}

/// How a webhook stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookState {
    /// The last attempt was delivered, or there was none.
    Active,
    /// The last attempts have failed; they go on.
    Failing,
    /// Nothing is sent any more.
    Ended,
}

impl From<StandingWebhook> for Webhook {
    fn from(standing: StandingWebhook) -> Self {
        let StandingWebhook { webhook, ended, delivered_at, failing_since, failures, last_failure } = standing;
        let state = match (ended, failing_since) {
            (Some(_), _) => WebhookState::Ended,
            (None, Some(_)) => WebhookState::Failing,
            (None, None) => WebhookState::Active,
        };
        Self {
            id: webhook.id,
            address: webhook.address,
            registered_at: webhook.registered_at,
            state,
            delivered_at,
            failing_since,
            failures,
            last_failure,
            ended_at: ended.map(|(at, _)| at),
            ended_because: ended.map(|(_, because)| because),
            version: if ended.is_some() { 2 } else { 1 },
        }
    }
}
