//! The template deployed locally: names of its resources, and its functions running.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use aws_config::SdkConfig;
use futures::future::BoxFuture;
use xinzheng_runtime::environment::Environment;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::secrets::Secrets;
use xinzheng_runtime::{Clock, HttpRequest, HttpResponse, Metrics, Services};
use xinzheng_template::{Expression, FunctionDefinition, Reference, Template};

use crate::calls::{Calls, LastCall};
use crate::queues::QueueFunction;
use crate::stack::{Held, StackError, clients};
use crate::streams::StreamFunction;

/// A function behind the gateway.
pub(crate) type HttpFunction = Arc<dyn Fn(HttpRequest) -> BoxFuture<'static, HttpResponse> + Send + Sync>;

/// A function that runs by a schedule; what went wrong as text.
pub(crate) type ScheduledFunction = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// A function of the template, running.
pub(crate) enum Deployed {
    Http(HttpFunction),
    /// Behind the gateway, and by a schedule.
    Scheduled(HttpFunction, ScheduledFunction),
    Queue(QueueFunction),
    Stream(StreamFunction),
}

/// The local name of a table or bucket: `RegistryTable` -> `registry-table`.
pub(crate) fn resource_name(logical_id: &str) -> String {
    let mut name = String::new();
    for character in logical_id.chars() {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(character.to_ascii_lowercase());
    }
    name
}

/// What functions are started with.
pub(crate) struct Deployer<'a> {
    pub(crate) template: &'a Template,
    /// Values of parameters; the others have their defaults.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Where the embedded S3 and DynamoDB are.
    pub(crate) endpoints: (SocketAddr, SocketAddr),
    /// Counts the calls of functions, but for those that work beside requests, whose calls would be counted to whatever is
    /// going on.
    pub(crate) calls: Calls,
    pub(crate) last_call: LastCall,
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) sdk: SdkConfig,
}

impl Deployer<'_> {
    /// An expression's local value.
    pub(crate) fn resolve(&self, expression: &Expression) -> Result<String, StackError> {
        let lookup = |reference: Reference<'_>| match reference {
            Reference::Ref(name) => {
                self.parameters.get(name).cloned().or_else(|| match self.template.parameters().get(name) {
                    Some(parameter) => parameter.default.clone(),
                    None => Some(resource_name(name)),
                })
            }
            Reference::Attribute(name, _) => Some(resource_name(name)),
        };
        expression.resolve(&lookup).map_err(|error| StackError::Template(error.to_string()))
    }

    /// The clients of a function, held to what its role may do with the table.
    fn services(&self, function: &FunctionDefinition) -> Services {
        let role = function.role.as_deref().unwrap_or_default();
        let table = self.template.tables().first().map_or("", |table| table.logical_id.as_str());
        let access = self.template.table_access(role, table);
        let calls = Some(&self.calls).filter(|_| function.streams.is_empty());
        clients(&self.sdk, self.endpoints, Some(Held { role, access, calls, last_call: &self.last_call }))
    }

    /// Starts a function of the template with the environment that the template gives it.
    pub(crate) async fn deploy(&self, function: &FunctionDefinition) -> Result<Deployed, StackError> {
        let mut variables = vec![];
        for (name, expression) in &function.environment {
            variables.push((name.clone(), self.resolve(expression)?));
        }
        let start = Start {
            environment: Environment::of(variables),
            services: self.services(function),
            secrets: Secrets::Given(self.secrets.clone()),
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
            sdk: self.sdk.clone(),
        };
        macro_rules! http {
            ($function:ident) => {{
                let app = Arc::new($function::App::load(start).await?);
                Deployed::Http(Arc::new(move |request| {
                    let app = Arc::clone(&app);
                    Box::pin(async move { $function::handle(&app, request).await })
                }))
            }};
        }
        macro_rules! queue {
            ($function:ident) => {{
                let app = Arc::new($function::App::load(start).await?);
                Deployed::Queue(Arc::new(move |event| {
                    let app = Arc::clone(&app);
                    Box::pin(async move { $function::handle(&app, event).await })
                }))
            }};
        }
        macro_rules! scheduled {
            ($function:ident) => {{
                let app = Arc::new($function::App::load(start).await?);
                let scheduled = Arc::clone(&app);
                Deployed::Scheduled(
                    Arc::new(move |request| {
                        let app = Arc::clone(&app);
                        Box::pin(async move { $function::handle(&app, request).await })
                    }),
                    Arc::new(move || {
                        let app = Arc::clone(&scheduled);
                        Box::pin(async move { $function::tick(&app).await.map_err(|error| error.to_string()) })
                    }),
                )
            }};
        }
        Ok(match function.binary.as_str() {
            "ingest" => queue!(xinzheng_ingest),
            "index" => queue!(xinzheng_index),
            "notify" => {
                let app = Arc::new(xinzheng_notify::App::load(start).await?);
                Deployed::Stream(Arc::new(move |event| {
                    let app = Arc::clone(&app);
                    Box::pin(async move { xinzheng_notify::handle(&app, event).await })
                }))
            }
            "casework" => http!(xinzheng_casework),
            "backfill" => scheduled!(xinzheng_backfill),
            "oversight" => scheduled!(xinzheng_oversight),
            "portal" => http!(xinzheng_portal),
            "report" => http!(xinzheng_report),
            "uploads" => http!(xinzheng_uploads),
            "verify" => http!(xinzheng_verify),
            other => return Err(StackError::Template(format!("{} runs unknown {other}", function.logical_id))),
        })
    }
}
