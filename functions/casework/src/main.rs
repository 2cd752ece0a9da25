//! The Lambda bootstrap of `casework`.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    xinzheng_runtime::lambda::serve_http(xinzheng_casework::App::load, xinzheng_casework::handle).await
}
