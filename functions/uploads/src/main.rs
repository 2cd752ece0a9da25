//! The Lambda bootstrap of uploads.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    xinzheng_runtime::lambda::serve_http(xinzheng_uploads::App::load, xinzheng_uploads::handle).await
}
