//! Writes the description of the API beside its sources.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut text = serde_json::to_string_pretty(&xinzheng_api::openapi::description()?)?;
    text.push('\n');
    std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json"), text)?;
    Ok(())
}
