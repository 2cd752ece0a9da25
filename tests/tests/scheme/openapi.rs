//! The description of the HTTP API against the deployment. That it describes the answers is checked with every answer of
//! the other tests.

use std::collections::BTreeSet;

use serde_json::Value;
use xinzheng_tests::TestStack;
use xinzheng_tests::description::{DESCRIPTION, TEMPLATE, resolved, validator};
use xinzheng_tests::examples::{schemas, wanting_fields, wanting_of_operations};

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
    // What browsers ask before pages of other origins may: no interface of programs.
    let routes = interface.flat_map(|function| &function.routes).filter(|route| route.method != "OPTIONS");
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

#[test]
fn everything_is_described_in_words() {
    let mut without: Vec<String> = vec![];
    for (route, operation) in operations() {
        let says =
            |what: &Value| what.get("description").and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
        if !says(operation) {
            without.push(format!("{route}: `.about(…)` at its endpoint"));
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten().map(resolved) {
            if !says(parameter) {
                without.push(format!("{route}: parameter {}", parameter["name"]));
            }
        }
    }
    let describable = |place: &str| place.matches('/').count() == 1 || place.rsplit('/').nth(1) == Some("properties");
    for (place, schema) in schemas().into_iter().filter(|(place, _)| describable(place)) {
        if schema.get("description").is_none() {
            without.push(format!("{place}: a doc comment at its type or field"));
        }
    }
    assert!(without.is_empty(), "without a description:\n{}", without.join("\n"));
}

#[test]
fn everything_has_an_example_that_is_true() {
    let wanting = [wanting_of_operations(), wanting_fields()].concat();
    assert!(
        wanting.is_empty(),
        "without an example (tests/examples/keep_examples.rs says how):\n{}",
        wanting.join("\n")
    );
    let mut wrong: Vec<String> = vec![];
    let mut hold = |place: &str, schema: &Value, example: &Value| {
        let faults: Vec<String> = validator(schema).iter_errors(example).map(|fault| fault.to_string()).collect();
        if !faults.is_empty() {
            wrong.push(format!("{place}: {example} {faults:?}"));
        }
    };
    for (route, operation) in operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten().map(resolved) {
            if let Some(example) = parameter.get("example") {
                hold(&route, &parameter["schema"], example);
            }
        }
        let answers = operation["responses"].as_object().unwrap().values().map(resolved);
        let bodies = answers.chain(operation.get("requestBody")).filter_map(|body| body["content"].as_object());
        for content in bodies.flat_map(|contents| contents.values()) {
            if let Some(example) = content.get("example") {
                hold(&route, &content["schema"], example);
            }
            for (code, example) in content.get("examples").and_then(Value::as_object).into_iter().flatten() {
                hold(code, &content["schema"], &example["value"]);
            }
        }
    }
    for (place, schema) in schemas() {
        for example in schema.get("examples").and_then(Value::as_array).into_iter().flatten() {
            hold(&place, schema, example);
        }
    }
    for (name, header) in DESCRIPTION["components"]["headers"].as_object().unwrap() {
        hold(name, &header["schema"], &header["example"]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_served_and_says_where_tokens_come_from() {
    let test = TestStack::start().await;
    let served = test.send(test.get("/openapi.json")).await;
    let place = "/components/securitySchemes/openId/openIdConnectUrl";
    let discovery = served.body.pointer(place).and_then(Value::as_str).unwrap().to_owned();
    assert_eq!(test.request("GET", &discovery).send().await.unwrap().status().as_u16(), 200, "{discovery}");
    let mut as_kept = served.body.clone();
    *as_kept.pointer_mut(place).unwrap() = DESCRIPTION.pointer(place).unwrap().clone();
    assert_eq!((served.status, &as_kept), (200, &*DESCRIPTION));
    let packed = test.get("/openapi.json").header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(
        (&packed.headers()["content-encoding"], &packed.headers()["vary"]),
        (&"gzip".parse().unwrap(), &"accept-encoding".parse().unwrap())
    );
    let packed = packed.bytes().await.unwrap();
    let unpacked: Value = serde_json::from_reader(flate2::read::GzDecoder::new(&*packed)).unwrap();
    assert_eq!(unpacked, served.body);
    // Through a function's answer, in base64.
    assert!(packed.len() * 4 / 3 < 1_000_000, "{}", packed.len());
    assert!(served.body.to_string().len() < 5_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_its_version_and_another_version_is_refused() {
    let test = TestStack::start().await;
    for (asked, expected) in [(None, 200), (Some("1"), 200), (Some("2"), 400), (Some(""), 400), (Some("1.0"), 400)] {
        for path in ["/questions", "/.well-known/jwks.json", "/verify/EXAMP1E-0000001-0000006"] {
            let request = asked.iter().fold(test.get(path), |request, version| request.header("api-version", *version));
            let answer = request.send().await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["api-version"]),
                (expected, &"1".parse().unwrap()),
                "{path} {asked:?}"
            );
        }
    }
}
