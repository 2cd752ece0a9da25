//! Webhooks of third parties, beside their notices. Their secrets are not here: they are made of a key of the deployment.

use jiff::Timestamp;
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::notice::{KEPT_DAYS, Recipient};
use xinzheng_domain::case::webhook::{StandingWebhook, Webhook, WebhookEnd, WebhookId};

use crate::audit::{Actor, AuditOf, Step};
use crate::idempotency::kept_answer;
use crate::table::{Committed, Cursor, Item, Page, Put, Update, Written, damaged, lacks, text, there};
use crate::{Registry, StoreError, keys};

const WHAT: &str = "a webhook";
const ENDED: &str = "ended_at";
const ENDED_BECAUSE: &str = "ended_because";
const DELIVERED: &str = "delivered_at";
const FAILING: &str = "failing_since";
const FAILURES: &str = "failures";
const LAST_FAILURE: &str = "last_failure";

#[derive(Clone, Copy, Debug)]
enum Failed {
    /// There is a webhook of this id, or it has ended.
    State,
    /// It is noted already.
    Noted,
}

impl Registry {
    /// Registers a webhook; `Overtaken` when one of its id is there. One TransactWriteItems, with the platform's audit.
    pub async fn register_webhook(
        &self,
        of: &Recipient,
        webhook: &Webhook,
        actor: &Actor,
    ) -> Result<Committed, StoreError> {
        let step = Step::new(webhook.registered_at, Action::WebhookRegistered, webhook.id.as_str());
        let filed = Put::new_at(&keys::webhook(of, &webhook.id)).body(webhook, WHAT)?;
        self.transaction()
            .put_when(Failed::State, filed)
            .put_when(Failed::Noted, self.entry(&AuditOf::Platform, actor, &step))
            .commit_or_overtaken()
            .await
    }

    /// A third party's webhooks, in the order of their ids; those that have ended stay for a while. One Query.
    pub async fn webhooks_of(&self, of: &Recipient) -> Result<Vec<StandingWebhook>, StoreError> {
        self.query(keys::webhooks_of(of)).consistent().all().await?.iter().map(standing).collect()
    }

    /// A page of them; behind `cursor` when it is given. One Query.
    pub async fn listed_webhooks(
        &self,
        of: &Recipient,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<StandingWebhook>, StoreError> {
        let page = self.query(keys::webhooks_of(of)).consistent().page(cursor, most).await?;
        page.try_map(|item| standing(&item))
    }

    /// A webhook. One GetItem.
    pub async fn webhook(&self, of: &Recipient, id: &WebhookId) -> Result<Option<StandingWebhook>, StoreError> {
        self.get(keys::webhook(of, id)).item().await?.as_ref().map(standing).transpose()
    }

    /// Ends a webhook; `Overtaken` when it has ended. One TransactWriteItems, with the platform's audit.
    pub async fn end_webhook(
        &self,
        of: &Recipient,
        id: &WebhookId,
        because: WebhookEnd,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        let ended = Update::at(keys::webhook(of, id))
            .instant(ENDED, at)
            .text(ENDED_BECAUSE, because.code())
            .count("expires_at", at.as_second() + KEPT_DAYS * 24 * 3600)
            .when(there().and(lacks(ENDED)));
        let step = Step::new(at, Action::WebhookEnded, id.as_str()).because(because.code());
        self.transaction()
            .update_when(Failed::State, ended)
            .put_when(Failed::Noted, self.entry(&AuditOf::Platform, actor, &step))
            .answers(kept_answer(actor))
            .commit_or_overtaken()
            .await
    }

    /// Notes that something was delivered. One UpdateItem.
    pub async fn webhook_delivered(&self, of: &Recipient, id: &WebhookId, at: Timestamp) -> Result<(), StoreError> {
        let delivered = Update::at(keys::webhook(of, id)).instant(DELIVERED, at);
        let delivered = delivered.remove(FAILING).remove(FAILURES).remove(LAST_FAILURE);
        self.update(delivered.when(there())).await?;
        Ok(())
    }

    /// Notes that an attempt has failed, and why; the webhook as it stands then, `None` when it is gone. One UpdateItem.
    pub async fn webhook_failed(
        &self,
        of: &Recipient,
        id: &WebhookId,
        why: &str,
        at: Timestamp,
    ) -> Result<Option<StandingWebhook>, StoreError> {
        let failed = Update::at(keys::webhook(of, id))
            .first(FAILING, text(crate::table::instant(at)))
            .add(FAILURES, 1)
            .text(LAST_FAILURE, why)
            .when(there());
        match self.update(failed).await? {
            Written::Done(item) => standing(&item).map(Some),
            Written::Refused(_) => Ok(None),
        }
    }
}

fn standing(item: &Item) -> Result<StandingWebhook, StoreError> {
    let ended = item.parsed(ENDED).map(|at| {
        let because = item.text(ENDED_BECAUSE).and_then(WebhookEnd::parse);
        because.map(|because| (at, because)).ok_or_else(|| damaged(WHAT, "it does not say why it has ended"))
    });
    Ok(StandingWebhook {
        webhook: item.body(WHAT)?,
        ended: ended.transpose()?,
        delivered_at: item.parsed(DELIVERED),
        failing_since: item.parsed(FAILING),
        failures: item.number(FAILURES).unwrap_or(0),
        last_failure: item.text(LAST_FAILURE).map(str::to_owned),
    })
}
