//! Examples of the description: which are wanting, and what the tests' stacks really answered, to take them from.
//!
//! `XINZHENG_EXAMPLES=FILE cargo test -p xinzheng-tests --test scheme` records what is sent and answered; `cargo run -p xinzheng-tests
//! --example keep_examples -- FILE` adds what is wanting to `shared/api/data/examples.json`.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::description::{DESCRIPTION, TEMPLATE, resolved};

/// The longest answer that is recorded, in bytes.
const LONGEST: usize = 100_000;

/// A request and its answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct Exchange {
    /// `POST /reports`.
    pub route: String,
    /// Parameters of path and query.
    pub parameters: BTreeMap<String, String>,
    /// The body, when it was JSON.
    pub request: Option<Value>,
    /// The answer, when it is JSON of the endpoint.
    pub answer: Option<Value>,
}

/// Notes an exchange when something was done, and it is asked for.
pub fn record(method: &str, url: &Url, request: Option<Value>, status: u16, (media, answer): (&str, &Value)) {
    let Ok(file) = std::env::var("XINZHENG_EXAMPLES") else { return };
    let Some(found) = TEMPLATE.route(method, url.path()).filter(|_| (200..400).contains(&status)) else { return };
    let mut parameters = found.path_parameters.clone();
    parameters.extend(url.query_pairs().into_owned());
    let answer = media.starts_with("application/json").then(|| answer.clone());
    let route = format!("{method} {}", found.route.path);
    let line = serde_json::to_string(&Exchange { route, parameters, request, answer }).unwrap() + "\n";
    if line.len() <= LONGEST {
        // One write: lines of tests that run side by side do not mix.
        OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(line.as_bytes()).unwrap();
    }
}

/// Where each field stands, by pointers into `components/schemas`, with the values that it has in `value`, which is of `schema`.
pub fn seen<'v>(place: &str, schema: &Value, value: &'v Value, found: &mut BTreeMap<String, Vec<&'v Value>>) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let place = reference.trim_start_matches("#/components/schemas").to_owned();
        return seen(&place, resolved(schema), value, found);
    }
    if !place.is_empty() {
        found.entry(place.to_owned()).or_default().push(value);
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        let choices = schema.get(choice).and_then(Value::as_array).into_iter().flatten().enumerate();
        for (index, one) in
            choices.filter(|(_, one)| crate::description::validator(one).is_valid(value) || choice == "allOf")
        {
            seen(&format!("{place}/{choice}/{index}"), one, value, found);
        }
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let of_name = format!("/properties/{}", name.replace('~', "~0").replace('/', "~1"));
                match (schema.pointer(&of_name), schema.get("additionalProperties")) {
                    (Some(schema), _) => seen(&format!("{place}{of_name}"), schema, value, found),
                    (None, Some(schema)) => seen(&format!("{place}/additionalProperties"), schema, value, found),
                    (None, None) => {}
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                items.iter().for_each(|value| seen(&format!("{place}/items"), schema, value, found));
            }
        }
        _ => {}
    }
}

/// Whether a schema of one value needs an example: it is a text or a number that neither its type nor a list of values shows.
fn needs(schema: &Value) -> bool {
    let shown = ["examples", "example", "enum", "const", "$ref", "oneOf", "anyOf", "allOf"];
    if shown.iter().any(|name| schema.get(name).is_some()) {
        return false;
    }
    let of = |kind: &str| match schema.get("type") {
        Some(Value::String(known)) => known == kind,
        Some(Value::Array(known)) => known.contains(&json!(kind)),
        _ => false,
    };
    ["string", "integer", "number"].into_iter().any(of)
}

/// Every schema that stands in the description's components, with where.
pub fn schemas() -> Vec<(String, &'static Value)> {
    fn walk<'s>(place: String, schema: &'s Value, all: &mut Vec<(String, &'s Value)>) {
        all.push((place.clone(), schema));
        for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            walk(format!("{place}/properties/{}", name.replace('~', "~0").replace('/', "~1")), schema, all);
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            for (index, schema) in schema.get(choice).and_then(Value::as_array).into_iter().flatten().enumerate() {
                walk(format!("{place}/{choice}/{index}"), schema, all);
            }
        }
        for of in ["items", "additionalProperties"] {
            if let Some(schema) = schema.get(of).filter(|schema| schema.is_object()) {
                walk(format!("{place}/{of}"), schema, all);
            }
        }
    }
    let mut all = vec![];
    for (name, schema) in DESCRIPTION["components"]["schemas"].as_object().unwrap() {
        walk(format!("/{name}"), schema, &mut all);
    }
    all
}

/// Fields of texts and numbers that have no example.
pub fn wanting_fields() -> Vec<String> {
    schemas().into_iter().filter(|(_, schema)| needs(schema)).map(|(place, _)| place).collect()
}

/// What of operations has no example: `POST /reports request`, `… answer`, `… parameter number`.
pub fn wanting_of_operations() -> Vec<String> {
    let mut wanting = vec![];
    for (path, operations) in DESCRIPTION["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let route = format!("{} {path}", method.to_uppercase());
            let request = operation.pointer("/requestBody/content/application~1json");
            if request.is_some_and(|content| content.get("examples").is_none()) {
                wanting.push(format!("{route} request"));
            }
            let responses = operation["responses"].as_object().unwrap().iter();
            let done = responses.filter(|(status, _)| status.starts_with('2'));
            let contents = done.filter_map(|(_, response)| response.pointer("/content/application~1json"));
            if contents.into_iter().any(|content| content.get("examples").is_none()) {
                wanting.push(format!("{route} answer"));
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten().map(resolved) {
                let shown = ["/example", "/schema/examples", "/schema/enum"];
                let resolved_schema = resolved(&parameter["schema"]);
                let by_type = ["examples", "enum", "oneOf"].iter().any(|name| resolved_schema.get(name).is_some());
                let is_flag = resolved_schema.get("type") == Some(&json!("boolean"));
                if !by_type && !is_flag && shown.iter().all(|place| parameter.pointer(place).is_none()) {
                    wanting.push(format!("{route} parameter {}", parameter["name"].as_str().unwrap()));
                }
            }
        }
    }
    wanting
}
