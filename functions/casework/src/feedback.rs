//! Feedback: anyone sends it and follows it by its code; the platform answers, and publishes what helps others (R17).

use serde::Deserialize;
use serde_json::{Value, json};
use xinzheng_domain::VerificationCode;
use xinzheng_domain::feedback::{Feedback, FeedbackKind, FeedbackRefusal, MOST_AN_HOUR};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::randomness::random_wide;
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem, caller, cursor};
use xinzheng_store::Page;
use xinzheng_store::Stepped;

use crate::App;
use crate::follow::PAGE;

/// What someone sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    kind: FeedbackKind,
    text: String,
    #[serde(default)]
    contact: Option<String>,
}

/// What the platform answers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    text: String,
    #[serde(default)]
    publish: bool,
}

fn refused(refusal: FeedbackRefusal) -> Problem {
    let status = if refusal == FeedbackRefusal::Answered { 409 } else { 422 };
    Problem::new(status, refusal.code(), refusal.to_string())
}

/// As its sender sees it, who has the code.
fn tracked(feedback: &Feedback) -> Value {
    json!({
        "code": feedback.code,
        "kind": feedback.kind,
        "kind_title": feedback.kind.title(),
        "text": feedback.text,
        "at": feedback.at,
        "state": if feedback.reply.is_some() { "answered" } else { "received" },
        "reply": feedback.reply.as_ref().map(|reply| json!({ "at": reply.at, "text": reply.text })),
    })
}

/// It changes once, when it is answered.
fn version(feedback: &Feedback) -> u8 {
    if feedback.reply.is_some() { 2 } else { 1 }
}

fn described(status: u16, feedback: &Feedback) -> HttpResponse {
    HttpResponse::json(status, &tracked(feedback)).header("etag", etag(version(feedback)))
}

/// `POST /feedback`: 201 with the tracking code. One UpdateItem, one TransactWriteItems.
pub(crate) async fn send(app: &App, request: &HttpRequest, sent: Sent) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let code = VerificationCode::drawn(random_wide()?);
    let feedback = Feedback::new(code, sent.kind, &sent.text, sent.contact.as_deref(), now).map_err(refused)?;
    if !app.registry.count_feedback(caller::address(request, &app.address_key), now, MOST_AN_HOUR).await? {
        return Err(Problem::new(429, "too-much-feedback", "提交过于频繁").hint("请一小时后再试"));
    }
    let mut response = described(201, &feedback).header("location", format!("/feedback/{}", feedback.code));
    app.registry.file_feedback(&feedback, &answering(app.actor(request), &mut response)).await?;
    tracing::info!(kind = ?feedback.kind, "feedback came in");
    Ok(response)
}

async fn named(app: &App, request: &HttpRequest) -> Result<Feedback, Problem> {
    let unknown = || Problem::new(404, "feedback-unknown", "没有这份反馈").hint("请核对查询码");
    let code = VerificationCode::parse(request.path_parameter("code")).map_err(|_| unknown())?;
    app.registry.feedback(&code).await?.ok_or_else(unknown)
}

/// `GET /feedback/{code}`: where it stands, for whoever has the code. One GetItem.
pub(crate) async fn follow(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    Ok(described(200, &named(app, request).await?))
}

/// `GET /feedback`: what waits for the platform's answer, oldest first. One Query.
pub(crate) async fn open(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let cursor = cursor::of(request)?;
    let Page { items: feedback, next } = app.registry.feedback_list(false, cursor.as_ref(), PAGE).await?;
    Ok(HttpResponse::json(200, &json!({ "feedback": feedback, "next": next })))
}

/// `POST /feedback/{code}/answer`: once. One GetItem, one TransactWriteItems.
pub(crate) async fn answer(
    app: &App,
    _operator: Operator,
    request: &HttpRequest,
    answer: Answer,
) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let before = named(app, request).await?;
    let answered = before.answered(&answer.text, answer.publish, now).map_err(refused)?;
    precondition::expect(request, version(&before))?;
    let mut response = described(200, &answered);
    match app.registry.answer_feedback(&answered, &answering(app.actor(request), &mut response), now).await? {
        Stepped::Done => Ok(response),
        Stepped::Overtaken => Err(refused(FeedbackRefusal::Answered)),
    }
}

/// `GET /questions`: questions and answers that the platform published, newest first; without codes and contacts. One
/// Query.
pub(crate) async fn published(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let cursor = cursor::of(request)?;
    let Page { items: feedback, next } = app.registry.feedback_list(true, cursor.as_ref(), PAGE).await?;
    let questions: Vec<Value> = feedback
        .iter()
        .map(|feedback| {
            let reply = feedback.reply.as_ref();
            json!({
                "kind": feedback.kind,
                "question": feedback.text,
                "answer": reply.map(|reply| &reply.text),
                "answered_at": reply.map(|reply| reply.at),
            })
        })
        .collect();
    let body = json!({ "questions": questions, "next": next });
    Ok(HttpResponse::json(200, &body).header("cache-control", "public, max-age=60"))
}
