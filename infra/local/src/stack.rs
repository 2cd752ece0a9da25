//! The stack: its parts started in order, on one data folder.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use thiserror::Error;
use tokio::net::TcpListener;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::{Clock, Metrics, Services};
use xinzheng_signature::Seal;
use xinzheng_template::{TableAccess, Template};

use crate::calls::{Calls, LastCall, count_calls, end_at};
use crate::deployment::{Deployed, Deployer, ScheduledFunction, resource_name};
use crate::event_bus::{self, SentEvents};
use crate::gateway::{self, Gateway};
use crate::issuer::Issuer;
use crate::object_store::{self, ACCESS_KEY, Browsers, CreatedObject, SECRET_KEY};
use crate::queues::{Faults, Queues};
use crate::sign_in::SignIn;
use crate::streams::TableStream;
use crate::{database, provision, rights, secrets};

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// How a stack is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that keeps everything.
    pub data: PathBuf,
    /// The port of the gateway on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// The clock of the functions.
    pub clock: Clock,
    /// What goes wrong with deliveries on purpose.
    pub faults: Faults,
    /// False to leave the queues' messages undelivered.
    pub deliver: bool,
    /// True to have signatures stamped by the stack's own time-stamping authority.
    pub timestamps: bool,
    /// True to print events as they are sent.
    pub print_events: bool,
    /// Parameters of the template that are not to have their defaults.
    pub parameters: BTreeMap<String, String>,
}

impl Options {
    /// A stack on this folder, on any free port, by the system's clock, with nothing going wrong.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            port: 0,
            clock: Clock::system(),
            faults: Faults::default(),
            deliver: true,
            timestamps: false,
            print_events: false,
            parameters: BTreeMap::new(),
        }
    }
}

/// Why a stack cannot start or do its job: one line for a person.
#[derive(Debug, Error)]
pub enum StackError {
    /// Another program, or another stack, listens there.
    #[error("port {port} on 127.0.0.1 cannot be used: {why}; choose another with --port")]
    Port {
        /// The port.
        port: u16,
        /// What the system says.
        why: String,
    },
    /// The folder or a file in it cannot be written.
    #[error("{path} cannot be written: {why}; choose another folder with --data")]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Another stack runs on the folder.
    #[error("{0} is in use by another running stack")]
    InUse(PathBuf),
    /// Something in the data folder is not what a stack wrote.
    #[error("{what} is damaged ({why}); move the data folder away to start afresh")]
    Damaged {
        /// What is damaged.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The template cannot be deployed locally.
    #[error("template.yaml: {0}")]
    Template(String),
    /// A table or bucket could not be made.
    #[error("{resource} could not be made: {why}")]
    Provision {
        /// Its logical id.
        resource: String,
        /// What the service said.
        why: String,
    },
    /// A function could not start.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The system gives no random numbers.
    #[error("no randomness: {0}")]
    NoRandomness(String),
    /// A step of the main job did not do what it should.
    #[error("{step}: {why}")]
    Step {
        /// The step.
        step: &'static str,
        /// What went wrong.
        why: String,
    },
}

impl StackError {
    pub(crate) fn provision(resource: &str, error: &dyn std::error::Error) -> Self {
        Self::Provision { resource: resource.to_owned(), why: error.to_string() }
    }

    pub(crate) fn step(step: &'static str) -> impl FnOnce(Box<dyn std::error::Error + Send + Sync>) -> Self {
        move |error| Self::Step { step, why: error.to_string() }
    }
}

/// A running stack. Its parts run until the process ends.
#[derive(Debug)]
pub struct Stack {
    /// Clients of the embedded services, for looking at what is in them. Their calls are not counted.
    pub services: Services,
    /// How often the functions called each SDK operation.
    pub calls: Calls,
    /// At which of the functions' SDK calls the process ends, if at any.
    pub last_call: LastCall,
    /// What the event bus was told.
    pub events: SentEvents,
    /// The token issuer.
    pub issuer: Arc<Issuer>,
    /// The gateway's address, such as `http://127.0.0.1:8080`.
    pub address: String,
    clock: Clock,
    metrics: Arc<Mutex<Vec<String>>>,
    queues: Arc<QueuesOf>,
    streams: Streams,
    schedules: Schedules,
    _lock: File,
}

/// Functions that run by a schedule, by their binaries.
struct Schedules(BTreeMap<String, ScheduledFunction>);

impl std::fmt::Debug for Schedules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

struct Streams(Vec<Arc<TableStream>>);

impl std::fmt::Debug for Streams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Streams(..)")
    }
}

struct QueuesOf(Arc<Queues>);

impl std::fmt::Debug for QueuesOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Queues(..)")
    }
}

impl Stack {
    /// Starts everything: store, database, table and buckets, functions, deliveries, gateway.
    pub async fn start(options: Options) -> Result<Self, StackError> {
        let template = Arc::new(Template::parse(TEMPLATE).map_err(|error| StackError::Template(error.to_string()))?);
        let lock = lock(&options.data)?;
        let gateway_listener = bind(options.port).await?;
        let address = format!("http://{}", local_address(&gateway_listener, options.port)?);

        let queues = Queues::open(&folder(&options.data, "queues")?, template.queues(), options.faults)
            .map_err(|error| unwritable(&options.data, &error))?;
        let s3 = bind(0).await?;
        let dynamodb = bind(0).await?;
        let endpoints = (local_address(&s3, 0)?, local_address(&dynamodb, 0)?);
        let browsers = Browsers::of(&template, &address);
        object_store::serve(
            s3,
            &folder(&options.data, "s3")?,
            notifications(&template, &queues, &options.clock),
            browsers,
        )?;
        let database = database::serve(dynamodb, &options.data.join("dynamodb.sqlite"))?;
        let bus = bind(0).await?;
        let sdk = sdk_config(local_address(&bus, 0)?);
        let events = SentEvents::printed(options.print_events);
        event_bus::serve(bus, events.clone());
        let services = clients(&sdk, endpoints, None);
        provision::provision(&template, &services).await?;

        let issuer_address = format!("{address}/dev");
        let audience = "xinzheng-local".to_owned();
        let issuer =
            Arc::new(Issuer::load(&options.data.join("issuer.pem"), issuer_address.clone(), audience.clone())?);
        let (calls, last_call) = (Calls::default(), LastCall::default());
        let metrics: Arc<Mutex<Vec<String>>> = Arc::default();
        let mut secrets = secrets::load(&options.data)?;
        let stamping = secrets.remove(secrets::STAMPING).unwrap_or_default();
        let stamping =
            Seal::parse(&stamping, &aws_sdk_kms::Client::new(&sdk)).map_err(|error| StackError::Damaged {
                what: options.data.join("secrets.json").display().to_string(),
                why: error.to_string(),
            })?;
        let deployer = Deployer {
            template: &template,
            parameters: [
                ("JwtIssuer".to_owned(), issuer_address),
                ("JwtAudience".to_owned(), audience),
                ("SigningSecretArn".to_owned(), "kept-in-the-data-folder".to_owned()),
                ("VerificationBaseUrl".to_owned(), format!("{address}/verify")),
                ("PortalOrigin".to_owned(), address.clone()),
                ("ObjectStoreOrigins".to_owned(), format!("http://{}", endpoints.0)),
                (
                    "TimestampUrl".to_owned(),
                    if options.timestamps { format!("{address}/dev/timestamp") } else { String::new() },
                ),
            ]
            .into_iter()
            .chain(options.parameters)
            .collect(),
            endpoints,
            calls: calls.clone(),
            last_call: last_call.clone(),
            metrics: {
                let told = Arc::clone(&metrics);
                Metrics::of(move |line| told.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned()))
            },
            secrets,
            clock: options.clock.clone(),
            sdk: sdk.clone(),
        };
        let mut functions = BTreeMap::new();
        let mut streams = vec![];
        let mut schedules = BTreeMap::new();
        for function in template.functions() {
            match deployer.deploy(function).await? {
                Deployed::Http(deployed) => {
                    functions.insert(function.logical_id.clone(), deployed);
                }
                Deployed::Scheduled(deployed, scheduled) => {
                    functions.insert(function.logical_id.clone(), deployed);
                    schedules.insert(function.binary.clone(), scheduled);
                }
                Deployed::Queue(deployed) if options.deliver => {
                    for source in &function.sources {
                        queues.deliver(&source.queue, source.batch_size, &deployed);
                    }
                }
                Deployed::Queue(_) => {}
                Deployed::Stream(deployed) => {
                    for source in &function.streams {
                        let file = options.data.join(format!("{}-position", function.binary));
                        let (table, source) = (resource_name(&source.table), source.clone());
                        let stream = TableStream::open(&database, &table, source, Arc::clone(&deployed), file);
                        let stream = stream.ok_or_else(|| StackError::Template(format!("{table} has no stream")))?;
                        if options.deliver {
                            stream.deliver();
                        }
                        streams.push(stream);
                    }
                }
            }
        }
        let clock = options.clock;
        let gateway = Gateway {
            template: Arc::clone(&template),
            functions,
            issuer: Arc::clone(&issuer),
            clock: clock.clone(),
            requests: AtomicU64::new(0),
            stamping,
            address: address.clone(),
            sign_in: SignIn::default(),
        };
        gateway::serve(gateway_listener, gateway);
        let queues = Arc::new(QueuesOf(queues));
        let (streams, schedules) = (Streams(streams), Schedules(schedules));
        if options.deliver {
            run_by_schedule(&schedules);
        }
        Ok(Self {
            services,
            calls,
            last_call,
            events,
            issuer,
            address,
            clock,
            metrics,
            queues,
            streams,
            schedules,
            _lock: lock,
        })
    }

    /// Waits until no message waits or is being worked on and the table's stream is told of; `watch` hears how many are left.
    pub async fn idle(&self, mut watch: impl FnMut(usize)) {
        let mut outstanding = self.queues.0.outstanding();
        loop {
            let left = *outstanding.borrow_and_update();
            watch(left);
            if left == 0 {
                for stream in &self.streams.0 {
                    stream.drain().await;
                }
                return;
            }
            if outstanding.changed().await.is_err() {
                return;
            }
        }
    }

    /// Runs what functions do by their schedules, now.
    pub async fn run_schedules(&self) -> Result<(), StackError> {
        for function in self.schedules.0.values() {
            function().await.map_err(|why| StackError::Step { step: "running what is scheduled", why })?;
        }
        Ok(())
    }

    /// The metrics that were told, as lines of the log, and forgets them.
    pub fn take_metrics(&self) -> Vec<String> {
        std::mem::take(&mut *self.metrics.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The bodies of the messages among the dead letters of all queues.
    pub fn dead_letters(&self) -> Vec<String> {
        ["UploadDeadLetterQueue", "PartDeadLetterQueue", "ChunkDeadLetterQueue", "NotifyDeadLetterQueue"]
            .iter()
            .flat_map(|queue| self.queues.0.bodies(queue))
            .collect()
    }

    /// The local name of a table or bucket of the template.
    pub fn resource(&self, logical_id: &str) -> String {
        resource_name(logical_id)
    }

    /// The time by the stack's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Runs what is scheduled once a minute, whatever the template's hours are: it does nothing when nothing is due.
fn run_by_schedule(schedules: &Schedules) {
    for (name, function) in schedules.0.clone() {
        tokio::spawn(async move {
            let mut minutes = tokio::time::interval(Duration::from_secs(60));
            // The first tick of an interval comes at once.
            minutes.tick().await;
            loop {
                minutes.tick().await;
                if let Err(error) = function().await {
                    tracing::error!(%error, function = name, "what is scheduled failed");
                }
            }
        });
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> StackError {
    StackError::Unwritable { path: path.to_owned(), why: error.to_string() }
}

fn folder(data: &Path, name: &str) -> Result<PathBuf, StackError> {
    let folder = data.join(name);
    fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
    Ok(folder)
}

/// Makes the data folder and keeps other stacks from it as long as the file is open.
fn lock(data: &Path) -> Result<File, StackError> {
    fs::create_dir_all(data).map_err(|error| unwritable(data, &error))?;
    let file = data.join("lock");
    let file = File::create(&file).map_err(|error| unwritable(&file, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StackError::InUse(data.to_owned())),
        Err(TryLockError::Error(error)) => Err(unwritable(data, &error)),
    }
}

async fn bind(port: u16) -> Result<TcpListener, StackError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).await.map_err(|error| StackError::Port { port, why: error.to_string() })
}

fn local_address(listener: &TcpListener, port: u16) -> Result<SocketAddr, StackError> {
    listener.local_addr().map_err(|error| StackError::Port { port, why: error.to_string() })
}

/// A client of the stack, which has no certificates.
pub fn client_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_certs_only([])
}

/// Configuration of the SDK; what has no endpoint of its own is at the event bus.
fn sdk_config(bus: SocketAddr) -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "local stack");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("cn-north-1"))
        .endpoint_url(format!("http://{bus}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(credentials))
        .build()
}

/// What a function's clients are held to.
pub(crate) struct Held<'a> {
    pub(crate) role: &'a str,
    /// What the role may do with the table.
    pub(crate) access: TableAccess,
    /// Where its calls are counted, when they are.
    pub(crate) calls: Option<&'a Calls>,
    pub(crate) last_call: &'a LastCall,
}

/// Clients of the embedded services, whose calls are counted into `calls`, and held to a role.
pub(crate) fn clients(sdk: &SdkConfig, (s3, dynamodb): (SocketAddr, SocketAddr), of: Option<Held<'_>>) -> Services {
    let mut s3 = aws_sdk_s3::config::Builder::from(sdk).endpoint_url(format!("http://{s3}")).force_path_style(true);
    let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(sdk).endpoint_url(format!("http://{dynamodb}"));
    if let Some(Held { role, access, calls, last_call }) = of {
        if let Some(calls) = calls {
            s3 = s3.interceptor(count_calls(calls));
            dynamodb = dynamodb.interceptor(count_calls(calls));
        }
        s3 = s3.interceptor(end_at(last_call));
        dynamodb = dynamodb.interceptor(end_at(last_call)).interceptor(rights::hold_to(role, access));
    }
    Services {
        dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        s3: aws_sdk_s3::Client::from_conf(s3.build()),
    }
}

/// Passes created objects on to the queues that the template's notifications name, in the very JSON that S3 sends.
fn notifications(template: &Arc<Template>, queues: &Arc<Queues>, clock: &Clock) -> object_store::Listener {
    let (template, queues, clock) = (Arc::clone(template), Arc::clone(queues), clock.clone());
    let sequencer = AtomicU64::new(0);
    Arc::new(move |object: CreatedObject| {
        let bucket = template.buckets().iter().find(|bucket| resource_name(&bucket.logical_id) == object.bucket);
        for notification in bucket.into_iter().flat_map(|bucket| &bucket.notifications) {
            let created = matches!(notification.event.as_str(), "s3:ObjectCreated:*" | "s3:ObjectCreated:Put");
            let prefix = notification.prefix.as_deref().unwrap_or_default();
            let suffix = notification.suffix.as_deref().unwrap_or_default();
            if created && object.key.starts_with(prefix) && object.key.ends_with(suffix) {
                let event = s3_event(&object, clock.now(), sequencer.fetch_add(1, Ordering::Relaxed));
                if let Err(error) = queues.send(&notification.queue, event) {
                    tracing::error!(%error, key = %object.key, "an event could not be queued");
                }
            }
        }
    })
}

/// Characters that S3 leaves as they are in an event's key.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/').remove(b' ');

fn s3_event(object: &CreatedObject, at: Timestamp, sequencer: u64) -> String {
    let key = utf8_percent_encode(&object.key, PLAIN).to_string().replace(' ', "+");
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "cn-north-1",
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "eventName": "ObjectCreated:Put",
        "userIdentity": { "principalId": "AWS:LOCAL" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "x-amz-request-id": "LOCAL", "x-amz-id-2": "LOCAL" },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "local",
            "bucket": {
                "name": object.bucket,
                "ownerIdentity": { "principalId": "LOCAL" },
                "arn": format!("arn:aws-cn:s3:::{}", object.bucket),
            },
            "object": { "key": key, "size": object.size, "eTag": object.etag, "sequencer": format!("{sequencer:016X}") },
        },
    }] })
    .to_string()
}
