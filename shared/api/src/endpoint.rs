//! Endpoints as values: where one is, who may ask, what goes in, what comes out.

use std::fmt::{self, Debug, Formatter};
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use xinzheng_domain::audit::{Action, Role};

use crate::parameter::Parameters;

/// The method of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads, without the content of the answer.
    Head,
    /// Does something, once for each `Idempotency-Key`.
    Post,
    /// Puts something in its place.
    Put,
}

impl Method {
    /// As requests write it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// What an endpoint is about; how its description is arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// 专项信用报告.
    Reports,
    /// 核验.
    Proof,
    /// 授权查询.
    Grants,
    /// 通知.
    Notices,
    /// 信用码.
    LivingCodes,
    /// The report template.
    Template,
    /// Timeliness, reconciliation, evaluation.
    Oversight,
    /// Files of source units.
    Uploads,
    /// 异议.
    Objections,
    /// 信用修复.
    Repairs,
    /// 信用承诺.
    Commitments,
    /// 咨询投诉.
    Feedback,
}

impl Topic {
    /// Every topic, in the order of the description.
    pub const ALL: [Self; 12] = [
        Self::Reports,
        Self::Proof,
        Self::Grants,
        Self::Notices,
        Self::LivingCodes,
        Self::Template,
        Self::Oversight,
        Self::Uploads,
        Self::Objections,
        Self::Repairs,
        Self::Commitments,
        Self::Feedback,
    ];

    /// As the description writes it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reports => "reports",
            Self::Proof => "proof",
            Self::Grants => "grants",
            Self::Notices => "notices",
            Self::LivingCodes => "living-codes",
            Self::Template => "template",
            Self::Oversight => "oversight",
            Self::Uploads => "uploads",
            Self::Objections => "objections",
            Self::Repairs => "repairs",
            Self::Commitments => "commitments",
            Self::Feedback => "feedback",
        }
    }

    /// What it is about.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Reports => "Special credit reports",
            Self::Proof => "Verification, keys, schemas",
            Self::Grants => "Authorised queries and the audit",
            Self::Notices => "What one is told without asking, and webhooks",
            Self::LivingCodes => "Codes that show a report as it stands",
            Self::Template => "The report template",
            Self::Oversight => "Calendar, timeliness, reconciliation",
            Self::Uploads => "Files of source units",
            Self::Objections => "Objections and their deadlines",
            Self::Repairs => "Credit repair",
            Self::Commitments => "Commitments for domains that annex 1 does not cover",
            Self::Feedback => "Enquiries, complaints, suggestions",
        }
    }
}

/// The body of a request.
#[derive(Clone, Copy, Debug)]
pub enum RequestBody {
    /// None.
    None,
    /// JSON that must be there.
    Json(SchemaOf),
    /// JSON that may be left out.
    OptionalJson(SchemaOf),
    /// A file of any kind.
    File,
}

/// Writes the schema of a type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Reads JSON as a type and writes it again: what comes out is what went in, if the type says all of it.
pub type WrittenAgain = fn(Value) -> Result<Value, serde_json::Error>;

/// JSON of a type.
#[derive(Clone, Copy, Debug)]
pub struct Json {
    /// Its schema.
    pub schema: SchemaOf,
    /// The same JSON, through the type.
    pub written_again: WrittenAgain,
}

/// The content of an answer: JSON of the endpoint's type, files, or the way to a file.
#[derive(Clone, Copy, Debug)]
pub struct Content {
    /// JSON of this type.
    pub json: Option<Json>,
    /// Media types of files that it may be instead.
    pub files: &'static [&'static str],
    /// True when it may be the address of a file (303).
    pub leads_on: bool,
}

/// What an endpoint leaves in the audit when it is done (R19). A refusal of whoever has a token that holds leaves an entry
/// whatever the endpoint: with the subject that it is, the unit that it is, else with the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Nothing: it is public, or one's own, or changes and shows nothing of anybody.
    Nothing,
    /// An entry with the subject that it is about, when anyone else asks.
    Subject(Action),
    /// An entry with the unit that it is about, when anyone else asks.
    Unit(Action),
    /// An entry with the unit or the platform that asks: a list of what is others'.
    Reader(Action),
    /// The entries of the transaction that does it.
    Work,
}

/// What the description says of an endpoint, whatever its types.
#[derive(Clone, Copy)]
pub struct Description {
    /// Its method.
    pub method: Method,
    /// Its path, as the template writes it: `/reports/{number}`.
    pub path: &'static str,
    /// What it is about.
    pub topic: Topic,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What else is to be known.
    pub about: Option<&'static str>,
    /// In which roles it may be asked; nobody needs a token when there are none.
    pub callers: &'static [Role],
    /// The parameters of its path.
    pub path_parameters: SchemaOf,
    /// The parameters of its query.
    pub query_parameters: SchemaOf,
    /// What goes in.
    pub body: RequestBody,
    /// What comes out.
    pub content: Content,
    /// The status when it is done.
    pub status: u16,
    /// True when a change of an existing thing may answer 200 beside 201.
    pub also_ok: bool,
    /// True when the answer has an `ETag`.
    pub versioned: bool,
    /// True when the request names a version (`If-Match`).
    pub guarded: bool,
    /// The statuses of its problems, beside those that every endpoint has.
    pub problems: &'static [u16],
    /// What it leaves in the audit.
    pub trace: Trace,
    /// True when pages of any origin may ask it in a browser (CORS): it needs no token and tells everyone the same.
    pub any_origin: bool,
}

impl Debug for Description {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.method.code(), self.path)
    }
}

/// An endpoint: `P` are the parameters of its path, `Q` those of its query, `B` is the body of its request, `A` its answer.
pub struct Endpoint<P, Q, B, A> {
    /// What the description says of it.
    pub description: Description,
    types: PhantomData<fn(P, Q, B) -> A>,
}

impl<P, Q, B, A> Debug for Endpoint<P, Q, B, A> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        self.description.fmt(out)
    }
}

fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

const fn json_of<T: JsonSchema + Serialize + DeserializeOwned>() -> Json {
    Json { schema: schema_of::<T>, written_again: |value| serde_json::to_value(serde_json::from_value::<T>(value)?) }
}

fn parameters_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

impl<P: JsonSchema, Q: JsonSchema, B, A> Endpoint<P, Q, B, A> {
    const fn new(
        method: Method,
        path: &'static str,
        topic: Topic,
        summary: &'static str,
        body: RequestBody,
        json: Option<Json>,
    ) -> Self {
        Self {
            description: Description {
                method,
                path,
                topic,
                summary,
                about: None,
                callers: &[],
                path_parameters: parameters_of::<P>,
                query_parameters: parameters_of::<Q>,
                body,
                content: Content { json, files: &[], leads_on: false },
                status: 200,
                also_ok: false,
                versioned: false,
                guarded: false,
                problems: &[],
                trace: match method {
                    Method::Get | Method::Head => Trace::Nothing,
                    Method::Post | Method::Put => Trace::Work,
                },
                any_origin: false,
            },
            types: PhantomData,
        }
    }

    /// What else is to be known of it.
    #[must_use]
    pub const fn about(mut self, about: &'static str) -> Self {
        self.description.about = Some(about);
        self
    }

    /// Who may ask.
    #[must_use]
    pub const fn callers(mut self, callers: &'static [Role]) -> Self {
        self.description.callers = callers;
        self
    }

    /// It answers 201.
    #[must_use]
    pub const fn creates(mut self) -> Self {
        self.description.status = 201;
        self
    }

    /// It answers 201, or 200 when there is nothing new.
    #[must_use]
    pub const fn creates_or_keeps(mut self) -> Self {
        self.description.status = 201;
        self.description.also_ok = true;
        self
    }

    /// Its answer has an `ETag`.
    #[must_use]
    pub const fn versioned(mut self) -> Self {
        self.description.versioned = true;
        self
    }

    /// Its request names the version that it was decided on, in `If-Match`; its answer has the next one.
    #[must_use]
    pub const fn guarded(mut self) -> Self {
        self.description.guarded = true;
        self.description.versioned = true;
        self
    }

    /// It may answer with files of these media types.
    #[must_use]
    pub const fn files(mut self, media: &'static [&'static str]) -> Self {
        self.description.content.files = media;
        self
    }

    /// It may answer with the address of a file (303).
    #[must_use]
    pub const fn leads_on(mut self) -> Self {
        self.description.content.leads_on = true;
        self
    }

    /// What it leaves in the audit.
    #[must_use]
    pub const fn traced(mut self, trace: Trace) -> Self {
        self.description.trace = trace;
        self
    }

    /// Pages of any origin may ask it in a browser (CORS), without cookies. The template gives its path a route for OPTIONS.
    #[must_use]
    pub const fn for_any_origin(mut self) -> Self {
        self.description.any_origin = true;
        self
    }

    /// The statuses of its problems, beside those that every endpoint has.
    #[must_use]
    pub const fn problems(mut self, statuses: &'static [u16]) -> Self {
        self.description.problems = statuses;
        self
    }

    /// Its body may be left out.
    #[must_use]
    pub const fn body_optional(mut self) -> Self {
        if let RequestBody::Json(schema) = self.description.body {
            self.description.body = RequestBody::OptionalJson(schema);
        }
        self
    }
}

impl<P: JsonSchema, Q: JsonSchema, A: JsonSchema + Serialize + DeserializeOwned> Endpoint<P, Q, (), A> {
    /// Reads: JSON of `A`.
    pub const fn get(path: &'static str, topic: Topic, summary: &'static str) -> Self {
        Self::new(Method::Get, path, topic, summary, RequestBody::None, Some(json_of::<A>()))
    }

    /// Does something that needs no more than its address: JSON of `A`.
    pub const fn act(path: &'static str, topic: Topic, summary: &'static str) -> Self {
        Self::new(Method::Post, path, topic, summary, RequestBody::None, Some(json_of::<A>()))
    }

    /// Takes a file: JSON of `A`.
    pub const fn take(path: &'static str, topic: Topic, summary: &'static str) -> Self {
        Self::new(Method::Post, path, topic, summary, RequestBody::File, Some(json_of::<A>()))
    }
}

impl<P: JsonSchema, Q: JsonSchema> Endpoint<P, Q, (), ()> {
    /// Reads something that is no JSON.
    pub const fn get_file(path: &'static str, topic: Topic, summary: &'static str) -> Self {
        Self::new(Method::Get, path, topic, summary, RequestBody::None, None)
    }

    /// Asks whether there is something.
    pub const fn head(path: &'static str, topic: Topic, summary: &'static str) -> Self {
        Self::new(Method::Head, path, topic, summary, RequestBody::None, None)
    }
}

impl<P: JsonSchema, Q: JsonSchema, B: JsonSchema> Endpoint<P, Q, B, ()> {
    /// Makes a file of a body.
    pub const fn post_for_file(path: &'static str, topic: Topic, summary: &'static str) -> Self {
        Self::new(Method::Post, path, topic, summary, RequestBody::Json(schema_of::<B>), None)
    }
}

impl<P: JsonSchema, Q: JsonSchema, B: JsonSchema, A: JsonSchema + Serialize + DeserializeOwned> Endpoint<P, Q, B, A> {
    /// Does something: JSON of `B` goes in, JSON of `A` comes out.
    pub const fn post(path: &'static str, topic: Topic, summary: &'static str) -> Self {
        Self::new(Method::Post, path, topic, summary, RequestBody::Json(schema_of::<B>), Some(json_of::<A>()))
    }

    /// Puts something in its place.
    pub const fn put(path: &'static str, topic: Topic, summary: &'static str) -> Self {
        Self::new(Method::Put, path, topic, summary, RequestBody::Json(schema_of::<B>), Some(json_of::<A>()))
    }
}

impl<P, Q, B, A> Endpoint<P, Q, B, A> {
    /// True of a request's route, as the template writes it: `POST /reports`.
    pub fn is(&self, route: &str) -> bool {
        route.split_once(' ') == Some((self.description.method.code(), self.description.path))
    }

    /// The status when it is done.
    pub const fn status(&self) -> u16 {
        self.description.status
    }
}

impl<P: Parameters, Q: Parameters, B, A> Endpoint<P, Q, B, A> {
    /// Where it is for these parameters: path and query, percent-encoded.
    pub fn address(&self, path: &P, query: &Q) -> String {
        let mut address = self.description.path.to_owned();
        for (name, value) in path.pairs() {
            address = address.replace(&format!("{{{name}}}"), &crate::parameter::segment(&value));
            // All that follows: its slashes stay.
            let rest = || value.split('/').map(crate::parameter::segment).collect::<Vec<_>>().join("/");
            if address.contains('+') {
                address = address.replace(&format!("{{{name}+}}"), &rest());
            }
        }
        for (index, (name, value)) in query.pairs().iter().enumerate() {
            address.push(if index == 0 { '?' } else { '&' });
            address.push_str(&format!("{name}={}", crate::parameter::encoded(value)));
        }
        address
    }
}
