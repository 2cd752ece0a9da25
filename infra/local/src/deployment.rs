//! The template deployed locally: its functions, running.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::Value;
use xinzheng_runtime::environment::Environment;
use xinzheng_runtime::instance::Instance;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::secrets::Secrets;
use xinzheng_runtime::{Clock, Metrics, Services};
use xinzheng_template::{Deployment, Expression, FunctionDefinition, Reference, StreamSource};

use crate::calls::{Calls, LastCall};
use crate::clients::{Held, clients};
use crate::data_folder::DataFolder;
use crate::embedded::Embedded;
use crate::ending::Work;
use crate::error::StackError;
use crate::gateway::HttpFunction;
use crate::options::Counted;
use crate::queues::{QueueFunction, Queues};
use crate::resource_name::resource_name;
use crate::schedules::{ScheduledFunction, Schedules};
use crate::streams::{GivenUp, StreamFunction, TableStream};

/// A function of the template, started.
enum Started {
    Http(HttpFunction),
    /// Behind the gateway, and by a schedule.
    Scheduled(HttpFunction, ScheduledFunction),
    Queue(QueueFunction),
    /// Behind the gateway, and behind a queue.
    HttpAndQueue(HttpFunction, QueueFunction),
    /// Behind a stream, and behind a queue.
    StreamAndQueue(StreamFunction, QueueFunction),
    /// Behind a stream, and by a schedule.
    ScheduledStream(StreamFunction, ScheduledFunction),
}

/// The functions of the template, running: those behind queues need no more.
#[derive(Default)]
pub(crate) struct Functions {
    /// Those behind the gateway, by logical id.
    pub(crate) http: BTreeMap<String, HttpFunction>,
    pub(crate) schedules: Schedules,
    /// The streams that functions are behind.
    pub(crate) streams: Vec<Arc<TableStream>>,
}

/// What functions are started with, and where their events come from.
pub(crate) struct Deployer<'a> {
    pub(crate) template: &'a Deployment,
    /// Values of parameters; the others have their defaults.
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) data: &'a DataFolder,
    pub(crate) embedded: &'a Embedded,
    pub(crate) queues: &'a Arc<Queues>,
    /// False to leave what waits in queues and streams undelivered.
    pub(crate) deliver: bool,
    /// What deliveries are, which are finished before the stack ends.
    pub(crate) work: Work,
    /// Counts the calls of functions, but for those that work beside requests, whose calls would be counted to whatever is
    /// going on.
    pub(crate) calls: Calls,
    pub(crate) last_call: LastCall,
    /// Whose calls that counts.
    pub(crate) counted: Counted,
    pub(crate) secrets: Secrets,
    /// How long a second lasts after which a message comes again.
    pub(crate) second: Duration,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
}

/// Loads a function by its crate's `App` and gives what hands an event to its handler; `of` one that is loaded.
macro_rules! handler {
    ($function:ident, $start:expr) => {
        handler!(of $function, Instance::start($start, $function::App::load).await?)
    };
    (of $function:ident, $instance:expr) => {{
        let instance = $instance;
        Arc::new(move |event| {
            let instance = Arc::clone(&instance);
            Box::pin(async move { $function::handle(&*instance.app().await, event).await }) as BoxFuture<'static, _>
        })
    }};
}

/// Loads a function that is behind the gateway and runs by a schedule.
macro_rules! scheduled {
    ($function:ident, $start:expr) => {{
        let instance = Instance::start($start, $function::App::load).await?;
        let handler = handler!(of $function, Arc::clone(&instance));
        let tick: ScheduledFunction = Arc::new(move || {
            let instance = Arc::clone(&instance);
            Box::pin(async move { $function::tick(&*instance.app().await).await.map_err(|error| error.to_string()) })
        });
        Started::Scheduled(handler, tick)
    }};
}

impl Deployer<'_> {
    /// Starts every function of the template, and what brings it its events.
    pub(crate) async fn deploy(&self) -> Result<Functions, StackError> {
        let mut functions = Functions::default();
        for function in self.template.functions() {
            match self.start(function).await? {
                Started::Http(http) => {
                    functions.http.insert(function.logical_id.clone(), http);
                }
                Started::Scheduled(http, scheduled) => {
                    functions.http.insert(function.logical_id.clone(), http);
                    functions.schedules.add(&function.binary, scheduled);
                }
                Started::Queue(behind) => self.deliver_from_queues(function, &behind),
                Started::HttpAndQueue(http, behind) => {
                    functions.http.insert(function.logical_id.clone(), http);
                    self.deliver_from_queues(function, &behind);
                }
                Started::StreamAndQueue(behind, queued) => {
                    functions.streams.extend(self.streams(function, &behind)?);
                    self.deliver_from_queues(function, &queued);
                }
                Started::ScheduledStream(behind, scheduled) => {
                    functions.streams.extend(self.streams(function, &behind)?);
                    functions.schedules.add(&function.binary, scheduled);
                }
            }
        }
        Ok(functions)
    }

    /// Starts a function with the environment that the template gives it.
    async fn start(&self, function: &FunctionDefinition) -> Result<Started, StackError> {
        let start = self.start_of(function)?;
        Ok(match function.binary.as_str() {
            "backfill" => scheduled!(xinzheng_backfill, start),
            "casework" => Started::Http(handler!(xinzheng_casework, start)),
            "index" => Started::Queue(handler!(xinzheng_index, start)),
            "ingest" => Started::Queue(handler!(xinzheng_ingest, start)),
            "log" => {
                let instance = Instance::start(start, xinzheng_log::App::load).await?;
                let behind: StreamFunction = {
                    let instance = Arc::clone(&instance);
                    Arc::new(move |batch| {
                        let instance = Arc::clone(&instance);
                        Box::pin(async move { Ok(xinzheng_log::handle(&*instance.app().await, batch).await) })
                    })
                };
                let tick: ScheduledFunction = Arc::new(move || {
                    let instance = Arc::clone(&instance);
                    Box::pin(async move {
                        xinzheng_log::tick(&*instance.app().await).await.map_err(|error| error.to_string())
                    })
                });
                Started::ScheduledStream(behind, tick)
            }
            "notices" => {
                let instance = Instance::start(start, xinzheng_notices::App::load).await?;
                Started::HttpAndQueue(handler!(of xinzheng_notices, Arc::clone(&instance)), {
                    Arc::new(move |batch| {
                        let instance = Arc::clone(&instance);
                        Box::pin(async move { xinzheng_notices::receive(&*instance.app().await, batch).await })
                    })
                })
            }
            "notify" => {
                let instance = Instance::start(start, xinzheng_notify::App::load).await?;
                let (of_stream, of_queue) = (Arc::clone(&instance), instance);
                Started::StreamAndQueue(
                    Arc::new(move |batch| {
                        let instance = Arc::clone(&of_stream);
                        Box::pin(async move {
                            let told = xinzheng_notify::handle(&*instance.app().await, batch).await;
                            told.map_err(|error| error.to_string())
                        })
                    }),
                    Arc::new(move |messages| {
                        let instance = Arc::clone(&of_queue);
                        Box::pin(async move { xinzheng_notify::receive(&*instance.app().await, messages).await })
                    }),
                )
            }
            "oversight" => scheduled!(xinzheng_oversight, start),
            "portal" => Started::Http(handler!(xinzheng_portal, start)),
            "report" => scheduled!(xinzheng_report, start),
            "uploads" => Started::Http(handler!(xinzheng_uploads, start)),
            "verify" => Started::Http(handler!(xinzheng_verify, start)),
            other => return Err(StackError::Template(format!("{} runs unknown {other}", function.logical_id))),
        })
    }

    fn start_of(&self, function: &FunctionDefinition) -> Result<Start, StackError> {
        let mut variables = vec![];
        for (name, expression) in &function.environment {
            variables.push((name.clone(), self.resolve(expression)?));
        }
        if function.binary == "notices" {
            // Whoever tries webhooks on this machine listens on it.
            variables.push(("WEBHOOKS_ON_LOOPBACK".to_owned(), "true".to_owned()));
        }
        Ok(Start {
            environment: Environment::of(variables),
            services: self.services(function),
            secrets: self.secrets.clone(),
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
            sdk: self.embedded.sdk.clone(),
        })
    }

    /// An expression's local value.
    fn resolve(&self, expression: &Expression) -> Result<String, StackError> {
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
        let is_counted = (function.binary == "log") == (self.counted == Counted::Log);
        let last_call = Some(&self.last_call).filter(|_| is_counted);
        let held = Held { role, access, calls, last_call };
        clients(&self.embedded.sdk, self.embedded.endpoints, Some(held))
    }

    fn deliver_from_queues(&self, function: &FunctionDefinition, behind: &QueueFunction) {
        for source in function.sources.iter().filter(|_| self.deliver) {
            self.queues.deliver(&source.queue, source.batch_size, behind, &self.work);
        }
    }

    /// Where changes of a stream are kept that are given up: as an object in a bucket, under such a key as Lambda takes, or as a
    /// message without its changes.
    fn given_up(&self, source: &StreamSource) -> GivenUp {
        let Some(destination) = source.given_up.clone() else {
            return Arc::new(|_| Box::pin(async { Ok(()) }));
        };
        if self.template.buckets().iter().any(|bucket| bucket.logical_id == destination) {
            let store = clients(&self.embedded.sdk, self.embedded.endpoints, None).s3;
            let bucket = resource_name(&destination);
            return Arc::new(move |invocation: Value| {
                let at = |place: &str| invocation.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
                let (shard, first) = (at("/DDBStreamBatchInfo/shardId"), at("/DDBStreamBatchInfo/startSequenceNumber"));
                let key = format!("aws/lambda/local/{shard}/{first}");
                let put = store.put_object().bucket(&bucket).key(key).body(invocation.to_string().into_bytes().into());
                Box::pin(
                    async move { put.send().await.map(drop).map_err(|error| error.into_service_error().to_string()) },
                )
            });
        }
        let queues = Arc::clone(self.queues);
        Arc::new(move |mut invocation: Value| {
            if let Some(told) = invocation.as_object_mut() {
                told.remove("payload");
            }
            let sent = queues.send(&destination, invocation.to_string());
            Box::pin(async move { sent.map(drop).map_err(|error| error.to_string()) })
        })
    }

    /// The streams that a function is behind, delivering.
    fn streams(
        &self,
        function: &FunctionDefinition,
        behind: &StreamFunction,
    ) -> Result<Vec<Arc<TableStream>>, StackError> {
        let mut streams = vec![];
        for source in &function.streams {
            let table = resource_name(&source.table);
            let file = self.data.file(&format!("{}-position", function.binary));
            let behind = (Arc::clone(behind), self.given_up(source));
            let place = (file, self.second / 5);
            let stream = TableStream::open(&self.embedded.database, &table, source.clone(), behind, place)?;
            if self.deliver {
                stream.deliver(self.work.clone());
            }
            streams.push(stream);
        }
        Ok(streams)
    }
}
