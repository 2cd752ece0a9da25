//! Answers in the description: contents, headers and problems of each status.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use crate::endpoint::{Description, Method, RequestBody};
use crate::openapi::VERSION;
use crate::problem::{self, Problem};
use crate::problem_kind;

pub(super) fn responses(endpoint: &Description, writing: &mut SchemaGenerator) -> Value {
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
            let mut headers = header_of("api-version");
            if endpoint.versioned {
                headers.extend(header_of("etag"));
            }
            fields.insert("headers".to_owned(), Value::Object(headers));
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
            "headers": header_of("location"),
        });
        responses.insert("303".to_owned(), leads_on);
    }
    for status in problem_statuses(endpoint) {
        let told = shared_name(status)
            .map_or_else(|| json!({}), |name| json!({ "$ref": format!("#/components/responses/{name}") }));
        // The answer to a HEAD has no content; a page tells people what is wrong.
        let response = if endpoint.method == Method::Head {
            json!({ "description": meaning(status), "headers": headers_of(status) })
        } else if endpoint.content.files.iter().any(is_page) {
            let mut media = problem_media(status, false);
            media.insert("text/html".to_owned(), json!({ "schema": { "type": "string" } }));
            json!({ "description": meaning(status), "headers": headers_of(status), "content": media })
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
    // Of `api-version`; of the HTTP API's limits; of what can always go wrong.
    statuses.extend([400, 429, 500, 503]);
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
const SHARED: [(u16, &str, &str); 14] = [
    (400, "Unreadable", "The request cannot be read"),
    (401, "Unauthenticated", "No token, or one that does not hold"),
    (403, "Forbidden", "The role, or the state of things, does not allow it"),
    (404, "Unknown", "There is no such thing for this caller"),
    (406, "NotAcceptable", "No such format"),
    (409, "Conflict", "The state of things does not allow it"),
    (412, "Outdated", "It has changed since it was looked at"),
    (413, "TooLarge", "The body is too large"),
    (415, "UnsupportedMedia", "The body is of another type"),
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
fn problem_media(status: u16, with_examples: bool) -> Map<String, Value> {
    let mut media = Map::new();
    let mut problem = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    let of_status = problem::ALL.iter().filter(|fault| fault.status == status);
    let examples: BTreeMap<&str, Value> = of_status
        .map(|fault| {
            let example = json!({ "summary": problem_kind::meaning(fault.code), "value": Problem::from(*fault) });
            (fault.code, example)
        })
        .collect();
    if let Some(fields) = problem.as_object_mut().filter(|_| with_examples && !examples.is_empty()) {
        fields.insert("examples".to_owned(), json!(examples));
    }
    media.insert("application/problem+json".to_owned(), problem);
    if matches!(status, 401 | 404 | 413 | 429 | 500 | 503) {
        // Programs that make clients look at one media type alone: this one tells of both.
        let message = json!({ "schema": { "$ref": "#/components/schemas/AnyProblem" } });
        media.insert("application/json".to_owned(), message);
    }
    media
}

pub(super) fn shared_problems() -> Value {
    let named = SHARED.iter().map(|(status, name, meaning)| {
        let content = problem_media(*status, true);
        ((*name).to_owned(), json!({ "description": meaning, "headers": headers_of(*status), "content": content }))
    });
    Value::Object(named.collect())
}

/// Headers of answers.
pub(super) fn headers() -> Value {
    let text = |description: &str, example: &str| json!({ "schema": { "type": "string" }, "description": description, "example": example });
    json!({
        "api-version": text("The version that the answer is of", VERSION),
        "etag": text("What `If-Match` of a change names", "\"3\""),
        "location": text("Where to go on", "https://store.example.invalid/report.pdf?signature=…"),
        "ratelimit": text(
            "What is left of the limit that it counted towards: `r` may still come, in `t` seconds it is counted afresh",
            "\"lookups-in-vain\";r=299;t=1800",
        ),
        "ratelimit-policy": text(
            "The limit that it counted towards: `q` in `w` seconds, by network",
            "\"lookups-in-vain\";q=300;w=3600",
        ),
        "retry-after": {
            "schema": { "type": "integer", "minimum": 1 },
            "description": "In how many seconds it can be asked again",
            "example": 5,
        },
    })
}

fn header_of(name: &str) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }))])
}

/// The headers of a problem of a status; one that has nothing to tell is left out.
fn headers_of(status: u16) -> Map<String, Value> {
    let more: &[&str] = match status {
        404 => &["ratelimit", "ratelimit-policy"],
        409 | 503 => &["retry-after"],
        429 => &["ratelimit", "ratelimit-policy", "retry-after"],
        _ => &[],
    };
    let mut headers = header_of("api-version");
    headers.extend(more.iter().flat_map(|name| header_of(name)));
    headers
}
