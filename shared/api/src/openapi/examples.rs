//! Examples in the description: what the local stack really answered and was asked, kept in `data/examples.json`, which
//! `cargo run -p xinzheng-tests --example keep_examples` adds to.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What is kept.
#[derive(Debug, Deserialize)]
struct Examples {
    /// By `METHOD /path`.
    operations: BTreeMap<String, Operation>,
    /// By where in `components/schemas` the field's schema stands: `/Report/properties/number`.
    fields: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Operation {
    /// The request's body.
    request: Option<Value>,
    /// The answer.
    answer: Option<Value>,
    /// Parameters of path and query.
    #[serde(default)]
    parameters: BTreeMap<String, Value>,
}

static EXAMPLES: LazyLock<Examples> = LazyLock::new(examples);

#[expect(clippy::expect_used, reason = "part of the program, and read in its tests")]
fn examples() -> Examples {
    serde_json::from_str(include_str!("../../data/examples.json")).expect("the examples are as they are read")
}

/// Puts the examples of an operation into its description.
pub(crate) fn show(name: &str, operation: &mut Value) {
    let Some(known) = EXAMPLES.operations.get(name) else { return };
    if let (Some(request), Some(content)) =
        (&known.request, operation.pointer_mut("/requestBody/content/application~1json"))
    {
        put(content, "examples", named(request));
    }
    if let (Some(answer), Some(responses)) =
        (&known.answer, operation.get_mut("responses").and_then(Value::as_object_mut))
    {
        for (_, response) in responses.iter_mut().filter(|(status, _)| status.starts_with('2')) {
            if let Some(content) = response.pointer_mut("/content/application~1json") {
                put(content, "examples", named(answer));
            }
        }
    }
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
        if let Some(example) = known.parameters.get(name).cloned() {
            put(parameter, "example", example);
        }
    }
}

/// Puts the examples of fields into the schemas, unless a field has its own.
pub(crate) fn show_fields(schemas: &mut Value) {
    for (place, example) in &EXAMPLES.fields {
        if let Some(Value::Object(schema)) = schemas.pointer_mut(place) {
            schema.entry("examples").or_insert_with(|| json!([example]));
        }
    }
}

/// By a name: there are programs that take an object without one for several.
fn named(example: &Value) -> Value {
    json!({ "example": { "value": example } })
}

fn put(value: &mut Value, name: &str, example: Value) {
    if let Value::Object(fields) = value {
        let fields: &mut Map<String, Value> = fields;
        fields.insert(name.to_owned(), example);
    }
}
