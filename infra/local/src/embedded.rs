//! The embedded services, each on a port of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_config::SdkConfig;
use axum::Router;
use dynoxide::Database;
use hyper_util::service::TowerToHyperService;

use crate::access_key::AccessKey;
use crate::clients::{Endpoints, sdk_config};
use crate::data_folder::DataFolder;
use crate::ending::Work;
use crate::error::StackError;
use crate::event_bus::SentEvents;
use crate::losses::{DATABASE, OBJECTS};
use crate::object_store::{self, Browsers, Listener};
use crate::queues::Queues;
use crate::{connections, database, database_protocol, loopback, messaging};

/// The embedded services, serving.
pub(crate) struct Embedded {
    pub(crate) endpoints: Endpoints,
    /// The database itself, for its streams.
    pub(crate) database: Database,
    /// The configuration of clients; what has no endpoint of its own is where event bus and queues are.
    pub(crate) sdk: SdkConfig,
    /// What requests are signed with.
    pub(crate) key: AccessKey,
}

impl Embedded {
    /// Starts object store, database, event bus and queues on what the folder keeps. They answer what is signed with an access key
    /// that is drawn for them, until the work is to end.
    pub(crate) async fn start(
        data: &DataFolder,
        created: Listener,
        (browsers, versioned): (Browsers, BTreeSet<String>),
        (events, queues): (SentEvents, &Arc<Queues>),
        work: &Work,
    ) -> Result<Self, StackError> {
        let key = AccessKey::draw()?;
        let guarded = |service: Router| TowerToHyperService::new(key.guard(service));
        let (s3_listener, s3) = loopback::bind(0).await?;
        let (dynamodb_listener, dynamodb) = loopback::bind(0).await?;
        let (bus_listener, bus) = loopback::bind(0).await?;
        let told = (browsers, versioned);
        object_store::serve(s3_listener, &data.folder(OBJECTS)?, &key, created, told, work.clone())?;
        let database = database::open(&data.file(DATABASE))?;
        connections::serve(dynamodb_listener, guarded(database_protocol::router(database.clone())), work.clone());
        connections::serve(bus_listener, guarded(messaging::router(events, Arc::clone(queues))), work.clone());
        Ok(Self { endpoints: Endpoints { s3, dynamodb }, database, sdk: sdk_config(bus, &key), key })
    }
}
