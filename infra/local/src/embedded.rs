//! The embedded services, each on a port of its own.

use aws_config::SdkConfig;
use dynoxide::Database;

use crate::clients::{Endpoints, sdk_config};
use crate::data_folder::DataFolder;
use crate::error::StackError;
use crate::event_bus::{self, SentEvents};
use crate::object_store::{self, Browsers, Listener};
use crate::{database, loopback};

/// The embedded services, serving.
pub(crate) struct Embedded {
    pub(crate) endpoints: Endpoints,
    /// The database itself, for its streams.
    pub(crate) database: Database,
    /// The configuration of clients; what has no endpoint of its own is at the event bus.
    pub(crate) sdk: SdkConfig,
}

impl Embedded {
    /// Starts object store, database and event bus on what the folder keeps.
    pub(crate) async fn start(
        data: &DataFolder,
        created: Listener,
        browsers: Browsers,
        events: SentEvents,
    ) -> Result<Self, StackError> {
        let (s3_listener, s3) = loopback::bind(0).await?;
        let (dynamodb_listener, dynamodb) = loopback::bind(0).await?;
        object_store::serve(s3_listener, &data.folder("s3")?, created, browsers)?;
        let database = database::serve(dynamodb_listener, &data.file("dynamodb.sqlite"))?;
        let (bus_listener, bus) = loopback::bind(0).await?;
        event_bus::serve(bus_listener, events);
        Ok(Self { endpoints: Endpoints { s3, dynamodb }, database, sdk: sdk_config(bus) })
    }
}
