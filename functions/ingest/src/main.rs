//! The Lambda bootstrap of `ingest`.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    xinzheng_runtime::lambda::serve_queue(xinzheng_ingest::App::load, xinzheng_ingest::handle).await
}
