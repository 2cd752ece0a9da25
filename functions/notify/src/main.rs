//! The bootstrap of notify.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    xinzheng_runtime::lambda::serve_stream(xinzheng_notify::App::load, xinzheng_notify::handle).await
}
