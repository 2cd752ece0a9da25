//! The Lambda bootstrap of `portal`.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    xinzheng_runtime::lambda::serve_http(xinzheng_portal::App::load, xinzheng_portal::handle).await
}
