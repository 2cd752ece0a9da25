//! The template as a whole.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::authorizer::ApiAuthorizers;
use crate::condition::decide;
use crate::node::Node;
use crate::policy::{ManagedPolicy, ResourcePolicy, Role};
use crate::{
    Authorizer, BucketDefinition, DeploymentError, Finding, FunctionDefinition, Parameter, QueueDefinition, Route,
    TableDefinition, check,
};

/// The deployment: what `template.yaml` says.
#[derive(Clone, Debug)]
pub struct Deployment {
    document: Value,
    parameters: BTreeMap<String, Parameter>,
    tables: Vec<TableDefinition>,
    buckets: Vec<BucketDefinition>,
    queues: Vec<QueueDefinition>,
    functions: Vec<FunctionDefinition>,
    apis: Vec<ApiAuthorizers>,
    roles: Vec<Role>,
    managed_policies: Vec<ManagedPolicy>,
    bucket_policies: Vec<ResourcePolicy>,
    queue_policies: Vec<ResourcePolicy>,
}

/// The route that a request takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMatch<'a> {
    /// The function that answers it.
    pub function: &'a FunctionDefinition,
    /// The route.
    pub route: &'a Route,
    /// Its path parameters, percent-decoded.
    pub path_parameters: BTreeMap<String, String>,
}

impl Deployment {
    /// Reads a template from YAML, as it is with the defaults of its parameters. Definitions come in the order of their logical ids.
    ///
    /// Fails on YAML tags (`!Sub`), on keys that stand twice, on conditions that no default decides, and on resources that this crate
    /// models but cannot read.
    pub fn parse(yaml: &str) -> Result<Self, DeploymentError> {
        let options = serde_saphyr::options! { reject_unsupported_tags: true };
        let document = serde_saphyr::from_str_with_options(yaml, options);
        Self::from_value(document.map_err(|error| DeploymentError::Yaml(Box::new(error)))?)
    }

    /// Reads a template that was read as plain data already; as [`Deployment::parse`].
    pub fn from_value(document: Value) -> Result<Self, DeploymentError> {
        Self::with_parameters(document, &BTreeMap::new())
    }

    /// Reads a template as it is with these values of parameters, and of `AWS::Partition`; the others have their defaults.
    pub fn with_parameters(mut document: Value, values: &BTreeMap<String, String>) -> Result<Self, DeploymentError> {
        decide(&mut document, values)?;
        apply_globals(&mut document);
        let parameters = Node::root("Parameters", &document)
            .entries_at("Parameters")?
            .iter()
            .map(|(name, node)| Ok(((*name).to_owned(), Parameter::read(node)?)))
            .collect::<Result<_, DeploymentError>>()?;
        Ok(Self {
            parameters,
            tables: read_each(&document, "AWS::DynamoDB::Table", TableDefinition::read)?,
            buckets: read_each(&document, "AWS::S3::Bucket", BucketDefinition::read)?,
            queues: read_each(&document, "AWS::SQS::Queue", QueueDefinition::read)?,
            functions: read_each(&document, "AWS::Serverless::Function", FunctionDefinition::read)?,
            apis: read_each(&document, "AWS::Serverless::HttpApi", ApiAuthorizers::read)?,
            roles: read_each(&document, "AWS::IAM::Role", Role::read)?,
            managed_policies: read_each(&document, "AWS::IAM::ManagedPolicy", ManagedPolicy::read)?,
            bucket_policies: read_each(&document, "AWS::S3::BucketPolicy", ResourcePolicy::read_bucket)?,
            queue_policies: read_each(&document, "AWS::SQS::QueuePolicy", ResourcePolicy::read_queue)?,
            document,
        })
    }

    /// Parameters by name.
    pub fn parameters(&self) -> &BTreeMap<String, Parameter> {
        &self.parameters
    }

    /// DynamoDB tables.
    pub fn tables(&self) -> &[TableDefinition] {
        &self.tables
    }

    /// S3 buckets.
    pub fn buckets(&self) -> &[BucketDefinition] {
        &self.buckets
    }

    /// Logical ids of the buckets of which a role may read versions that are not the newest.
    pub fn buckets_read_by_version(&self) -> impl Iterator<Item = &str> {
        let reads = |id: &str| {
            self.roles.iter().flat_map(|role| &role.statements).any(|it| it.allows_on("s3:GetObjectVersion", id))
        };
        self.buckets.iter().map(|bucket| bucket.logical_id.as_str()).filter(move |id| reads(id))
    }

    /// SQS queues.
    pub fn queues(&self) -> &[QueueDefinition] {
        &self.queues
    }

    /// Lambda functions.
    pub fn functions(&self) -> &[FunctionDefinition] {
        &self.functions
    }

    /// The authorizer of every route that does not say otherwise.
    pub fn authorizer(&self) -> Option<&Authorizer> {
        self.apis.iter().find_map(ApiAuthorizers::default_authorizer)
    }

    /// The route that a request takes: the most specific one that matches, as HTTP API chooses it. `path` is as the
    /// client sent it, without a query.
    pub fn route(&self, method: &str, path: &str) -> Option<RouteMatch<'_>> {
        let candidates = self.functions.iter().flat_map(|function| {
            function.routes.iter().filter_map(move |route| {
                Some(RouteMatch { function, route, path_parameters: route.matches(method, path)? })
            })
        });
        candidates.min_by(|one, other| one.route.specificity(other.route))
    }

    /// What is wrong with the template although `sam validate --lint` and cfn-lint accept it, by rule.
    pub fn findings(&self) -> Vec<Finding> {
        check::all(self)
    }

    /// Every resource of these types, in the order of their logical ids.
    pub(crate) fn resources(&self, types: &[&str]) -> Vec<Node<'_>> {
        resources(&self.document)
            .filter(|resource| types.iter().any(|kind| resource.at("Type").is_some_and(|it| it.is(kind))))
            .collect()
    }

    /// Type of a resource, such as `AWS::S3::Bucket`.
    pub(crate) fn type_of(&self, logical_id: &str) -> Option<&str> {
        self.document.get("Resources")?.get(logical_id)?.get("Type")?.as_str()
    }

    pub(crate) fn apis(&self) -> &[ApiAuthorizers] {
        &self.apis
    }

    pub(crate) fn roles(&self) -> &[Role] {
        &self.roles
    }

    pub(crate) fn managed_policies(&self) -> &[ManagedPolicy] {
        &self.managed_policies
    }

    pub(crate) fn bucket_policies(&self) -> &[ResourcePolicy] {
        &self.bucket_policies
    }

    pub(crate) fn queue_policies(&self) -> &[ResourcePolicy] {
        &self.queue_policies
    }
}

fn resources(document: &Value) -> impl Iterator<Item = Node<'_>> {
    let resources = document.get("Resources").and_then(Value::as_object);
    resources.into_iter().flatten().map(|(logical_id, body)| Node::root(logical_id, body))
}

fn read_each<T>(
    document: &Value,
    kind: &str,
    read: fn(&Node<'_>) -> Result<T, DeploymentError>,
) -> Result<Vec<T>, DeploymentError> {
    resources(document)
        .filter(|resource| resource.at("Type").is_some_and(|it| it.is(kind)))
        .map(|it| read(&it))
        .collect()
}

/// Gives every function what `Globals.Function` says and the function does not.
fn apply_globals(document: &mut Value) {
    let Some(globals) = document.get("Globals").and_then(|globals| globals.get("Function")).cloned() else { return };
    let resources = document.get_mut("Resources").and_then(Value::as_object_mut);
    for resource in resources.into_iter().flat_map(|resources| resources.values_mut()) {
        if resource.get("Type").and_then(Value::as_str) == Some("AWS::Serverless::Function")
            && let Some(properties) = resource.get_mut("Properties")
        {
            merge_under(properties, &globals);
        }
    }
}

/// Adds to `own` what only `global` has; maps are merged, anything else that is there stays. An intrinsic function is a
/// map too, but no value of it may be merged with another.
fn merge_under(own: &mut Value, global: &Value) {
    let (Value::Object(own), Value::Object(global)) = (own, global) else { return };
    if own.keys().chain(global.keys()).any(|key| key == "Ref" || key.starts_with("Fn::")) {
        return;
    }
    for (key, value) in global {
        merge_under(own.entry(key.clone()).or_insert_with(|| value.clone()), value);
    }
}
