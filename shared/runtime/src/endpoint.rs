//! Requests read and answered by the contract: what an endpoint takes and gives is said by its type.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use xinzheng_api::Endpoint;
use xinzheng_api::parameter::Parameters;
use xinzheng_api::problem::Problem;

use crate::http::{HttpRequest, HttpResponse};

impl HttpRequest {
    /// The parameters of the endpoint's path.
    ///
    /// # Errors
    ///
    /// The problem of one that cannot be read: there is no such thing.
    pub fn path_of<P: Parameters, Q, B, A>(&self, _: &Endpoint<P, Q, B, A>) -> Result<P, Problem> {
        P::read(|name| self.path_parameter(name).into_iter().map(Cow::Borrowed).collect())
    }

    /// The parameters of the endpoint's query.
    ///
    /// # Errors
    ///
    /// The problem of one that cannot be read or is missing.
    pub fn query_of<P, Q: Parameters, B, A>(&self, _: &Endpoint<P, Q, B, A>) -> Result<Q, Problem> {
        Q::read(|name| self.query_parameters(name))
    }

    /// The body that the endpoint takes.
    ///
    /// # Errors
    ///
    /// A problem that says where it is not that.
    pub fn body_of<P, Q, B: DeserializeOwned, A>(&self, _: &Endpoint<P, Q, B, A>) -> Result<B, Problem> {
        self.json()
    }
}

impl HttpResponse {
    /// The endpoint's answer, when it is done.
    pub fn of<P, Q, B, A: Serialize>(endpoint: &Endpoint<P, Q, B, A>, answer: &A) -> Self {
        Self::json(endpoint.status(), answer)
    }
}

/// Answers a request by the endpoint that it took: `endpoint | endpoint => answer`. What is none of them is unknown.
#[macro_export]
macro_rules! routes {
    ($request:expr; $($($endpoint:path)|+ => $answer:expr,)*) => {{
        let route = $request.route();
        $(if $($endpoint.is(route))||+ {
            return $answer;
        })*
        Err($crate::problem::ROUTE_UNKNOWN.into())
    }};
}
