//! The Lambda bootstrap.

use aws_config::SdkConfig;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use xinzheng_store::changes::StreamEvent;

use crate::environment::{Environment, EnvironmentError};
use crate::http::{HttpRequest, HttpResponse};
use crate::instance::Instance;
use crate::secrets::Secrets;
use crate::services::{Services, sdk_config};
use crate::stream::StreamResponse;
use crate::{Clock, Metrics, logging};

/// What a function is made from at start.
#[derive(Clone, Debug)]
pub struct Start {
    /// Its environment variables.
    pub environment: Environment,
    /// Its clients.
    pub services: Services,
    /// Its secrets; those that an [`Instance`] loads a function with are read.
    pub secrets: Secrets,
    /// Its clock.
    pub clock: Clock,
    /// Where its metrics go.
    pub metrics: Metrics,
    /// The SDK's configuration, for services that one function alone uses.
    pub sdk: SdkConfig,
}

async fn start() -> Start {
    let environment = Environment::of_process();
    logging::start(environment.text("LOG_LEVEL").ok());
    let config = sdk_config().await;
    Start {
        services: Services::new(&config),
        secrets: Secrets::of(&config),
        clock: Clock::system(),
        metrics: Metrics::log(),
        environment,
        sdk: config,
    }
}

/// Runs a function behind the HTTP API: `load` at start and when a secret has changed, then `handle` for each request.
pub async fn serve_http<A, L, F>(load: L, handle: impl AsyncFn(&A, HttpRequest) -> HttpResponse) -> Result<(), Error>
where
    A: Send + Sync + 'static,
    L: Fn(Start) -> F + Send + Sync + 'static,
    F: Future<Output = Result<A, EnvironmentError>> + Send + 'static,
{
    let instance = Instance::start(start().await, load).await?;
    let (instance, handle) = (&instance, &handle);
    run(service_fn(move |event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        let app = instance.app().await;
        Ok::<_, Error>(Box::pin(handle(&app, event.payload.into())).await)
    }))
    .await
}

/// Runs a function that API Gateway asks whether a request may go on: `load` at start and when a secret has changed, then `handle` for
/// each question.
pub async fn serve_authorizer<A, L, F, T, R>(load: L, handle: impl AsyncFn(&A, T) -> R) -> Result<(), Error>
where
    A: Send + Sync + 'static,
    L: Fn(Start) -> F + Send + Sync + 'static,
    F: Future<Output = Result<A, EnvironmentError>> + Send + 'static,
    T: DeserializeOwned,
    R: Serialize,
{
    let instance = Instance::start(start().await, load).await?;
    let (instance, handle) = (&instance, &handle);
    run(service_fn(move |event: LambdaEvent<T>| async move {
        let app = instance.app().await;
        Ok::<_, Error>(Box::pin(handle(&app, event.payload)).await)
    }))
    .await
}

/// Runs a function behind a queue: `load` at start and when a secret has changed, then `handle` for each batch of messages.
pub async fn serve_queue<A, L, F>(load: L, handle: impl AsyncFn(&A, SqsEvent) -> SqsBatchResponse) -> Result<(), Error>
where
    A: Send + Sync + 'static,
    L: Fn(Start) -> F + Send + Sync + 'static,
    F: Future<Output = Result<A, EnvironmentError>> + Send + 'static,
{
    let instance = Instance::start(start().await, load).await?;
    let (instance, handle) = (&instance, &handle);
    run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let app = instance.app().await;
        Ok::<_, Error>(Box::pin(handle(&app, event.payload)).await)
    }))
    .await
}

/// Runs a function behind a table's stream that is behind a queue, too: `load` at start and when a secret has changed, then `handle` for
/// each batch of changes, whose error Lambda takes as one of the whole batch, and `receive` for each batch of messages.
pub async fn serve_stream_and_queue<A, L, F, E>(
    load: L,
    handle: impl AsyncFn(&A, StreamEvent) -> Result<StreamResponse, E>,
    receive: impl AsyncFn(&A, SqsEvent) -> SqsBatchResponse,
) -> Result<(), Error>
where
    A: Send + Sync + 'static,
    L: Fn(Start) -> F + Send + Sync + 'static,
    F: Future<Output = Result<A, EnvironmentError>> + Send + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    let instance = Instance::start(start().await, load).await?;
    let (instance, handle, receive) = (&instance, &handle, &receive);
    run(service_fn(move |event: LambdaEvent<Value>| async move {
        let app = instance.app().await;
        let source = event.payload.pointer("/Records/0/eventSource").and_then(Value::as_str);
        if source == Some("aws:sqs") {
            let messages: SqsEvent = serde_json::from_value(event.payload)?;
            return Ok::<_, Error>(serde_json::to_value(Box::pin(receive(&app, messages)).await)?);
        }
        let batch: StreamEvent = serde_json::from_value(event.payload)?;
        Ok(serde_json::to_value(Box::pin(handle(&app, batch)).await?)?)
    }))
    .await
}

/// Runs a function behind the HTTP API that also runs by a schedule: `load` at start and when a secret has changed, then `handle` for each request and `tick`
/// for each time that the schedule comes round. Lambda repeats a tick that fails.
pub async fn serve_http_and_schedule<A, L, F, E>(
    load: L,
    handle: impl AsyncFn(&A, HttpRequest) -> HttpResponse,
    tick: impl AsyncFn(&A) -> Result<(), E>,
) -> Result<(), Error>
where
    A: Send + Sync + 'static,
    L: Fn(Start) -> F + Send + Sync + 'static,
    F: Future<Output = Result<A, EnvironmentError>> + Send + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    // Requests of the HTTP API say which route they took.
    let handle = async |app: &A, request: ApiGatewayV2httpRequest| handle(app, request.into()).await;
    serve_or_tick(load, "routeKey", handle, tick).await
}

/// Runs a function behind a table's stream that also runs by a schedule: `load` at start and when a secret has changed, then `handle` for each batch of changes
/// and `tick` for each time that the schedule comes round. Lambda repeats a tick that fails.
pub async fn serve_stream_and_schedule<A, L, F, E>(
    load: L,
    handle: impl AsyncFn(&A, StreamEvent) -> StreamResponse,
    tick: impl AsyncFn(&A) -> Result<(), E>,
) -> Result<(), Error>
where
    A: Send + Sync + 'static,
    L: Fn(Start) -> F + Send + Sync + 'static,
    F: Future<Output = Result<A, EnvironmentError>> + Send + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    // A batch of changes has records.
    serve_or_tick(load, "Records", handle, tick).await
}

/// Runs a function behind the HTTP API that is behind a queue, too: `load` at start and when a secret has changed, then `handle` for each request and `receive`
/// for each batch of messages.
pub async fn serve_http_and_queue<A, L, F>(
    load: L,
    handle: impl AsyncFn(&A, HttpRequest) -> HttpResponse,
    receive: impl AsyncFn(&A, SqsEvent) -> SqsBatchResponse,
) -> Result<(), Error>
where
    A: Send + Sync + 'static,
    L: Fn(Start) -> F + Send + Sync + 'static,
    F: Future<Output = Result<A, EnvironmentError>> + Send + 'static,
{
    let instance = Instance::start(start().await, load).await?;
    let (instance, handle, receive) = (&instance, &handle, &receive);
    run(service_fn(move |event: LambdaEvent<Value>| async move {
        let app = instance.app().await;
        // Requests of the HTTP API say which route they took.
        if event.payload.get("routeKey").is_some() {
            let request: ApiGatewayV2httpRequest = serde_json::from_value(event.payload)?;
            return Ok::<_, Error>(serde_json::to_value(Box::pin(handle(&app, request.into())).await)?);
        }
        let messages: SqsEvent = serde_json::from_value(event.payload)?;
        Ok(serde_json::to_value(Box::pin(receive(&app, messages)).await)?)
    }))
    .await
}

/// Runs a function whose events have the field `has`, but for those of a schedule, which have it not.
async fn serve_or_tick<A, L, F, T, R, E>(
    load: L,
    has: &'static str,
    handle: impl AsyncFn(&A, T) -> R,
    tick: impl AsyncFn(&A) -> Result<(), E>,
) -> Result<(), Error>
where
    A: Send + Sync + 'static,
    L: Fn(Start) -> F + Send + Sync + 'static,
    F: Future<Output = Result<A, EnvironmentError>> + Send + 'static,
    T: DeserializeOwned,
    R: Serialize,
    E: std::error::Error + Send + Sync + 'static,
{
    let instance = Instance::start(start().await, load).await?;
    let (instance, handle, tick) = (&instance, &handle, &tick);
    run(service_fn(move |event: LambdaEvent<Value>| async move {
        let app = instance.app().await;
        if event.payload.get(has).is_none() {
            Box::pin(tick(&app)).await?;
            return Ok::<_, Error>(Value::Null);
        }
        let event: T = serde_json::from_value(event.payload)?;
        Ok(serde_json::to_value(Box::pin(handle(&app, event)).await)?)
    }))
    .await
}

/// The `main` of a function: what serves it, its crate, and the handlers that it has beside `App::load`. One thread takes turns
/// among what it waits for: no function has a whole processor (1,769 MB of memory would bring one).
#[macro_export]
macro_rules! bootstrap {
    ($serve:ident, $function:ident, $($handler:ident),+) => {
        #[tokio::main(flavor = "current_thread")]
        async fn main() -> Result<(), lambda_runtime::Error> {
            $crate::lambda::$serve($function::App::load, $($function::$handler),+).await
        }
    };
}
