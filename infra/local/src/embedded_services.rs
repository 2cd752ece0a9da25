//! The embedded S3 and DynamoDB by themselves, for whoever brings functions and queues: the built functions are rehearsed on them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use xinzheng_runtime::Clock;
use xinzheng_template::Deployment;

use crate::data_folder::DataFolder;
use crate::embedded::Embedded;
use crate::ending::Ending;
use crate::error::StackError;
use crate::event_bus::SentEvents;
use crate::losses::QUEUES;
use crate::notifications::told;
use crate::object_store::{Browsers, versioned};
use crate::provision;
use crate::queues::{Faults, Queues};

/// The services, serving on loopback until they are dropped, with the template's table and buckets.
#[derive(Debug)]
pub struct EmbeddedServices {
    /// The address of S3.
    pub s3: String,
    /// The address of DynamoDB and its streams.
    pub dynamodb: String,
    /// The id of the access key that requests have to be signed with.
    pub key_id: String,
    /// Its secret.
    pub key_secret: String,
    _serving: Ending,
    _data: DataFolder,
}

impl EmbeddedServices {
    /// Starts them on a folder. `tell` hears of each created object that the template has a notification for: the logical id of the
    /// queue and the event in S3's JSON.
    ///
    /// # Errors
    ///
    /// When the template cannot be read, the folder not be written, or no port is free.
    pub async fn start(
        template: &str,
        folder: &Path,
        tell: impl Fn(&str, String) + Send + Sync + 'static,
    ) -> Result<Self, StackError> {
        let template = Deployment::parse(template).map_err(|error| StackError::Template(error.to_string()))?;
        let (template, data, serving) = (Arc::new(template), DataFolder::open(folder)?, Ending::default());
        // Nobody sends to them: whoever brings functions brings their queues.
        let queues = Queues::open(&data.folder(QUEUES)?, template.queues(), Faults::default(), Duration::from_secs(1))?;
        let created = told(&template, &Clock::system(), tell);
        let embedded = Embedded::start(
            &data,
            created,
            (Browsers::default(), versioned(&template)),
            (SentEvents::default(), &queues),
            &serving.work(),
        )
        .await?;
        provision::provision(&template, &crate::clients::clients(&embedded.sdk, embedded.endpoints, None)).await?;
        Ok(Self {
            s3: format!("http://{}", embedded.endpoints.s3),
            dynamodb: format!("http://{}", embedded.endpoints.dynamodb),
            key_id: embedded.key.id,
            key_secret: embedded.key.secret,
            _serving: serving,
            _data: data,
        })
    }
}
