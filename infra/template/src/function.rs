//! Lambda functions and what starts them.

use std::collections::BTreeMap;

use crate::node::Node;
use crate::{Expression, Problem, Route, Schedule, TemplateError};

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

impl FunctionDefinition {
    pub(crate) fn read(resource: &Node<'_>) -> Result<Self, TemplateError> {
        let mut function = Self {
            logical_id: resource.resource().to_owned(),
            binary: resource.need("Metadata.BuildProperties.Binary")?.text()?.to_owned(),
            timeout_seconds: resource
                .at("Properties.Timeout")
                .map_or(Ok(DEFAULT_TIMEOUT_SECONDS), |seconds| seconds.number())?,
            environment: BTreeMap::new(),
            routes: Vec::new(),
            sources: Vec::new(),
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
                "Schedule" => function.schedules.push(Schedule::read(&event.need("Properties.Schedule")?)?),
                "ScheduleV2" => function.schedules.push(Schedule::read(&event.need("Properties.ScheduleExpression")?)?),
                _ => return Err(kind.fail(Problem::Expected("HttpApi, SQS, Schedule or ScheduleV2"))),
            }
        }
        Ok(function)
    }
}

impl QueueSource {
    fn read(event: &Node<'_>) -> Result<Self, TemplateError> {
        let properties = event.need("Properties")?;
        Ok(Self {
            queue: properties.need("Queue")?.arn_of()?,
            batch_size: properties.at("BatchSize").map_or(Ok(DEFAULT_BATCH_SIZE), |size| size.number())?,
            reports_item_failures: properties
                .items_at("FunctionResponseTypes")?
                .iter()
                .any(|kind| kind.is("ReportBatchItemFailures")),
        })
    }
}
