//! The bootstrap of `backfill`.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    use xinzheng_backfill::{App, handle, tick};
    xinzheng_runtime::lambda::serve_http_and_schedule(App::load, handle, tick).await
}
