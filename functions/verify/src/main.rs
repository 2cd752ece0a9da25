//! The Lambda bootstrap of `verify`.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    xinzheng_runtime::lambda::serve_http(xinzheng_verify::App::load, xinzheng_verify::handle).await
}
