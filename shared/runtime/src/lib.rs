//! What every function shares: its environment, its clock, who calls, requests and responses, queue batches, logs.

#![warn(missing_docs)]

pub mod answer_keys;
mod api_version;
mod calendars;
pub mod caller;
pub mod clock;
pub mod cross_origin;
pub mod delivery_queue;
pub mod endpoint;
pub mod environment;
pub mod http;
pub mod idempotency;
mod idempotency_key;
pub mod instance;
mod json_body;
pub mod lambda;
pub mod logging;
pub mod metrics;
pub mod precondition;
pub mod queue;
pub mod randomness;
mod refusals;
pub mod secrets;
pub mod services;
pub mod sessions;
pub mod sought;
pub mod stream;
pub mod throttle;

pub use calendars::Calendars;
pub use caller::{Official, Operator, Party, Subject, ThirdParty, Unit};
pub use clock::Clock;
pub use environment::{Environment, EnvironmentError};
pub use http::{HttpRequest, HttpResponse};
pub use metrics::Metrics;
pub use services::Services;
pub use stream::StreamResponse;
pub use xinzheng_api::{Problem, problem};
