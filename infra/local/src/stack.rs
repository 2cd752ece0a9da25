//! The stack: its parts started in order, on one data folder.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::Timestamp;
use xinzheng_runtime::{Clock, Services};
use xinzheng_template::Deployment;
use xinzheng_tlog::WitnessKey;

use crate::calls::{Calls, LastCall};
use crate::clients::clients;
use crate::data_folder::DataFolder;
use crate::database::Held;
use crate::deployment::{Deployer, Functions};
use crate::embedded::Embedded;
use crate::ending::Ending;
use crate::error::StackError;
use crate::event_bus::SentEvents;
use crate::gateway::{self, Gateway};
use crate::issuer::{AUDIENCE, Issuer};
use crate::losses::{ISSUER, QUEUES, SECRETS};
use crate::metrics_log::MetricsLog;
use crate::notifications::notifications;
use crate::object_store::{Browsers, versioned};
use crate::options::Options;
use crate::queues::Queues;
use crate::resource_name::resource_name;
use crate::schedules::Schedules;
use crate::secrets::{self, LocalSecrets};
use crate::sign_in::SignIn;
use crate::streams::TableStream;
use crate::witness::LOG_ORIGIN;
use crate::{broken_off, loopback, losses, provision, witness};

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// A running stack. Its parts run until it is ended, or dropped: then nobody waits for what they are doing.
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
    /// The address of the embedded DynamoDB.
    pub database: String,
    /// The gateway's address, such as `http://127.0.0.1:8080`.
    pub address: String,
    clock: Clock,
    metrics: MetricsLog,
    queues: Arc<Queues>,
    streams: Vec<Arc<TableStream>>,
    schedules: Schedules,
    /// Ends functions, whoever they work for.
    functions: Ending,
    /// Ends the gateway's connections.
    gateway: Ending,
    /// Ends the embedded services.
    embedded: Ending,
    data: DataFolder,
}

impl std::fmt::Debug for Stack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stack").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Stack {
    /// Starts everything: store, database, table and buckets, functions, deliveries, gateway.
    pub async fn start(options: Options) -> Result<Self, StackError> {
        let template = Arc::new(template()?);
        let data = DataFolder::open(&options.data)?;
        let held = look_at(&template, &data)?;
        let (working, reached, embedding) = (Ending::default(), Ending::default(), Ending::default());
        let (listener, address) = loopback::bind(options.port).await?;
        let address = format!("http://{address}");

        let queues = open_queues(&template, &data, &options)?;
        let created = notifications(&template, &queues, &options.clock);
        let events = SentEvents::printed(options.print_events);
        let embedded = Embedded::start(
            &data,
            created,
            (Browsers::of(&template, &address), versioned(&template)),
            (events.clone(), &queues),
            &embedding.work(),
        )
        .await?;
        let services = clients(&embedded.sdk, embedded.endpoints, None);
        provision::provision(&template, &services).await?;
        broken_off::release(&embedded.database, &services, &registry_of(&template)).await?;

        let issuer = Arc::new(Issuer::load(&data.file(ISSUER), format!("{address}/dev"))?);
        let secrets = LocalSecrets::load(&data, held, &address, options.clock.now())?;
        let stamping = secrets.stamping(&embedded.sdk)?;
        let (authority, responder) = (secrets.authority(&embedded.sdk)?, secrets.responder(&embedded.sdk)?);
        let (calls, last_call, metrics) = (Calls::default(), LastCall::default(), MetricsLog::default());
        let witness = witness::start(&data, &secrets, options.witness_fails.clone(), embedding.work()).await?;
        let deployer = Deployer {
            template: &template,
            parameters: parameters(&options, &address, &issuer, &embedded, &witness),
            data: &data,
            embedded: &embedded,
            queues: &queues,
            deliver: options.deliver,
            work: working.work(),
            calls: calls.clone(),
            last_call: last_call.clone(),
            counted: options.counted,
            secrets: secrets.for_functions(),
            second: options.second,
            clock: options.clock.clone(),
            metrics: metrics.metrics(),
        };
        let Functions { http, schedules, streams } = deployer.deploy().await?;

        let clock = options.clock;
        let gateway = Gateway {
            template,
            functions: http,
            issuer: Arc::clone(&issuer),
            clock: clock.clone(),
            requests: AtomicU64::new(0),
            stamping,
            authority,
            responder,
            authority_fails: options.authority_fails,
            address: address.clone(),
            sign_in: SignIn::default(),
            entrance: working.entrance(),
        };
        gateway::serve(listener, gateway, reached.work());
        if options.deliver {
            schedules.run_each_minute(&working.work());
        }
        Ok(Self {
            services,
            calls,
            last_call,
            events,
            issuer,
            database: format!("http://{}", embedded.endpoints.dynamodb),
            address,
            clock,
            metrics,
            queues,
            streams,
            schedules,
            functions: working,
            gateway: reached,
            embedded: embedding,
            data,
        })
    }

    /// Ends the stack: no request is accepted any more, nothing is delivered any more; what is being done is finished. `false`
    /// when that takes longer than `patience`: what is left is done again after the next start.
    pub async fn end(self, patience: Duration) -> bool {
        let ended = async {
            // Functions that are finishing need the embedded services, and the portal's the gateway.
            self.functions.end().await;
            self.gateway.end().await;
            self.embedded.end().await;
        };
        tokio::time::timeout(patience, ended).await.is_ok()
    }

    /// Waits until no message waits or is being worked on and the table's stream is told of; `watch` hears how many are left.
    pub async fn idle(&self, mut watch: impl FnMut(usize)) {
        let mut outstanding = self.queues.outstanding();
        loop {
            let left = *outstanding.borrow_and_update();
            watch(left);
            if left == 0 {
                for stream in &self.streams {
                    stream.drain().await;
                }
                // What the stream is told of may have sent messages.
                if *outstanding.borrow() == 0 {
                    return;
                }
                continue;
            }
            if outstanding.changed().await.is_err() {
                return;
            }
        }
    }

    /// Has all that the table's stream holds be told again, as it is when batches come again.
    pub async fn tell_again(&self) {
        for stream in &self.streams {
            stream.rewind().await;
        }
    }

    /// Keeps the table's stream from being delivered until `done`, so that what is changed meanwhile comes in large batches.
    pub async fn hold_changes<T>(&self, done: impl Future<Output = T>) -> T {
        let mut held = vec![];
        for stream in &self.streams {
            held.push(stream.held().await);
        }
        done.await
    }

    /// Sends what is among the dead letters of a queue on its way again, as SQS does when its redrive is started. How many messages.
    pub fn redrive(&self, dead_letters: &str) -> Result<usize, StackError> {
        self.queues.redrive(dead_letters).map_err(|error| StackError::step("sending dead letters again")(error.into()))
    }

    /// Runs what functions do by their schedules, now.
    pub async fn run_schedules(&self) -> Result<(), StackError> {
        self.schedules.run().await
    }

    /// Changes a secret of the functions, by the variable that names it, as who rotates it does: those that run take it up.
    pub fn change_secret(&self, name: &str, change: impl FnOnce(&str) -> String) -> Result<(), StackError> {
        secrets::change(&self.data, name, change)
    }

    /// Has another key sign reports, as `xinzheng rotate` does while the stack rests.
    pub fn rotate_signing_key(&self) -> Result<(), StackError> {
        secrets::rotate(&self.data, self.now())
    }

    /// The metrics that were told, as lines of the log, and forgets them.
    pub fn take_metrics(&self) -> Vec<String> {
        self.metrics.take()
    }

    /// The bodies of the messages among the dead letters of all queues.
    pub fn dead_letters(&self) -> Vec<String> {
        [
            "UploadDeadLetterQueue",
            "PartDeadLetterQueue",
            "ChunkDeadLetterQueue",
            "NotifyDeadLetterQueue",
            "LogDeadLetterQueue",
            "WebhookDeadLetterQueue",
        ]
        .iter()
        .flat_map(|queue| self.queues.bodies(queue))
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

fn template() -> Result<Deployment, StackError> {
    Deployment::parse(TEMPLATE).map_err(|error| StackError::Template(error.to_string()))
}

/// What the folder holds of the registry; an error when something of the folder is lost or damaged.
fn look_at(template: &Deployment, data: &DataFolder) -> Result<Held, StackError> {
    secrets::kept(&data.file(SECRETS))?;
    losses::check(data, &registry_of(template))
}

/// The local name of the registry's table.
fn registry_of(template: &Deployment) -> String {
    template.tables().first().map(|table| resource_name(&table.logical_id)).unwrap_or_default()
}

fn open_queues(template: &Deployment, data: &DataFolder, options: &Options) -> Result<Arc<Queues>, StackError> {
    Queues::open(&data.folder(QUEUES)?, template.queues(), options.faults, options.second)
}

/// What the template's parameters are in this stack; the others have their defaults.
fn parameters(
    options: &Options,
    address: &str,
    issuer: &Issuer,
    embedded: &Embedded,
    (witness, key): &(String, WitnessKey),
) -> BTreeMap<String, String> {
    let timestamps = if options.timestamps { format!("{address}/dev/timestamp") } else { String::new() };
    let own = [
        ("JwtIssuer", issuer.address().to_owned()),
        ("JwtAudience", AUDIENCE.to_owned()),
        ("SigningSecretArn", "kept-in-the-data-folder".to_owned()),
        ("VerificationBaseUrl", format!("{address}/verify")),
        ("PortalOrigin", address.to_owned()),
        ("ObjectStoreOrigins", format!("http://{}", embedded.endpoints.s3)),
        ("TimestampUrl", timestamps),
        ("PublicLogOrigin", LOG_ORIGIN.to_owned()),
        ("WitnessUrls", witness.clone()),
        ("WitnessKeys", key.to_string()),
        ("WitnessThreshold", "1".to_owned()),
    ];
    own.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(options.parameters.clone()).collect()
}
