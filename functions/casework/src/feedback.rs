//! Feedback: anyone sends it and follows it by its code; the platform answers, and publishes what helps others (R17).

use xinzheng_api::Endpoint;
use xinzheng_api::feedback::{
    ANSWER, FOLLOW, FeedbackPath, FeedbackReply, FeedbackState, FollowedFeedback, OPEN, PublishedQuestion, QUESTIONS,
    SEND,
};
use xinzheng_domain::VerificationCode;
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::feedback::{Feedback, FeedbackRefusal};
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::precondition::{self, etag};
use xinzheng_runtime::problem::FEEDBACK_UNKNOWN;
use xinzheng_runtime::randomness::random_wide;
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem, throttle};
use xinzheng_store::Committed;

use crate::App;
use crate::follow::PAGE;

/// As its sender sees it, who has the code.
fn followed(feedback: &Feedback) -> FollowedFeedback {
    let reply = feedback.reply.as_ref();
    FollowedFeedback {
        code: feedback.code,
        kind: feedback.kind,
        kind_title: feedback.kind.title().to_owned(),
        text: feedback.text.clone(),
        at: feedback.at,
        state: if reply.is_some() { FeedbackState::Answered } else { FeedbackState::Received },
        reply: reply.map(|reply| FeedbackReply { at: reply.at, text: reply.text.clone() }),
    }
}

/// It changes once, when it is answered.
fn version(feedback: &Feedback) -> u8 {
    if feedback.reply.is_some() { 2 } else { 1 }
}

fn answer_of<P, Q, B>(endpoint: &Endpoint<P, Q, B, FollowedFeedback>, feedback: &Feedback) -> HttpResponse {
    HttpResponse::of(endpoint, &followed(feedback)).header("etag", etag(version(feedback)))
}

/// `POST /feedback`: 201 with the tracking code. One UpdateItem, one TransactWriteItems.
pub(crate) async fn send(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let sent = request.body_of(&SEND)?;
    let now = app.clock.now();
    let code = VerificationCode::drawn(random_wide()?);
    let feedback = Feedback::new(code, sent.kind, &sent.text, sent.contact.as_deref(), now)?;
    let limit = throttle::feedback(&app.registry, &app.address_key, request, now).await?;
    let location = FOLLOW.address(&FeedbackPath { code: feedback.code.to_string() }, &());
    let mut response = answer_of(&SEND, &feedback).header("location", location).counted(&limit);
    app.registry.file_feedback(&feedback, &answering(request.actor(&app.address_key), &mut response)).await?;
    tracing::info!(kind = ?feedback.kind, "feedback came in");
    Ok(response)
}

/// One GetItem.
async fn with_code(app: &App, code: &str) -> Result<Option<Feedback>, Problem> {
    let code = VerificationCode::parse(code).map_err(|_| FEEDBACK_UNKNOWN)?;
    Ok(app.registry.feedback(&code).await?)
}

/// `GET /feedback/{code}`: where it stands, for whoever has the code. One GetItem, and an UpdateItem when there is none.
pub(crate) async fn follow(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let Some(feedback) = with_code(app, &request.path_of(&FOLLOW)?.code).await? else {
        let limit = throttle::lookups_in_vain(&app.registry, &app.address_key, request, app.clock.now(), 1).await?;
        return Err(Problem::from(FEEDBACK_UNKNOWN).counted(limit));
    };
    Ok(answer_of(&FOLLOW, &feedback))
}

/// `GET /feedback`: what waits for the platform's answer, oldest first. One Query.
pub(crate) async fn open(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&OPEN)?;
    let (actor, now) = (request.actor(&app.address_key), app.clock.now());
    app.registry.note_platform(&actor, now, Action::FeedbackListed, "feedback").await?;
    let page = app.registry.feedback_list(false, asked.cursor.as_ref(), PAGE).await?;
    Ok(HttpResponse::of(&OPEN, &page))
}

/// `POST /feedback/{code}/answer`: once. One GetItem, one TransactWriteItems.
pub(crate) async fn answer(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let answer = request.body_of(&ANSWER)?;
    let now = app.clock.now();
    let before = with_code(app, &request.path_of(&ANSWER)?.code).await?.ok_or(FEEDBACK_UNKNOWN)?;
    let after = before.answer(&answer.text, answer.publish, now)?;
    precondition::expect(request, version(&before))?;
    let mut response = answer_of(&ANSWER, &after);
    match app.registry.answer_feedback(&after, &answering(request.actor(&app.address_key), &mut response), now).await? {
        Committed::Done => Ok(response),
        Committed::Overtaken => Err(FeedbackRefusal::Answered.into()),
    }
}

/// `GET /questions`: questions and answers that the platform published, newest first; without codes and contacts. One
/// Query.
pub(crate) async fn published(app: &App, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&QUESTIONS)?;
    let page = app.registry.feedback_list(true, asked.cursor.as_ref(), PAGE).await?;
    let page = page.map(|feedback| PublishedQuestion {
        kind: feedback.kind,
        question: feedback.text,
        answered_at: feedback.reply.as_ref().map(|reply| reply.at),
        answer: feedback.reply.map(|reply| reply.text),
    });
    Ok(HttpResponse::of(&QUESTIONS, &page).header("cache-control", "public, max-age=60"))
}
