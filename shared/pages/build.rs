//! Turns `openapi.yaml` into the JSON that is served.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a build script: what is wrong stops the build")]

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=openapi.yaml");
    let yaml = std::fs::read_to_string("openapi.yaml").expect("openapi.yaml is there");
    let document: serde_json::Value = serde_saphyr::from_str(&yaml).expect("openapi.yaml is YAML");
    let file = Path::new(&std::env::var_os("OUT_DIR").expect("cargo says where")).join("openapi.json");
    std::fs::write(file, document.to_string()).expect("the JSON can be written");
}
