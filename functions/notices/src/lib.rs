//! notices: what a subject or a third party was told, and messages on their way to webhooks (R12, R13, R15).
//!
//! It is the one function that calls addresses which others have chosen, and has no right to records, reports or cases.

mod address;
mod attempt;
mod deliver;
mod list;
mod public_address;
mod secret;
mod webhooks;

use xinzheng_api as api;
use xinzheng_domain::AddressKey;
use xinzheng_runtime::delivery_queue::DeliveryQueue;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::{Clock, HttpRequest, HttpResponse, Problem, ThirdParty, routes};
use xinzheng_store::Registry;

use crate::attempt::Sender;
pub use crate::deliver::receive;
use crate::secret::WebhookKeys;

/// What notices works with.
#[derive(Debug)]
pub struct App {
    registry: Registry,
    address_key: AddressKey,
    keys: WebhookKeys,
    queue: DeliveryQueue,
    sender: Sender,
    clock: Clock,
}

impl App {
    /// Reads `TABLE_NAME`, `WEBHOOK_QUEUE` and the secrets of `ADDRESS_KEY_SECRET` and `WEBHOOK_KEYS_SECRET`.
    ///
    /// The local stack alone sets `WEBHOOKS_ON_LOOPBACK`, which the template does not: then addresses may be `http://127.0.0.1`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, secrets, clock, sdk, .. } = start;
        let on_loopback = environment.text("WEBHOOKS_ON_LOOPBACK").is_ok();
        let wrong = |why: String| EnvironmentError::Secret { name: "WEBHOOK_KEYS_SECRET".to_owned(), why };
        let keys = WebhookKeys::parse(secrets.webhook_keys()?);
        Ok(Self {
            registry: services.registry(&environment)?,
            address_key: secrets.address_key()?,
            keys: keys.map_err(|error| wrong(error.to_string()))?,
            queue: DeliveryQueue::load(&environment, &sdk)?,
            sender: Sender::new(on_loopback)?,
            clock,
        })
    }
}

xinzheng_runtime::handle_once!(App, route);

async fn route(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    routes! { request;
        api::notice::LIST => list::list(app, list::Reader::try_from(request)?, request).await,
        api::notice::SEE => list::see(app, list::Reader::try_from(request)?, request).await,
        api::webhook::REGISTER => webhooks::register(app, &ThirdParty::try_from(request)?, request).await,
        api::webhook::LIST => webhooks::list(app, &ThirdParty::try_from(request)?, request).await,
        api::webhook::END => webhooks::end(app, &ThirdParty::try_from(request)?, request).await,
        api::webhook::TEST => webhooks::test(app, &ThirdParty::try_from(request)?, request).await,
    }
}
