//! Answers of authorities, which are bounded.

use reqwest::{RequestBuilder, Response};

/// The bytes of an answer, at most `most`; else why there is none, without an address.
pub(crate) async fn answer(request: RequestBuilder, most: usize) -> Result<Vec<u8>, String> {
    let failed = |error: reqwest::Error| error.without_url().to_string();
    let mut answer = request.send().await.and_then(Response::error_for_status).map_err(failed)?;
    let mut bytes = vec![];
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            return Err(format!("the answer is longer than {most} bytes"));
        }
    }
    Ok(bytes)
}
