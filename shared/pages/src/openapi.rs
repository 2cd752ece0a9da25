//! The description of the HTTP API (OpenAPI 3.1): `GET /openapi.json`.

use std::io::{self, Write};
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use xinzheng_api::openapi::{DESCRIPTION, ISSUER_PLACEHOLDER};
use xinzheng_runtime::problem::INTERNAL;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};

use crate::packed::{self, Packed};

/// The description as a deployment serves it: it says who issues tokens. Made when it is first asked for.
#[derive(Debug)]
pub struct Description {
    issuer: String,
    made: OnceLock<(String, Vec<u8>)>,
}

impl Description {
    /// The description where tokens come from this issuer, an address without a slash at its end.
    pub fn of(issuer: &str) -> Self {
        Self { issuer: issuer.trim_end_matches('/').to_owned(), made: OnceLock::new() }
    }

    /// Who issues tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Answers with it.
    ///
    /// # Errors
    ///
    /// `internal` when it cannot be made.
    pub fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        let unmade = |error: io::Error| {
            tracing::error!(%error, "the description cannot be made");
            Problem::from(INTERNAL)
        };
        let (text, packed) = match self.made.get() {
            Some(made) => made,
            None => {
                let made = self.make().map_err(unmade)?;
                self.made.get_or_init(|| made)
            }
        };
        let packed = Packed { content_type: "application/json; charset=utf-8", bytes: packed };
        let response = packed::answer(request, &packed, || Ok(text.clone())).map_err(unmade)?;
        Ok(response.header("cache-control", "public, max-age=3600"))
    }

    /// Without the spaces that are for who reads it in the repository, and packed.
    fn make(&self) -> io::Result<(String, Vec<u8>)> {
        let description: Value = serde_json::from_str(&DESCRIPTION.replace(ISSUER_PLACEHOLDER, &self.issuer))?;
        let text = description.to_string();
        let mut packed = GzEncoder::new(vec![], Compression::default());
        packed.write_all(text.as_bytes())?;
        Ok((text, packed.finish()?))
    }
}
