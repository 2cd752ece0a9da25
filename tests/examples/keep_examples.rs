//! Adds the examples that the description wants to `shared/api/data/examples.json`, from what the tests' stacks really answered; what is
//! kept already stays. Then `cargo run -p xinzheng-api --example describe` writes the description.
//!
//! ```text
//! XINZHENG_EXAMPLES=/tmp/exchanges cargo test -p xinzheng-tests --test scheme
//! cargo run -p xinzheng-tests --example keep_examples -- /tmp/exchanges
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a program of the checks")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;
use serde_json::{Map, Value, json};
use xinzheng_tests::description::{DESCRIPTION, validator};
use xinzheng_tests::examples::{Exchange, seen, wanting_fields, wanting_of_operations};

/// The longest answer that is shown whole, in bytes.
const WHOLE: usize = 5000;
/// How many items of a list stay of a longer one.
const SOME: usize = 2;

fn main() {
    let recorded = std::env::args().nth(1).expect("FILE");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/api/data/examples.json");
    let mut kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let text = elsewhere(&std::fs::read_to_string(recorded).unwrap());
    // What tests send to be refused or hidden is no example.
    let odd = Regex::new(r"<script|\d{6}(19|20)\d{9}[\dX]|\d{6} ?\*{8} ?\d{4}").unwrap();
    let lines = text.lines().filter(|line| !odd.is_match(line));
    let exchanges: Vec<Exchange> = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut by_route: BTreeMap<String, Vec<&Exchange>> = BTreeMap::new();
    for exchange in &exchanges {
        by_route.entry(exchange.route.replace("+}", "}")).or_default().push(exchange);
    }
    let operations = &DESCRIPTION["paths"];
    let mut missing = vec![];
    for wanted in wanting_of_operations() {
        let (method, rest) = wanted.split_once(' ').unwrap();
        let (path, what) = rest.split_once(' ').unwrap();
        let none = vec![];
        let known = by_route.get(&format!("{method} {path}")).unwrap_or(&none);
        let operation = &operations[path][method.to_ascii_lowercase()];
        let found = match what.split_once(' ') {
            Some((_, name)) => best_parameter(known, operation, name),
            None if what == "request" => best(
                known.iter().filter_map(|exchange| exchange.request.as_ref()),
                operation.pointer("/requestBody/content/application~1json/schema").unwrap(),
            ),
            None => {
                let content =
                    |status: &str| operation.pointer(&format!("/responses/{status}/content/application~1json/schema"));
                let schema = content("200").or_else(|| content("201")).or_else(|| content("202")).unwrap();
                best(known.iter().filter_map(|exchange| exchange.answer.as_ref()), schema)
            }
        };
        let Some(found) = found else {
            missing.push(wanted);
            continue;
        };
        // The template's own path: what is behind a `+` is written so there.
        let route = known.first().map_or_else(|| format!("{method} {path}"), |exchange| exchange.route.clone());
        let operation = entry(&mut kept["operations"], &route);
        match what.split_once(' ') {
            Some((_, name)) => *entry(entry(operation, "parameters"), name) = found,
            None => *entry(operation, what) = found,
        }
    }
    let mut values: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for (route, exchanges) in &by_route {
        let (method, path) = route.split_once(' ').unwrap();
        let operation = &operations[path][method.to_ascii_lowercase()];
        let request = operation.pointer("/requestBody/content/application~1json/schema");
        let answer = |status: &str| operation.pointer(&format!("/responses/{status}/content/application~1json/schema"));
        let answer = answer("200").or_else(|| answer("201"));
        for exchange in exchanges {
            for (schema, value) in [(request, &exchange.request), (answer, &exchange.answer)] {
                if let (Some(schema), Some(value)) = (schema, value) {
                    seen("", schema, value, &mut values);
                }
            }
        }
    }
    for wanted in wanting_fields() {
        let schema = DESCRIPTION["components"]["schemas"].pointer(&wanted).unwrap();
        let fits = |value: &&&Value| !value.is_null() && validator(schema).is_valid(value);
        let shortest = values.get(&wanted).and_then(|values| {
            values.iter().filter(fits).min_by_key(|value| {
                let text = value.to_string();
                (matches!(text.as_str(), "0" | "\"\""), text.len(), text)
            })
        });
        match shortest {
            Some(value) => *entry(&mut kept["fields"], &wanted) = (**value).clone(),
            None => missing.push(wanted),
        }
    }
    let text = serde_json::to_string_pretty(&kept).unwrap() + "\n";
    std::fs::write(file, text).unwrap();
    println!("{} exchanges; without an example:\n{}", exchanges.len(), missing.join("\n"));
}

fn entry<'v>(value: &'v mut Value, name: &str) -> &'v mut Value {
    if value.is_null() {
        *value = json!({});
    }
    value.as_object_mut().unwrap().entry(name).or_insert(Value::Null)
}

/// Addresses of the machine as those of a service elsewhere.
fn elsewhere(text: &str) -> String {
    let here = Regex::new(r"http://127\.0\.0\.1:\d+").unwrap();
    let signed = Regex::new(r"\?X-Amz-[^\x22\\ ]*|\?x-id=[^\x22\\ ]*").unwrap();
    let text = here.replace_all(text, "https://service.example.invalid");
    signed.replace_all(&text, "?X-Amz-Signature=0f3a").into_owned()
}

fn best_parameter(known: &[&Exchange], operation: &Value, name: &str) -> Option<Value> {
    let schema =
        operation["parameters"].as_array()?.iter().find(|parameter| parameter["name"] == name)?.get("schema")?;
    let texts: BTreeSet<&String> = known.iter().filter_map(|exchange| exchange.parameters.get(name)).collect();
    let of = |text: &&String| {
        let number = text.parse::<i64>().ok().map(|number| json!(number));
        let list = schema.get("type") == Some(&json!("array"));
        let text = if list { json!(text.split(',').collect::<Vec<_>>()) } else { json!(text) };
        number.into_iter().chain([text]).find(|value| validator(schema).is_valid(value))
    };
    texts.iter().filter(|text| !text.is_empty()).min_by_key(|text| (text.len(), **text)).and_then(of)
}

/// The one that shows most, and is not too long for it.
fn best<'v>(values: impl Iterator<Item = &'v Value>, schema: &Value) -> Option<Value> {
    let candidates: BTreeSet<String> = values
        .filter(|value| validator(schema).is_valid(value))
        .map(|value| if value.to_string().len() > WHOLE { cut(value) } else { value.clone() }.to_string())
        .collect();
    let shown = |text: &String| {
        let value: Value = serde_json::from_str(text).unwrap();
        let mut found = BTreeMap::new();
        seen("", schema, &value, &mut found);
        let shown = found.values().filter(|values| values.iter().any(|value| !is_empty(value))).count();
        (shown, std::cmp::Reverse(text.len()), std::cmp::Reverse(text.clone()))
    };
    let best = candidates.iter().filter(|text| text.len() <= 2 * WHOLE).max_by_key(|text| shown(text))?;
    serde_json::from_str(best).ok()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// With the first items of long lists alone.
fn cut(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().take(SOME).map(cut).collect(),
        Value::Object(fields) => {
            let fields: Map<String, Value> = fields.iter().map(|(name, value)| (name.clone(), cut(value))).collect();
            Value::Object(fields)
        }
        other => other.clone(),
    }
}
