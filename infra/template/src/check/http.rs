//! Nobody gets in without a token, save where a route says so.

use super::Findings;
use crate::{Deployment, Route, Rule};

pub(super) fn check(template: &Deployment, findings: &mut Findings) {
    for function in template.functions() {
        for route in function.routes.iter().filter(|route| !route.public && !is_guarded(template, route)) {
            let detail = format!("{} {} is not public and has no authorizer", route.method, route.path);
            findings.add(&function.logical_id, Rule::Authorizer, detail);
        }
    }
}

/// Whether the route's API declares the authorizer that the route asks for, or its own default one.
fn is_guarded(template: &Deployment, route: &Route) -> bool {
    let api = template.apis().iter().find(|api| Some(&api.api) == route.api.as_ref());
    api.is_some_and(|api| {
        let name = route.authorizer.as_ref().or(api.default.as_ref());
        api.declared.iter().any(|authorizer| Some(&authorizer.name) == name && !authorizer.audience.is_empty())
    })
}
