//! Lambda functions and what starts them.

use std::collections::BTreeMap;

use crate::node::Node;
use crate::{DeploymentError, Expression, Problem, Route, Schedule};

/// Seconds that Lambda lets a function run for where the template does not say.
const DEFAULT_TIMEOUT_SECONDS: u32 = 3;
/// Messages that Lambda hands over at once where the template does not say.
const DEFAULT_BATCH_SIZE: u32 = 10;

/// An `AWS::Serverless::Function`, with what `Globals` adds to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionDefinition {
    /// Its logical id.
    pub logical_id: String,
    /// Name of the Cargo binary that it runs.
    pub binary: String,
    /// Seconds that an invocation may take.
    pub timeout_seconds: u32,
    /// Its environment variables.
    pub environment: BTreeMap<String, Expression>,
    /// HTTP routes that it answers.
    pub routes: Vec<Route>,
    /// Queues that it receives from.
    pub sources: Vec<QueueSource>,
    /// Streams of tables that it receives from.
    pub streams: Vec<StreamSource>,
    /// When it runs by itself.
    pub schedules: Vec<Schedule>,
    /// Logical id of the role that it runs as, where the template has one.
    pub role: Option<String>,
    /// Logical id of the log group that it writes to, where the template has one.
    pub log_group: Option<String>,
}

/// A queue that a function receives from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSource {
    /// Logical id of the queue.
    pub queue: String,
    /// Messages that one invocation gets at most.
    pub batch_size: u32,
    /// Whether the function's answer names the messages that failed, so that the others are not delivered again.
    pub reports_item_failures: bool,
}

/// The stream of a table that a function receives from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSource {
    /// Logical id of the table.
    pub table: String,
    /// Changes that one invocation gets at most.
    pub batch_size: u32,
    /// A change is delivered when it matches one of these; each is a JSON object as EventBridge matches by.
    pub patterns: Vec<serde_json::Value>,
    /// How often what failed is delivered again; as long as the stream has it where the template does not say.
    pub retries: Option<u32>,
    /// Whether the function's answer names the changes that failed.
    pub reports_item_failures: bool,
    /// Whether a batch comes again in halves after an error of the function.
    pub halves: bool,
    /// Logical id of the queue that hears of changes that were given up, or of the bucket that has them.
    pub given_up: Option<String>,
}

/// Changes that Lambda hands over at once where the template does not say.
const DEFAULT_STREAM_BATCH_SIZE: u32 = 100;

impl StreamSource {
    fn read(event: &Node<'_>) -> Result<Self, DeploymentError> {
        let properties = event.need("Properties")?;
        let stream = properties.need("Stream")?;
        let table = match stream.expression()? {
            Expression::Attribute(table, attribute) if attribute == "StreamArn" => table,
            _ => return Err(stream.fail(Problem::Expected("the StreamArn of a table of this template"))),
        };
        let mut patterns = Vec::new();
        for filter in properties.items_at("FilterCriteria.Filters")? {
            let pattern = filter.need("Pattern")?;
            let parsed = serde_json::from_str(pattern.text()?);
            patterns.push(parsed.map_err(|_| pattern.fail(Problem::Expected("a pattern as JSON")))?);
        }
        let given_up = properties.at("DestinationConfig.OnFailure.Destination");
        Ok(Self {
            table,
            batch_size: properties.at("BatchSize").map_or(Ok(DEFAULT_STREAM_BATCH_SIZE), |size| size.number())?,
            patterns,
            retries: properties.at("MaximumRetryAttempts").map(|times| times.number()).transpose()?,
            reports_item_failures: reports_item_failures(&properties)?,
            halves: properties.at("BisectBatchOnFunctionError").is_some_and(|on| on.is_true()),
            given_up: given_up.map(|destination| destination.arn_of()).transpose()?,
        })
    }

    /// True when a change, in the JSON that Lambda is given, is delivered.
    pub fn delivers(&self, change: &serde_json::Value) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| matches(pattern, change))
    }
}

/// Matches as EventBridge does: every field of the pattern is there, and its value is one of those listed, or begins with
/// a `prefix`.
fn matches(pattern: &serde_json::Value, value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match pattern {
        Value::Object(fields) => {
            fields.iter().all(|(name, pattern)| value.get(name).is_some_and(|value| matches(pattern, value)))
        }
        Value::Array(options) => options.iter().any(|option| match option.get("prefix").and_then(Value::as_str) {
            Some(prefix) => value.as_str().is_some_and(|text| text.starts_with(prefix)),
            None => option == value,
        }),
        _ => false,
    }
}

fn reports_item_failures(properties: &Node<'_>) -> Result<bool, DeploymentError> {
    Ok(properties.items_at("FunctionResponseTypes")?.iter().any(|kind| kind.is("ReportBatchItemFailures")))
}

impl FunctionDefinition {
    pub(crate) fn read(resource: &Node<'_>) -> Result<Self, DeploymentError> {
        let mut function = Self {
            logical_id: resource.resource().to_owned(),
            binary: resource.need("Metadata.BuildProperties.Binary")?.text()?.to_owned(),
            timeout_seconds: resource
                .at("Properties.Timeout")
                .map_or(Ok(DEFAULT_TIMEOUT_SECONDS), |seconds| seconds.number())?,
            environment: BTreeMap::new(),
            routes: Vec::new(),
            sources: Vec::new(),
            streams: Vec::new(),
            schedules: Vec::new(),
            role: resource.at("Properties.Role").map(|role| role.arn_of()).transpose()?,
            log_group: resource.at("Properties.LoggingConfig.LogGroup").map(|group| group.reference()).transpose()?,
        };
        for (name, value) in resource.entries_at("Properties.Environment.Variables")? {
            function.environment.insert(name.to_owned(), value.expression()?);
        }
        for (_, event) in resource.entries_at("Properties.Events")? {
            let kind = event.need("Type")?;
            match kind.text()? {
                "HttpApi" => function.routes.push(Route::read(&event)?),
                "SQS" => function.sources.push(QueueSource::read(&event)?),
                "DynamoDB" => function.streams.push(StreamSource::read(&event)?),
                "Schedule" => function.schedules.push(Schedule::read(&event.need("Properties.Schedule")?)?),
                "ScheduleV2" => function.schedules.push(Schedule::read(&event.need("Properties.ScheduleExpression")?)?),
                _ => return Err(kind.fail(Problem::Expected("HttpApi, SQS, DynamoDB, Schedule or ScheduleV2"))),
            }
        }
        Ok(function)
    }
}

impl QueueSource {
    fn read(event: &Node<'_>) -> Result<Self, DeploymentError> {
        let properties = event.need("Properties")?;
        Ok(Self {
            queue: properties.need("Queue")?.arn_of()?,
            batch_size: properties.at("BatchSize").map_or(Ok(DEFAULT_BATCH_SIZE), |size| size.number())?,
            reports_item_failures: reports_item_failures(&properties)?,
        })
    }
}
