//! The description of the API (OpenAPI 3.1), made of the endpoints and their types.

mod examples;
mod responses;
mod texts;

use std::collections::BTreeMap;

use schemars::generate::{Contract, SchemaSettings};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::endpoint::{Description, Method, RequestBody, Topic, Trace};
use crate::openapi::responses::{headers, responses, shared_problems};
use crate::problem::Problem;
use crate::publication::Problems;
use crate::{
    access_log, attachment, backfill, calendar, commitment, evaluation, feedback, grant, living_code, log, manifest,
    notice, objection, publication, record, repair, report, report_template, subject, timeliness, upload, verification,
    webhook,
};

/// The version of the API: the header `api-version` of each answer.
pub const VERSION: &str = "1";

/// Where the description says that tokens come from; what is served says it of the deployment.
pub const ISSUER_PLACEHOLDER: &str = "https://issuer.example.invalid";

/// The description as it is served. `cargo run -p xinzheng-api --example describe` writes it; a test holds it to the endpoints.
pub const DESCRIPTION: &str = include_str!("../../openapi.json");

/// Every endpoint, in the order of the description.
pub fn endpoints() -> Vec<Description> {
    macro_rules! all {
        ($($module:ident: $($name:ident)*;)*) => { vec![$($($module::$name.description,)*)*] };
    }
    all! {
        report: ISSUE LIST ISSUED READ DOCUMENT WITHDRAW REPLAY;
        record: OWN SEARCH HISTORY CANCEL CLASSIFY;
        verification: BY_CODE HEAD_BY_CODE BY_FILE HEAD_BY_FILE BATCH ADDITIONS DOCUMENT CONTENT;
        log: READ REPORT_PROOF UPLOAD_PROOF;
        publication: KEY_SET CERTIFICATES SCHEMA ASSET DESCRIPTION DOCS PROBLEMS PROBLEM;
        grant: GIVE LIST REVOKE QUERY REPORTS HAD;
        notice: LIST SEE;
        webhook: REGISTER LIST END TEST;
        living_code: MAKE LIST END LOOK;
        access_log: READ;
        subject: IDENTIFY RECORDS REPORTS GRANTS OBJECTIONS REPAIRS COMMITMENTS;
        report_template: LIST FILE PREVIEW READ ACTIVATE;
        calendar: READ PUT;
        timeliness: TABLE RECORDS;
        evaluation: READ RECOUNT;
        backfill: PROGRESS MATRIX;
        manifest: DECLARE LIST READ WORKBOOK;
        upload: ANNOUNCE CHECK LIST READ REJECTIONS EFFECTS WAITING EMPTY_TABLE;
        attachment: ANNOUNCE;
        objection: SUBMIT LIST READ ATTACHMENT ACCEPT DECIDE RETRACT ESCALATIONS;
        repair: APPLY LIST READ ATTACHMENT DECIDE RETRACT;
        commitment: UNCOVERED_DOMAINS MAKE LIST READ TRACK LIFT;
        feedback: SEND OPEN FOLLOW ANSWER QUESTIONS;
    }
}

/// What is wrong with the description: two types of one name say different things.
#[derive(Debug, thiserror::Error)]
#[error("two types are called {0}")]
pub struct SameName(String);

/// The description.
///
/// # Errors
///
/// When two types of one name differ.
pub fn description() -> Result<Value, SameName> {
    let mut reading = generator(Contract::Deserialize);
    let mut writing = generator(Contract::Serialize);
    writing.subschema_for::<Problem>();
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in endpoints() {
        let mut operation = operation(&endpoint, &mut reading, &mut writing);
        plain(&mut operation);
        examples::show(&format!("{} {}", endpoint.method.code(), endpoint.path), &mut operation);
        // OpenAPI knows no parameter that takes all that follows.
        let path = paths.entry(endpoint.path.replace("+}", "}")).or_insert_with(|| json!({}));
        if let Some(operations) = path.as_object_mut() {
            operations.insert(endpoint.method.code().to_ascii_lowercase(), operation);
        }
    }
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    // What a type says of itself when it is written holds of what is read too, unless a request asks for less.
    for definitions in [writing.take_definitions(true), reading.take_definitions(true)] {
        for (name, mut schema) in definitions {
            plain(&mut schema);
            match schemas.get(&name) {
                Some(known) if !alike(known, &schema) => return Err(SameName(name)),
                Some(_) => {}
                None => {
                    schemas.insert(name, schema);
                }
            }
        }
    }
    schemas.insert(
        "GatewayMessage".to_owned(),
        json!({
            "type": "object", "required": ["message"],
            "properties": {
                "message": { "type": "string", "description": "What is wrong, in English", "examples": ["Unauthorized"] },
            },
            "description": "What the HTTP API itself answers, before any function is asked",
        }),
    );
    let either = json!({
        "anyOf": [{ "$ref": "#/components/schemas/Problem" }, { "$ref": "#/components/schemas/GatewayMessage" }],
        "description": "What is wrong, by the function that was asked or by the HTTP API before it",
    });
    schemas.insert("AnyProblem".to_owned(), either);
    let mut schemas = json!(schemas);
    examples::show_fields(&mut schemas);
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Xinzheng API",
            "version": VERSION,
            "summary": "Special credit reports in place of no-violation certificates",
            "description": texts::conventions(),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": Topic::ALL.map(|topic| json!({ "name": topic.code(), "description": topic.about() })),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "openId": {
                    "type": "openIdConnect",
                    "openIdConnectUrl": format!("{ISSUER_PLACEHOLDER}/.well-known/openid-configuration"),
                    "description": texts::tokens(),
                },
                "token": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "The same access token, however it was had",
                },
            },
            "parameters": shared_parameters(),
            "headers": headers(),
            "responses": shared_problems(),
            "schemas": schemas,
        },
        "x-problems": Problems::all().problems,
    }))
}

fn generator(contract: Contract) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.contract = contract;
        settings.meta_schema = None;
    });
    settings.into_generator()
}

/// True when two schemas of a type differ at most in what has to be there.
fn alike(a: &Value, b: &Value) -> bool {
    fn without_required(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let kept = map.iter().filter(|(name, _)| !matches!(name.as_str(), "required" | "default"));
                Value::Object(kept.map(|(name, value)| (name.clone(), without_required(value))).collect())
            }
            Value::Array(list) => Value::Array(list.iter().map(without_required).collect()),
            other => other.clone(),
        }
    }
    without_required(a) == without_required(b)
}

/// Descriptions without the marks of links between types; what may be anything as `{}`, which more programs know than `true`.
/// What tells variants apart says so, and a variant with one field describes it.
fn plain(value: &mut Value) {
    enumerated(value);
    match value {
        Value::Object(map) => {
            let described = map.get("description").cloned();
            if let Some(Value::Object(properties)) = map.get_mut("properties") {
                let is_alone = properties.len() == 1;
                for schema in properties.values_mut() {
                    if *schema == Value::Bool(true) {
                        *schema = json!({});
                    }
                    let Value::Object(fields) = schema else { continue };
                    // Programs take a field with a default for one that is always there.
                    fields.remove("default");
                    let its = if fields.contains_key("const") { Some(json!("Which of them it is")) } else { None };
                    if let Some(description) = its.or_else(|| described.clone().filter(|_| is_alone)) {
                        fields.entry("description").or_insert(description);
                    }
                }
            }
            for (name, value) in map.iter_mut() {
                match value {
                    Value::String(text) if name == "description" => *text = text.replace("[`", "`").replace("`]", "`"),
                    other => plain(other),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(plain),
        _ => {}
    }
}

/// A choice of texts as a list of values, which programs that make clients know better; what each means stands in the description.
fn enumerated(value: &mut Value) {
    let choices = value.get("oneOf").and_then(Value::as_array);
    let texts = |choices: &Vec<Value>| -> Option<Vec<(String, String)>> {
        let text = |choice: &Value| {
            let fields = choice.as_object()?;
            let known = fields.keys().all(|name| matches!(name.as_str(), "const" | "type" | "description" | "enum"));
            let meaning = fields.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
            let one = |value: &Value| value.as_str().map(|value| (value.to_owned(), meaning.clone()));
            match (fields.get("const"), fields.get("enum").and_then(Value::as_array)) {
                (Some(value), None) if known => Some(vec![one(value)?]),
                (None, Some(values)) if known => values.iter().map(one).collect(),
                _ => None,
            }
        };
        choices.iter().map(text).collect::<Option<Vec<_>>>().map(|texts| texts.concat())
    };
    let Some(texts) = choices.and_then(texts) else { return };
    let Some(fields) = value.as_object_mut() else { return };
    fields.remove("oneOf");
    let meanings: String = texts
        .iter()
        .filter(|(_, meaning)| !meaning.is_empty())
        .map(|(value, meaning)| format!("\n- `{value}`: {meaning}"))
        .collect();
    let about = fields.get("description").and_then(Value::as_str).unwrap_or_default();
    let description = if meanings.is_empty() { about.to_owned() } else { format!("{about}\n{meanings}") };
    fields.insert("description".to_owned(), json!(description));
    fields.insert("type".to_owned(), json!("string"));
    fields.insert("enum".to_owned(), json!(texts.into_iter().map(|(value, _)| value).collect::<Vec<_>>()));
}

fn operation(endpoint: &Description, reading: &mut SchemaGenerator, writing: &mut SchemaGenerator) -> Value {
    let mut parameters = parameters_in("path", (endpoint.path_parameters)(reading));
    parameters.extend(parameters_in("query", (endpoint.query_parameters)(reading)));
    if endpoint.guarded {
        parameters.push(json!({ "$ref": "#/components/parameters/IfMatch" }));
    }
    if endpoint.method == Method::Post {
        parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    let mut operation = json!({
        "operationId": operation_id(endpoint),
        "summary": endpoint.summary,
        "tags": [endpoint.topic.code()],
        "parameters": parameters,
        "responses": responses(endpoint, writing),
        "security": if endpoint.callers.is_empty() { json!([]) } else { json!([{ "openId": [] }, { "token": [] }]) },
    });
    if let Some(fields) = operation.as_object_mut().filter(|_| endpoint.any_origin) {
        fields.insert("x-any-origin".to_owned(), json!(true));
    }
    let body = match endpoint.body {
        RequestBody::None => None,
        RequestBody::Json(schema) => Some((true, "application/json", schema(reading).to_value())),
        RequestBody::OptionalJson(schema) => Some((false, "application/json", schema(reading).to_value())),
        RequestBody::File => {
            let media = "application/octet-stream";
            Some((false, media, json!({ "type": "string", "contentMediaType": media })))
        }
    };
    if let Some(fields) = operation.as_object_mut() {
        if let Some(about) = endpoint.about {
            fields.insert("description".to_owned(), json!(about));
        }
        if let Some((required, media, schema)) = body {
            let body = json!({ "required": required, "content": { media: { "schema": schema } } });
            fields.insert("requestBody".to_owned(), body);
        }
        let left = match endpoint.trace {
            Trace::Nothing => None,
            Trace::Subject(action) => Some(("subject", action.code())),
            Trace::Unit(action) => Some(("unit", action.code())),
            Trace::Reader(action) => Some(("reader", action.code())),
            Trace::Work => Some(("work", "*")),
        };
        if let Some((of, action)) = left {
            fields.insert("x-audit".to_owned(), json!({ of: action }));
        }
        if !endpoint.callers.is_empty() {
            let roles: Vec<&str> = endpoint.callers.iter().map(|caller| caller.code()).collect();
            fields.insert("x-roles".to_owned(), json!(roles));
        }
    }
    operation
}

/// `getReportsNumber`.
fn operation_id(endpoint: &Description) -> String {
    let words = endpoint.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    endpoint.method.code().to_ascii_lowercase() + &words.map(capital).collect::<String>()
}

/// The properties of a struct, as parameters.
fn parameters_in(place: &str, schema: Schema) -> Vec<Value> {
    let schema = schema.to_value();
    let required: Vec<&str> = schema
        .pointer("/required")
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |names| names.iter().filter_map(Value::as_str).collect());
    let properties = schema.pointer("/properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            if name == "cursor" {
                return json!({ "$ref": "#/components/parameters/Cursor" });
            }
            let mut schema = schema.clone();
            let description = schema.as_object_mut().and_then(|fields| fields.remove("description"));
            let list = schema.pointer("/type") == Some(&json!("array"));
            let mut parameter = json!({
                "name": name,
                "in": place,
                "required": place == "path" || (required.contains(&name.as_str()) && !list),
                "schema": there(schema),
            });
            if let Some(fields) = parameter.as_object_mut() {
                if list {
                    fields.insert("style".to_owned(), json!("form"));
                    fields.insert("explode".to_owned(), json!(false));
                }
                if let Some(description) = description {
                    fields.insert("description".to_owned(), description);
                }
            }
            parameter
        })
        .collect()
}

/// The schema of a value that is there: a parameter is left out, never null.
fn there(mut schema: Value) -> Value {
    if let Some(choices) = schema.pointer("/anyOf").and_then(Value::as_array) {
        let some: Vec<&Value> = choices.iter().filter(|choice| **choice != json!({ "type": "null" })).collect();
        if let [one] = some.as_slice() {
            return (*one).clone();
        }
    }
    if let Some(types) = schema.pointer_mut("/type")
        && let Some(names) = types.as_array()
    {
        let some: Vec<Value> = names.iter().filter(|name| **name != json!("null")).cloned().collect();
        if let [one] = some.as_slice() {
            *types = one.clone();
        }
    }
    schema
}

fn shared_parameters() -> Value {
    json!({
        "Cursor": {
            "name": "cursor", "in": "query", "required": false, "schema": { "type": "string" },
            "description": "`next` of the page before", "example": "eyJwayI6IuKApiJ9",
        },
        "IfMatch": {
            "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" },
            "description": "The ETag of the version that the change was decided on", "example": "\"3\"",
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "schema": { "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$" },
            "description": "The same key with the same request gives the same answer, for a day",
            "example": "7b1f0a52-3f3e-4a3c-9a52-5f0d8f5f7c11",
        },
    })
}
