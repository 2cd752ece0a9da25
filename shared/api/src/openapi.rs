//! The description of the API (OpenAPI 3.1), made of the endpoints and their types.

use std::collections::BTreeMap;

use schemars::generate::{Contract, SchemaSettings};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::endpoint::{Description, Method, RequestBody, Topic, Trace};
use crate::problem::{self, Problem};
use crate::{
    access_log, attachment, backfill, calendar, commitment, evaluation, feedback, grant, living_code, log, manifest,
    notice, objection, publication, record, repair, report, report_template, subject, timeliness, upload, verification,
    webhook,
};

/// The description as it is served. `cargo run -p xinzheng-api --example describe` writes it; a test holds it to the endpoints.
pub const DESCRIPTION: &str = include_str!("../openapi.json");

/// Every endpoint, in the order of the description.
pub fn endpoints() -> Vec<Description> {
    macro_rules! all {
        ($($module:ident: $($name:ident)*;)*) => { vec![$($($module::$name.description,)*)*] };
    }
    all! {
        report: ISSUE LIST READ DOCUMENT WITHDRAW REPLAY;
        record: OWN SEARCH HISTORY CANCEL CLASSIFY;
        verification: BY_CODE HEAD_BY_CODE BY_FILE HEAD_BY_FILE BATCH ADDITIONS DOCUMENT CONTENT;
        log: READ REPORT_PROOF UPLOAD_PROOF;
        publication: KEY_SET CERTIFICATES SCHEMA ASSET DESCRIPTION;
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
    let problem_schema = writing.subschema_for::<Problem>();
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in endpoints() {
        let operation = operation(&endpoint, &mut reading, &mut writing);
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
            "type": "object", "required": ["message"], "properties": { "message": { "type": "string" } },
            "description": "What the HTTP API itself answers",
        }),
    );
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "信证 Xinzheng",
            "version": "1",
            "summary": "Special credit reports in place of no-violation certificates",
            "description": "Dates are days in China, times UTC. Lists page by `cursor`; every POST takes `Idempotency-Key`; \
                changes name their version in `If-Match`. Errors are problem+json (RFC 9457) with a stable `type`. Fields are \
                only ever added. The pages for people under `/portal` are no part of it.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": Topic::ALL.map(|topic| json!({ "name": topic.code(), "description": topic.about() })),
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
            "parameters": shared_parameters(),
            "responses": shared_problems(&problem_schema),
            "schemas": schemas,
        },
        "x-problems": problem::ALL.iter().map(|fault| json!({
            "type": format!("urn:xinzheng:problem:{}", fault.code),
            "status": fault.status,
            "title": fault.title,
            "hint": fault.hint,
        })).collect::<Vec<_>>(),
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
fn plain(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get_mut("properties") {
                for schema in properties.values_mut().filter(|schema| **schema == Value::Bool(true)) {
                    *schema = json!({});
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
        "security": if endpoint.callers.is_empty() { json!([]) } else { json!([{ "token": [] }]) },
    });
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

fn responses(endpoint: &Description, writing: &mut SchemaGenerator) -> Value {
    let mut responses: Map<String, Value> = Map::new();
    let mut content: Map<String, Value> = Map::new();
    if endpoint.method != Method::Head {
        if let Some(json) = endpoint.content.json {
            content.insert("application/json".to_owned(), json!({ "schema": (json.schema)(writing).to_value() }));
        }
        for media in endpoint
            .content
            .files
            .iter()
            .filter(|media| endpoint.content.json.is_some() || !is_page(media) || !endpoint.content.leads_on)
        {
            let schema = if media.ends_with("json") { json!({}) } else { json!({ "type": "string" }) };
            content.insert((*media).to_owned(), json!({ "schema": schema }));
        }
    }
    let done = |status: u16| {
        let mut response = json!({ "description": if status == 201 { "Created" } else { "OK" } });
        if let Some(fields) = response.as_object_mut() {
            if !content.is_empty() {
                fields.insert("content".to_owned(), json!(content));
            }
            if endpoint.versioned {
                let etag = json!({ "etag": { "schema": { "type": "string" }, "description": "For `If-Match`" } });
                fields.insert("headers".to_owned(), etag);
            }
        }
        response
    };
    if !content.is_empty() || endpoint.method == Method::Head {
        responses.insert(endpoint.status.to_string(), done(endpoint.status));
        if endpoint.also_ok {
            responses.insert("200".to_owned(), done(200));
        }
    }
    if endpoint.content.leads_on {
        let leads_on = json!({
            "description": "The address of the file is in `location`",
            "headers": { "location": { "schema": { "type": "string" } } },
        });
        responses.insert("303".to_owned(), leads_on);
    }
    for status in problem_statuses(endpoint) {
        let told = shared_name(status)
            .map_or_else(|| json!({}), |name| json!({ "$ref": format!("#/components/responses/{name}") }));
        // The answer to a HEAD has no content; a page tells people what is wrong.
        let response = if endpoint.method == Method::Head {
            json!({ "description": meaning(status) })
        } else if endpoint.content.files.iter().any(is_page) {
            let mut media = problem_media(status);
            media.insert("text/html".to_owned(), json!({ "schema": { "type": "string" } }));
            json!({ "description": meaning(status), "content": media })
        } else {
            told
        };
        responses.insert(status.to_string(), response);
    }
    Value::Object(responses)
}

fn is_page(media: &&'static str) -> bool {
    *media == "text/html"
}

/// Every status of a problem that an endpoint answers with.
fn problem_statuses(endpoint: &Description) -> Vec<u16> {
    let mut statuses: Vec<u16> = endpoint.problems.to_vec();
    statuses.extend([500, 503]);
    if !endpoint.callers.is_empty() {
        statuses.extend([401, 403]);
    }
    if endpoint.guarded {
        statuses.extend([412, 428]);
    }
    if !matches!(endpoint.body, RequestBody::None) {
        statuses.extend([400, 413, 422]);
    }
    if endpoint.method == Method::Post {
        // Of `Idempotency-Key`.
        statuses.extend([400, 409, 422]);
    }
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// Names and meanings of statuses that several endpoints answer with.
const SHARED: [(u16, &str, &str); 13] = [
    (400, "Unreadable", "The request cannot be read"),
    (401, "Unauthenticated", "No token, or one that does not hold"),
    (403, "Forbidden", "The role, or the state of things, does not allow it"),
    (404, "Unknown", "There is no such thing for this caller"),
    (406, "NotAcceptable", "No such format"),
    (409, "Conflict", "The state of things does not allow it"),
    (412, "Outdated", "It has changed since it was looked at"),
    (413, "TooLarge", "The body is too large"),
    (422, "Unfit", "The request can be read and does not make sense"),
    (428, "VersionMissing", "`If-Match` is missing"),
    (429, "TooMany", "Too many requests"),
    (500, "Fault", "A fault of ours"),
    (503, "Unavailable", "Try again later"),
];

fn shared_name(status: u16) -> Option<&'static str> {
    SHARED.iter().find(|(known, ..)| *known == status).map(|(_, name, _)| *name)
}

fn meaning(status: u16) -> &'static str {
    SHARED.iter().find(|(known, ..)| *known == status).map_or("", |(.., meaning)| *meaning)
}

/// What a problem of a status is written in; the HTTP API itself answers with some of them.
fn problem_media(status: u16) -> Map<String, Value> {
    let mut media = Map::new();
    let problem = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    media.insert("application/problem+json".to_owned(), problem);
    if matches!(status, 401 | 404 | 413 | 500 | 503) {
        let message = json!({ "schema": { "$ref": "#/components/schemas/GatewayMessage" } });
        media.insert("application/json".to_owned(), message);
    }
    media
}

fn shared_problems(_: &Schema) -> Value {
    let named = SHARED.iter().map(|(status, name, meaning)| {
        ((*name).to_owned(), json!({ "description": meaning, "content": problem_media(*status) }))
    });
    Value::Object(named.collect())
}

fn shared_parameters() -> Value {
    json!({
        "Cursor": {
            "name": "cursor", "in": "query", "required": false, "schema": { "type": "string" },
            "description": "`next` of the page before",
        },
        "IfMatch": {
            "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" },
            "description": "The ETag of the version that the change was decided on",
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "schema": { "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$" },
            "description": "The same key with the same request gives the same answer, for a day",
        },
    })
}
