//! Policies: of roles, and of the buckets and queues themselves.

use serde_json::Value;

use crate::node::Node;
use crate::{DeploymentError, Expression};

/// An `AWS::IAM::Role`: what a function may do.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) logical_id: String,
    /// Statements of its inline policies.
    pub(crate) statements: Vec<Statement>,
    /// ARNs of policies that somebody else wrote.
    pub(crate) managed: Vec<Expression>,
}

/// An `AWS::IAM::ManagedPolicy` of this template: what several roles have in common.
#[derive(Clone, Debug)]
pub(crate) struct ManagedPolicy {
    pub(crate) logical_id: String,
    pub(crate) statements: Vec<Statement>,
}

/// An `AWS::S3::BucketPolicy` or `AWS::SQS::QueuePolicy`: what may be done to a bucket or queue.
#[derive(Clone, Debug)]
pub(crate) struct ResourcePolicy {
    pub(crate) logical_id: String,
    /// Logical ids of the bucket or queues that it belongs to.
    pub(crate) subjects: Vec<String>,
    pub(crate) statements: Vec<Statement>,
}

/// One statement of a policy.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) allows: bool,
    /// Services that it is about; a role's policy names none.
    pub(crate) services: Vec<String>,
    /// Whether it is about everybody.
    pub(crate) everybody: bool,
    pub(crate) actions: Vec<String>,
    pub(crate) resources: Vec<Expression>,
    /// Its conditions, by operator and then by key.
    pub(crate) condition: Value,
}

impl Role {
    pub(crate) fn read(resource: &Node<'_>) -> Result<Self, DeploymentError> {
        let mut statements = Vec::new();
        for policy in resource.items_at("Properties.Policies")? {
            statements.extend(read_statements(&policy)?);
        }
        let managed = resource.items_at("Properties.ManagedPolicyArns")?;
        Ok(Self {
            logical_id: resource.resource().to_owned(),
            statements,
            managed: managed.iter().map(Node::expression).collect::<Result<_, _>>()?,
        })
    }
}

impl ManagedPolicy {
    pub(crate) fn read(resource: &Node<'_>) -> Result<Self, DeploymentError> {
        let statements = read_statements(&resource.need("Properties")?)?;
        Ok(Self { logical_id: resource.resource().to_owned(), statements })
    }
}

impl ResourcePolicy {
    pub(crate) fn read_bucket(resource: &Node<'_>) -> Result<Self, DeploymentError> {
        let bucket = resource.need("Properties.Bucket")?;
        // One that is named is not of this template.
        let subjects = if bucket.text().is_ok() { Vec::new() } else { vec![bucket.reference()?] };
        Self::read(resource, subjects)
    }

    pub(crate) fn read_queue(resource: &Node<'_>) -> Result<Self, DeploymentError> {
        let queues = resource.need("Properties.Queues")?.items()?;
        Self::read(resource, queues.iter().map(Node::reference).collect::<Result<_, _>>()?)
    }

    fn read(resource: &Node<'_>, subjects: Vec<String>) -> Result<Self, DeploymentError> {
        let statements = read_statements(&resource.need("Properties")?)?;
        Ok(Self { logical_id: resource.resource().to_owned(), subjects, statements })
    }
}

impl Statement {
    /// Whether it allows an action that starts with `service` (such as `s3:`) on this resource or a part of it.
    pub(crate) fn allows_on(&self, service: &str, logical_id: &str) -> bool {
        self.allows
            && self.actions.iter().any(|action| action.starts_with(service))
            && self.resources.iter().any(|resource| resource.names(logical_id))
    }

    /// The expression that a condition asks a key to be, whatever case the key is written in.
    pub(crate) fn condition(&self, operators: &[&str], key: &str) -> Option<Expression> {
        operators.iter().filter_map(|operator| self.condition.get(operator)?.as_object()).find_map(|keys| {
            let (name, value) = keys.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
            Node::root(name, value).expression().ok()
        })
    }
}

fn read_statements(policy: &Node<'_>) -> Result<Vec<Statement>, DeploymentError> {
    policy.need("PolicyDocument.Statement")?.one_or_many().iter().map(read_statement).collect()
}

fn read_statement(node: &Node<'_>) -> Result<Statement, DeploymentError> {
    let texts = |node: Node<'_>| -> Result<Vec<String>, DeploymentError> {
        node.one_or_many().iter().map(|item| item.text().map(str::to_owned)).collect()
    };
    Ok(Statement {
        allows: node.need("Effect")?.text()? == "Allow",
        services: node.at("Principal.Service").map_or(Ok(Vec::new()), texts)?,
        everybody: node.at("Principal").is_some_and(|who| who.is("*")),
        actions: texts(node.need("Action")?)?,
        resources: node.need("Resource")?.one_or_many().iter().map(Node::expression).collect::<Result<_, _>>()?,
        condition: node.at("Condition").map_or(Value::Null, |condition| condition.value().clone()),
    })
}
