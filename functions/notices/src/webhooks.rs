//! `/webhooks`: a third party registers, lists, tries and ends its webhooks.

use xinzheng_api::webhook::{END, LIST, NewWebhook, REGISTER, TEST, Webhook as Shown};
use xinzheng_domain::case::notice::{Concerns, Notice, NoticeId, NoticeKind, Recipient};
use xinzheng_domain::case::webhook::{Delivery, MOST, StandingWebhook, Webhook, WebhookEnd, WebhookId};
use xinzheng_runtime::idempotency::{answering, drawn_for};
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::problem::{
    IDEMPOTENCY_KEY_REUSED, INTERNAL, STORE_UNAVAILABLE, VERSION_OUTDATED, WEBHOOK_ADDRESS, WEBHOOK_ENDED,
    WEBHOOK_UNKNOWN, WEBHOOKS_TOO_MANY,
};
use xinzheng_runtime::randomness::random_wide;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, ThirdParty};
use xinzheng_store::Committed;

use crate::App;
use crate::address;

/// The most webhooks of a page.
const PAGE: i32 = 50;

/// `POST /webhooks`: 201 with the webhook and its secret, which is shown here alone. The answer is not kept: the same request
/// with its `Idempotency-Key` comes to the same webhook. One Query, one TransactWriteItems.
pub(crate) async fn register(app: &App, caller: &ThirdParty, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    // Identity numbers in a body are hidden: one in an address would make it another.
    request.json_bytes()?;
    let wanted = request.body_of(&REGISTER)?;
    let address =
        address::read(&wanted.address, app.sender.on_loopback()).map_err(|why| WEBHOOK_ADDRESS.detail(why))?;
    let (of, at) = (caller.recipient(), app.clock.now());
    let id = WebhookId::new(drawn_for(request)?);
    let known = app.registry.webhooks_of(&of).await?;
    if let Some(again) = known.iter().find(|known| known.webhook.id == id) {
        let same = again.webhook.address == address.as_str();
        return if same { registered(app, again.clone()) } else { Err(IDEMPOTENCY_KEY_REUSED.into()) };
    }
    if known.iter().filter(|known| known.ended.is_none()).count() >= MOST {
        return Err(WEBHOOKS_TOO_MANY.detail(format!("最多 {MOST} 个")));
    }
    let key = app.keys.active().to_owned();
    let webhook = Webhook { id, address: address.to_string(), key, registered_at: at };
    if app.registry.register_webhook(&of, &webhook, &request.actor(&app.address_key)).await? == Committed::Overtaken {
        return Err(VERSION_OUTDATED.into());
    }
    tracing::info!(webhook = %webhook.id, "a webhook was registered");
    let standing = StandingWebhook {
        webhook,
        ended: None,
        delivered_at: None,
        failing_since: None,
        failures: 0,
        last_failure: None,
    };
    registered(app, standing)
}

fn registered(app: &App, standing: StandingWebhook) -> Result<HttpResponse, Problem> {
    let secret = app.keys.secret(&standing.webhook).ok_or(INTERNAL)?.to_string();
    let new = NewWebhook { webhook: Shown::from(standing), secret };
    let mut response = HttpResponse::of(&REGISTER, &new).header("etag", etag(new.webhook.version));
    response.secret = true;
    Ok(response)
}

/// `GET /webhooks`: those that have ended for a while, too. One Query.
pub(crate) async fn list(app: &App, caller: &ThirdParty, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&LIST)?;
    let page = app.registry.listed_webhooks(&caller.recipient(), asked.cursor.as_ref(), PAGE).await?;
    Ok(HttpResponse::of(&LIST, &page.map(Shown::from)))
}

/// The webhook that a path names, when it is the caller's. One GetItem.
async fn named(app: &App, of: &Recipient, id: &WebhookId) -> Result<StandingWebhook, Problem> {
    Ok(app.registry.webhook(of, id).await?.ok_or(WEBHOOK_UNKNOWN)?)
}

/// `POST /webhooks/{id}/end`. One GetItem, one TransactWriteItems.
pub(crate) async fn end(app: &App, caller: &ThirdParty, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (of, id, at) = (caller.recipient(), request.path_of(&END)?.id, app.clock.now());
    let mut standing = named(app, &of, &id).await?;
    precondition::expect(request, if standing.ended.is_some() { 2 } else { 1 })?;
    if standing.ended.is_some() {
        return Err(WEBHOOK_ENDED.into());
    }
    standing.ended = Some((at, WebhookEnd::Owner));
    let mut response = HttpResponse::of(&END, &Shown::from(standing)).header("etag", etag(2));
    let actor = answering(request.actor(&app.address_key), &mut response);
    match app.registry.end_webhook(&of, &id, WebhookEnd::Owner, &actor, at).await? {
        Committed::Done => Ok(response),
        Committed::Overtaken => Err(VERSION_OUTDATED.into()),
    }
}

/// `POST /webhooks/{id}/test`: a message is on its way when it answers. One GetItem, one SendMessage.
pub(crate) async fn test(app: &App, caller: &ThirdParty, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (to, id, at) = (caller.recipient(), request.path_of(&TEST)?.id, app.clock.now());
    let standing = named(app, &to, &id).await?;
    if standing.ended.is_some() {
        return Err(WEBHOOK_ENDED.into());
    }
    let (cause, concerns) = (format!("{id}#{:x}", random_wide()?), Concerns::default());
    let notice = Notice { id: NoticeId::of(&cause), kind: NoticeKind::WebhookTest, at, concerns };
    let delivery = Delivery { to, webhook: id, body: notice.message(), id: notice.id, since: at };
    app.queue.send(&delivery).await.map_err(|error| {
        tracing::error!(%error, "a test message could not be sent on its way");
        STORE_UNAVAILABLE
    })?;
    Ok(HttpResponse::of(&TEST, &Shown::from(standing)))
}
