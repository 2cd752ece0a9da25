//! The description of the HTTP API against what it really answers: every answer that a test gets is checked.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use xinzheng::SentEvent;
use xinzheng_api::endpoint::Description;
use xinzheng_api::openapi::{self, endpoints};
use xinzheng_pages::SCHEMAS;
use xinzheng_template::Deployment;

/// The description.
pub static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(openapi::DESCRIPTION).unwrap());
/// The deployment.
pub static TEMPLATE: LazyLock<Deployment> =
    LazyLock::new(|| Deployment::parse(include_str!("../../template.yaml")).unwrap());

/// What a `$ref` of the description stands for; other values stand for themselves.
pub fn resolved(value: &Value) -> &Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => DESCRIPTION.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// Schemas that let nothing through that they do not name: an answer with a field that is not described is found.
fn strict(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut strict: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), self::strict(value))).collect();
            if fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
                strict.insert("additionalProperties".to_owned(), json!(false));
            }
            Value::Object(strict)
        }
        Value::Array(values) => values.iter().map(strict).collect(),
        other => other.clone(),
    }
}

/// What checks a value by a schema of the description, with nothing let through that it does not name.
pub fn validator(schema: &Value) -> Arc<Validator> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let new = || {
        let whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": { "schemas": strict(&DESCRIPTION["components"]["schemas"]) },
            "allOf": [strict(schema)],
        });
        Arc::new(jsonschema::options().should_validate_formats(true).build(&whole).unwrap())
    };
    Arc::clone(known.entry(schema.to_string()).or_insert_with(new))
}

/// Checks an answer of the gateway. A route that there is must have the status, the content type and the content
/// described.
pub fn check(method: &str, path: &str, status: u16, content_type: &str, body: &Value) {
    let Some(found) = TEMPLATE.route(method, path) else { return };
    // Pages for people are not described.
    if found.function.binary == "portal" {
        return;
    }
    let route = &found.route.path;
    let told = format!("{method} {route} answers {status} {content_type} {body}");
    let operation = &DESCRIPTION["paths"][route.replace("+}", "}")][method.to_ascii_lowercase()];
    let response = operation["responses"].get(status.to_string()).unwrap_or_else(|| panic!("not described: {told}"));
    let media = content_type.split(';').next().unwrap_or_default().trim();
    let response = resolved(response);
    let Some(contents) = response.get("content") else { return };
    let content = contents.get(media).unwrap_or_else(|| panic!("its content type is not described: {told}"));
    if media.ends_with("json") {
        let faults: Vec<String> = validator(&content["schema"])
            .iter_errors(body)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "it is described otherwise: {told}\n{faults:#?}");
    }
    // The type says all of it, and what its readers make of it is what was sent.
    let of_route = |endpoint: &Description| endpoint.method.code() == method && endpoint.path == *route;
    let json = endpoints().into_iter().find(of_route).and_then(|endpoint| endpoint.content.json);
    if let Some(json) = json.filter(|_| status < 300 && media == "application/json") {
        let again = (json.written_again)(body.clone()).unwrap_or_else(|fault| panic!("{fault}: {told}"));
        assert_eq!(again, *body, "its type says otherwise: {told}");
    }
}

/// Checks an event by its published schema.
pub fn check_event(event: &SentEvent) {
    static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
        let (_, text) = SCHEMAS.iter().find(|(name, _)| *name == "event.schema.json").unwrap();
        let schema: Value = serde_json::from_str(text).unwrap();
        jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
    });
    let whole = json!({ "detail-type": event.kind, "detail": event.detail });
    let faults: Vec<String> = SCHEMA.iter_errors(&whole).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "an event is described otherwise: {whole}\n{faults:#?}");
}
