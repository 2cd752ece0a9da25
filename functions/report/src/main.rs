//! The Lambda bootstrap of `report`.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    xinzheng_runtime::lambda::serve_http(xinzheng_report::App::load, xinzheng_report::handle).await
}
