//! SQS queues.

use crate::DeploymentError;
use crate::node::Node;

/// Seconds that SQS hides a received message for where the template does not say.
const DEFAULT_VISIBILITY_SECONDS: u32 = 30;

/// An `AWS::SQS::Queue`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueDefinition {
    /// Its logical id.
    pub logical_id: String,
    /// Seconds that a received message is hidden for before it is delivered again.
    pub visibility_seconds: u32,
    /// Times that a message is received before it goes to the dead-letter queue.
    pub max_receive_count: Option<u32>,
    /// Logical id of the dead-letter queue.
    pub dead_letter: Option<String>,
}

impl QueueDefinition {
    pub(crate) fn read(resource: &Node<'_>) -> Result<Self, DeploymentError> {
        let visibility = resource.at("Properties.VisibilityTimeout");
        let redrive = resource.at("Properties.RedrivePolicy");
        let (max_receive_count, dead_letter) = match redrive {
            Some(redrive) => {
                (Some(redrive.need("maxReceiveCount")?.number()?), Some(redrive.need("deadLetterTargetArn")?.arn_of()?))
            }
            None => (None, None),
        };
        Ok(Self {
            logical_id: resource.resource().to_owned(),
            visibility_seconds: visibility.map_or(Ok(DEFAULT_VISIBILITY_SECONDS), |seconds| seconds.number())?,
            max_receive_count,
            dead_letter,
        })
    }
}
