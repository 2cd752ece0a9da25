//! The queue of messages to webhooks (Amazon SQS).

use aws_config::SdkConfig;
use thiserror::Error;
use xinzheng_domain::case::webhook::Delivery;

use crate::environment::{Environment, EnvironmentError};

/// The queue of messages to webhooks.
#[derive(Clone, Debug)]
pub struct DeliveryQueue {
    client: aws_sdk_sqs::Client,
    address: String,
}

/// The queue did not do what it was asked.
#[derive(Debug, Error)]
#[error("the queue of deliveries: {0}")]
pub struct DeliveryQueueError(String);

impl DeliveryQueue {
    /// The queue at the address in `WEBHOOK_QUEUE`.
    ///
    /// # Errors
    ///
    /// When the variable is missing.
    pub fn load(environment: &Environment, sdk: &SdkConfig) -> Result<Self, EnvironmentError> {
        Ok(Self { client: aws_sdk_sqs::Client::new(sdk), address: environment.text("WEBHOOK_QUEUE")?.to_owned() })
    }

    /// Sends a message on its way. One SendMessage.
    ///
    /// # Errors
    ///
    /// When the queue does not take it.
    pub async fn send(&self, delivery: &Delivery) -> Result<(), DeliveryQueueError> {
        let body = serde_json::to_string(delivery).map_err(|error| DeliveryQueueError(error.to_string()))?;
        let sent = self.client.send_message().queue_url(&self.address).message_body(body).send().await;
        sent.map(|_| ()).map_err(|error| DeliveryQueueError(error.into_service_error().to_string()))
    }

    /// Has a message that was received, and that is told to have failed, come again after so many seconds, at most twelve hours.
    /// One ChangeMessageVisibility.
    ///
    /// # Errors
    ///
    /// When the queue does not do so: then it comes after the queue's own time.
    pub async fn put_off(&self, receipt: &str, seconds: u32) -> Result<(), DeliveryQueueError> {
        let seconds = i32::try_from(seconds.min(43_200)).unwrap_or(43_200);
        let change = self.client.change_message_visibility().queue_url(&self.address);
        let sent = change.receipt_handle(receipt).visibility_timeout(seconds).send().await;
        sent.map(|_| ()).map_err(|error| DeliveryQueueError(error.into_service_error().to_string()))
    }
}
