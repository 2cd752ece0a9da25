//! S3 buckets and the notifications that they send.

use crate::node::Node;
use crate::{DeploymentError, Expression, Problem};

/// An `AWS::S3::Bucket`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketDefinition {
    /// Its logical id.
    pub logical_id: String,
    /// Its name, where the template gives one.
    pub name: Option<Expression>,
    /// What it tells to queues.
    pub notifications: Vec<Notification>,
    /// What pages of other origins may do with its objects.
    pub cors: Vec<CorsRule>,
}

/// What pages of an origin may do with a bucket's objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsRule {
    /// The origins.
    pub origins: Vec<Expression>,
    /// The methods, such as `PUT`.
    pub methods: Vec<String>,
    /// The headers of a request, `*` for any.
    pub headers: Vec<String>,
    /// The headers of an answer that a page may read.
    pub exposed: Vec<String>,
}

/// Objects whose changes are told to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// What happened to the object, such as `s3:ObjectCreated:*`.
    pub event: String,
    /// Only of objects whose key starts with this.
    pub prefix: Option<String>,
    /// Only of objects whose key ends with this.
    pub suffix: Option<String>,
    /// Logical id of the queue.
    pub queue: String,
}

impl BucketDefinition {
    pub(crate) fn read(resource: &Node<'_>) -> Result<Self, DeploymentError> {
        let name = resource.at("Properties.BucketName").map(|name| name.expression()).transpose()?;
        let cors = resource.items_at("Properties.CorsConfiguration.CorsRules")?;
        let notifications = resource.items_at("Properties.NotificationConfiguration.QueueConfigurations")?;
        Ok(Self {
            logical_id: resource.resource().to_owned(),
            name,
            notifications: notifications.iter().map(Notification::read).collect::<Result<_, _>>()?,
            cors: cors.iter().map(CorsRule::read).collect::<Result<_, _>>()?,
        })
    }
}

impl CorsRule {
    fn read(node: &Node<'_>) -> Result<Self, DeploymentError> {
        let texts = |name: &str| -> Result<Vec<String>, DeploymentError> {
            node.items_at(name)?.iter().map(|item| Ok(item.text()?.to_owned())).collect()
        };
        Ok(Self {
            origins: node.items_at("AllowedOrigins")?.iter().map(Node::expression).collect::<Result<_, _>>()?,
            methods: texts("AllowedMethods")?,
            headers: texts("AllowedHeaders")?,
            exposed: texts("ExposedHeaders")?,
        })
    }
}

impl Notification {
    fn read(node: &Node<'_>) -> Result<Self, DeploymentError> {
        let mut notification = Self {
            event: node.need("Event")?.text()?.to_owned(),
            prefix: None,
            suffix: None,
            queue: node.need("Queue")?.arn_of()?,
        };
        for rule in node.items_at("Filter.S3Key.Rules")? {
            let name = rule.need("Name")?;
            let value = Some(rule.need("Value")?.text()?.to_owned());
            match name.text()? {
                "prefix" => notification.prefix = value,
                "suffix" => notification.suffix = value,
                _ => return Err(name.fail(Problem::Expected("prefix or suffix"))),
            }
        }
        Ok(notification)
    }
}
