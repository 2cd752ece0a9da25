//! An attempt to deliver a message.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use xinzheng_domain::case::webhook::{Delivery, Webhook};
use xinzheng_runtime::environment::EnvironmentError;

use crate::address;
use crate::public_address::{NotPublic, PublicResolver};
use crate::secret::WebhookSecret;

/// How long an attempt may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// Who sends messages.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    client: Client,
    on_loopback: bool,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The answer was 2xx.
    Delivered,
    /// The answer was 410: nobody is there any more.
    Gone,
    /// Anything else, and what.
    Failed(String),
}

impl Sender {
    /// Connects to public addresses alone, straight, and follows nobody elsewhere; `on_loopback` lets it connect to this machine.
    pub(crate) fn new(on_loopback: bool) -> Result<Self, EnvironmentError> {
        let client = xinzheng_roots::client()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent("xinzheng-notices")
            .dns_resolver(Arc::new(PublicResolver));
        let client = if on_loopback { client } else { client.https_only(true) };
        let client =
            client.build().map_err(|_| EnvironmentError::Unreadable("the certificates of this machine".to_owned()));
        Ok(Self { client: client?, on_loopback })
    }

    /// True when addresses of this machine may be used.
    pub(crate) const fn on_loopback(&self) -> bool {
        self.on_loopback
    }

    /// Sends a message, signed as of now (seconds since 1970). The answer's body is not read.
    pub(crate) async fn send(
        &self,
        webhook: &Webhook,
        secret: &WebhookSecret,
        delivery: &Delivery,
        now: i64,
    ) -> Outcome {
        // What was registered under other rules is held to those of today.
        let Ok(address) = address::read(&webhook.address, self.on_loopback) else {
            return Outcome::Failed("address".to_owned());
        };
        let id = delivery.id.as_str();
        let sent = self
            .client
            .post(address)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now.to_string())
            .header("webhook-signature", secret.signature(id, now, &delivery.body))
            .body(delivery.body.clone())
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() => Outcome::Delivered,
            Ok(answer) if answer.status().as_u16() == 410 => Outcome::Gone,
            Ok(answer) => Outcome::Failed(format!("HTTP {}", answer.status().as_u16())),
            Err(error) => Outcome::Failed(fault(&error).to_owned()),
        }
    }
}

/// What kind of failure it was; the error itself may name the address.
fn fault(error: &reqwest::Error) -> &'static str {
    let mut causes = std::iter::successors(error.source(), |cause| (*cause).source());
    if error.is_timeout() {
        "timeout"
    } else if causes.any(|cause| cause.is::<NotPublic>()) {
        "address"
    } else {
        "connection"
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use xinzheng_domain::case::notice::{NoticeId, Recipient};
    use xinzheng_domain::case::webhook::WebhookId;

    use super::*;
    use crate::secret::WebhookKeys;

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_called() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        let sender = Sender::new(true).unwrap();
        let error = sender.client.post(address).send().await.unwrap_err();
        assert_eq!(fault(&error), "address");
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "nobody has connected");
    }

    #[tokio::test]
    async fn what_was_registered_is_held_to_the_rules_at_each_attempt() {
        let keys = WebhookKeys::parse(&format!(r#"{{"active":"1","1":"{}"}}"#, "0".repeat(32))).unwrap();
        let webhook = Webhook {
            id: WebhookId::new(1),
            address: "http://127.0.0.1:9/".to_owned(),
            key: "1".to_owned(),
            registered_at: Timestamp::UNIX_EPOCH,
        };
        let delivery = Delivery {
            to: Recipient::third_party("bank-1", None),
            webhook: webhook.id.clone(),
            id: NoticeId::of("1"),
            since: Timestamp::UNIX_EPOCH,
            body: "{}".to_owned(),
        };
        let secret = keys.secret(&webhook).unwrap();
        for (on_loopback, expected) in [(false, "address"), (true, "connection")] {
            let outcome = Sender::new(on_loopback).unwrap().send(&webhook, &secret, &delivery, 0).await;
            assert_eq!(outcome, Outcome::Failed(expected.to_owned()));
        }
    }
}
