//! The witness over HTTP.

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::Witness;

/// The longest request in bytes: 63 hashes, and a checkpoint with some signatures.
const LONGEST: usize = 64 << 10;

/// The routes of a witness, that answers nobody while it `fails`.
pub fn router(witness: Arc<Witness>, fails: impl Fn() -> bool + Clone + Send + Sync + 'static) -> Router {
    let silent = move |request: Request, next: Next| {
        let fails = fails();
        async move { if fails { std::future::pending().await } else { next.run(request).await } }
    };
    Router::new()
        .route("/add-checkpoint", post(add))
        .route("/", get(key))
        .layer(DefaultBodyLimit::max(LONGEST))
        .layer(middleware::from_fn(silent))
        .with_state(witness)
}

/// Serves a witness until `ended`: `POST /add-checkpoint`, and at `/` its key.
pub async fn serve(
    listener: TcpListener,
    witness: Arc<Witness>,
    ended: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router(witness, || false)).with_graceful_shutdown(ended).await
}

async fn add(State(witness): State<Arc<Witness>>, body: Bytes) -> Response {
    // It writes to disk before it answers.
    let answer = tokio::task::spawn_blocking(move || witness.add(&body, Timestamp::now())).await;
    let Ok(answer) = answer else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
}

async fn key(State(witness): State<Arc<Witness>>) -> String {
    format!("{}\n", witness.key())
}
