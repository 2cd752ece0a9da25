//! Messages on their way to webhooks: at least once, in no order; what fails comes again, further and further apart, for three
//! days.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use jiff::Timestamp;
use tracing::{error, info, warn};
use xinzheng_domain::case::notice::{Concerns, Notice, NoticeId, NoticeKind};
use xinzheng_domain::case::webhook::{Delivery, PATIENCE, WebhookEnd, backoff};
use xinzheng_store::StoreError;
use xinzheng_store::audit::Actor;

use crate::App;
use crate::attempt::Outcome;

/// What becomes of a message.
enum After {
    /// It is delivered, or not to be any more.
    Done,
    /// It comes again after so many seconds.
    Again(u32),
}

/// Works on the messages of a batch at once; those that are to come again are told to have failed, which is how a queue keeps
/// them.
pub async fn receive(app: &App, batch: SqsEvent) -> SqsBatchResponse {
    let worked = join_all(batch.records.iter().map(|message| work(app, message))).await;
    let mut response = SqsBatchResponse::default();
    for (message, after) in batch.records.iter().zip(worked) {
        let id = message.message_id.clone().unwrap_or_default();
        match after {
            Ok(After::Done) => {}
            Ok(After::Again(seconds)) => {
                let receipt = message.receipt_handle.as_deref().unwrap_or_default();
                if let Err(error) = app.queue.put_off(receipt, seconds).await {
                    warn!(%error, message = %id, "a message comes again after the queue's own time");
                }
                response.add_failure(id);
            }
            Err(error) => {
                error!(%error, message = %id, "a message failed and will come again");
                response.add_failure(id);
            }
        }
    }
    response
}

/// A GetItem, an attempt, and an UpdateItem; what ending a webhook takes when it has failed for too long.
async fn work(app: &App, message: &SqsMessage) -> Result<After, StoreError> {
    let Ok(delivery) = serde_json::from_str::<Delivery>(message.body.as_deref().unwrap_or_default()) else {
        error!("a message of the queue is no delivery");
        return Ok(After::Done);
    };
    let (to, id, now) = (&delivery.to, &delivery.webhook, app.clock.now());
    let standing = app.registry.webhook(to, id).await?.filter(|standing| standing.ended.is_none());
    let Some(webhook) = standing.map(|standing| standing.webhook) else { return Ok(After::Done) };
    let Some(secret) = app.keys.secret(&webhook) else {
        error!(webhook = %id, key = webhook.key, "the key of a webhook is not there any more");
        end(app, &delivery, WebhookEnd::Failing, now).await?;
        return Ok(After::Done);
    };
    match app.sender.send(&webhook, &secret, &delivery, now.as_second()).await {
        Outcome::Delivered => {
            app.registry.webhook_delivered(to, id, now).await?;
            Ok(After::Done)
        }
        Outcome::Gone => {
            app.registry.webhook_failed(to, id, "HTTP 410", now).await?;
            end(app, &delivery, WebhookEnd::Gone, now).await?;
            Ok(After::Done)
        }
        Outcome::Failed(why) => {
            info!(webhook = %id, why, "a message could not be delivered");
            let standing = app.registry.webhook_failed(to, id, &why, now).await?;
            if standing.is_some_and(|standing| standing.has_failed_enough(now)) {
                end(app, &delivery, WebhookEnd::Failing, now).await?;
                return Ok(After::Done);
            }
            if now.duration_since(delivery.since) >= PATIENCE {
                warn!(webhook = %id, "a message is given up after three days; its notice is in the list");
                return Ok(After::Done);
            }
            Ok(After::Again(backoff(receives(message))))
        }
    }
}

/// How often a message was received.
fn receives(message: &SqsMessage) -> u32 {
    message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// Ends the webhook of a message, and gives its owner a notice of that. The notice first: ended before it, the webhook's next
/// message would not come here.
async fn end(app: &App, delivery: &Delivery, because: WebhookEnd, now: Timestamp) -> Result<(), StoreError> {
    let (to, webhook) = (&delivery.to, &delivery.webhook);
    let concerns = Concerns { webhook: Some(webhook.clone()), ..Concerns::default() };
    let id = NoticeId::of(&format!("webhook.ended#{webhook}"));
    app.registry.give_notice(to, &Notice { id, kind: NoticeKind::WebhookEnded, at: now, concerns }, now).await?;
    app.registry.end_webhook(to, webhook, because, &Actor::system(), now).await?;
    warn!(%webhook, because = because.code(), "a webhook was ended");
    Ok(())
}
