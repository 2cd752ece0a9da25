//! The description of the HTTP API against the deployment. That it describes the answers is checked with every answer of
//! the other tests.

use std::collections::BTreeSet;

use serde_json::Value;
use xinzheng_tests::TestStack;
use xinzheng_tests::description::{DESCRIPTION, TEMPLATE, resolved};

const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

fn operations() -> Vec<(String, &'static Value)> {
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, operations)| {
        METHODS
            .iter()
            .filter_map(move |method| Some((format!("{} {path}", method.to_uppercase()), operations.get(method)?)))
    });
    each.collect()
}

#[test]
fn every_route_is_described_and_nothing_else() {
    // Pages for people are no interface: what they show may change at any time.
    let interface = TEMPLATE.functions().iter().filter(|function| function.binary != "portal");
    let routes = interface.flat_map(|function| &function.routes);
    let routes: BTreeSet<(String, bool)> =
        routes.map(|route| (format!("{} {}", route.method, route.path.replace("+}", "}")), route.public)).collect();
    let described: BTreeSet<(String, bool)> = operations()
        .into_iter()
        .map(|(route, operation)| {
            let public = operation["security"].as_array().unwrap().is_empty();
            assert_eq!(operation.get("x-roles").is_none(), public, "{route}");
            (route, public)
        })
        .collect();
    assert_eq!(described, routes);
}

#[test]
fn every_operation_keeps_the_conventions() {
    let mut ids = BTreeSet::new();
    for (route, operation) in operations() {
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{route}: its id is another's");
        let none = vec![];
        let parameters = operation.get("parameters").and_then(Value::as_array).unwrap_or(&none);
        let names: BTreeSet<&str> =
            parameters.iter().map(|parameter| resolved(parameter)["name"].as_str().unwrap()).collect();
        assert_eq!(names.contains("Idempotency-Key"), route.starts_with("POST "), "{route}");
        for part in route.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
            assert!(names.contains(part), "{route} has {part}");
        }
        let answer = resolved(&operation["responses"]["200"]["content"]["application/json"]["schema"]);
        let is_list = answer["properties"].get("next");
        assert_eq!(names.contains("cursor"), is_list.is_some(), "{route}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let is_problem = resolved(response)["content"].get("application/problem+json").is_some();
            // The answer to a HEAD has no content.
            let fails = status.parse::<u16>().unwrap() >= 400 && !route.starts_with("HEAD ");
            assert_eq!(is_problem, fails, "{route} {status}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_served() {
    let test = TestStack::start().await;
    let served = test.send(test.get("/openapi.json")).await;
    assert_eq!((served.status, &served.body), (200, &*DESCRIPTION));
}
