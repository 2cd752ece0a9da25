//! The Lambda bootstrap of `index`.

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    xinzheng_runtime::lambda::serve_queue(xinzheng_index::App::load, xinzheng_index::handle).await
}
