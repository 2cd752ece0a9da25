//! Reads `template.yaml`, the deployment of Xinzheng, as plain data.
//!
//! Two callers use it. The local stack takes its table, buckets, event deliveries, routes and authorizer from a
//! [`Deployment`], so that nothing exists locally that would not exist on AWS. The tests of this crate call
//! [`Deployment::findings`], which checks what `sam validate --lint` and cfn-lint do not.
//!
//! Only what this project's template uses is understood: intrinsic functions in their long form, and of those `Ref`,
//! `Fn::GetAtt` and `Fn::Sub` where a value is read. Anything else there is an error, never a guess. What depends on a condition is
//! read as it is with given parameters, or with their defaults.
//!
//! ```
//! let template = xinzheng_template::Deployment::parse(
//!     "Resources: {Letters: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 60}}}",
//! )?;
//! assert_eq!(template.queues().first().map(|queue| queue.visibility_seconds), Some(60));
//! # Ok::<(), xinzheng_template::DeploymentError>(())
//! ```

mod authorizer;
mod bucket;
mod check;
mod condition;
mod deployment;
mod error;
mod expression;
mod finding;
mod function;
mod node;
mod parameter;
mod policy;
mod queue;
mod route;
mod schedule;
mod table;
mod table_access;

pub use authorizer::{Authorizer, TokenCheck};
pub use bucket::{BucketDefinition, CorsRule, Notification};
pub use deployment::{Deployment, RouteMatch};
pub use error::{DeploymentError, Problem};
pub use expression::{Expression, Reference, Unresolved};
pub use finding::{Finding, Rule};
pub use function::{FunctionDefinition, QueueSource, StreamSource};
pub use parameter::Parameter;
pub use queue::QueueDefinition;
pub use route::Route;
pub use schedule::{Schedule, ScheduleError};
pub use table::{Index, KeyRole, Projection, TableDefinition};
pub use table_access::TableAccess;
