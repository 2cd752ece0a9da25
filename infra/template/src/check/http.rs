//! Nobody gets in without a token, save where a route says so; and who gets in without one leaves the others their share.

use super::Findings;
use crate::node::Node;
use crate::{Deployment, FunctionDefinition, Route, Rule};

pub(super) fn check(template: &Deployment, findings: &mut Findings) {
    for function in template.functions() {
        for route in function.routes.iter().filter(|route| !route.public && !is_guarded(template, route)) {
            let detail = format!("{} {} is not public and has no authorizer", route.method, route.path);
            findings.add(&function.logical_id, Rule::Authorizer, detail);
        }
        check_concurrency(template, function, findings);
    }
    template.resources(&["AWS::Serverless::HttpApi"]).iter().for_each(|api| check_throttles(template, api, findings));
}

/// Each public route has a limit of its own that keeps the route's metrics, and each limit is of a route that there is.
fn check_throttles(template: &Deployment, api: &Node<'_>, findings: &mut Findings) {
    let settings = api.entries_at("Properties.RouteSettings").unwrap_or_default();
    let says_itself = api.at("Properties.CorsConfiguration").is_some();
    let detail = "its own CORS configuration would hold of every route and take away what functions say";
    findings.require(!says_itself, api.resource(), Rule::CrossOrigin, detail);
    let id = api.resource();
    let name = |route: &Route| format!("{} {}", route.method, route.path);
    let routes = || template.functions().iter().flat_map(|function| &function.routes);
    for route in routes().filter(|route| route.public) {
        let its = settings.iter().find(|(known, _)| *known == name(route)).map(|(_, settings)| settings);
        let limits = its.is_some_and(|its| {
            ["ThrottlingRateLimit", "ThrottlingBurstLimit"]
                .iter()
                .all(|limit| its.at(limit).and_then(|limit| limit.number().ok()).is_some_and(|limit| limit > 0))
        });
        findings.require(limits, id, Rule::Throttle, format!("{} is public and has no limit", name(route)));
    }
    for (route, settings) in &settings {
        let exists = routes().any(|known| name(known) == *route);
        findings.require(exists, id, Rule::Throttle, format!("{route} is no route"));
        let is_measured = settings.at("DetailedMetricsEnabled").is_some_and(|on| on.is_true());
        findings.require(is_measured, id, Rule::Throttle, format!("{route} has no metrics of its own"));
    }
}

/// A function that anyone may call on all of its routes has a bound.
fn check_concurrency(template: &Deployment, function: &FunctionDefinition, findings: &mut Findings) {
    let is_public = !function.routes.is_empty() && function.routes.iter().all(|route| route.public);
    let resources = template.resources(&["AWS::Serverless::Function"]);
    let its = resources.iter().find(|resource| resource.resource() == function.logical_id);
    let is_bound = its.is_some_and(|its| its.at("Properties.ReservedConcurrentExecutions").is_some());
    let id = &function.logical_id;
    findings.require(is_bound || !is_public, id, Rule::Concurrency, "anyone may call it, any number of times at once");
}

/// Whether the route's API declares the authorizer that the route asks for, or its own default one.
fn is_guarded(template: &Deployment, route: &Route) -> bool {
    let api = template.apis().iter().find(|api| Some(&api.api) == route.api.as_ref());
    api.is_some_and(|api| {
        let name = route.authorizer.as_ref().or(api.default.as_ref());
        let has_function = |id: &str| template.functions().iter().any(|function| function.logical_id == id);
        api.declared.iter().any(|authorizer| Some(&authorizer.name) == name && authorizer.guards(has_function))
    })
}
