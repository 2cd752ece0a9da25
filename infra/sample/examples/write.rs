//! Writes the sample of the reference day to `events/uploads`: `cargo run -p xinzheng-sample --example write`.

use std::path::Path;

use xinzheng_sample::{REFERENCE_DAY, SampleError, write_sample_set};

fn main() -> Result<(), SampleError> {
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/uploads");
    for path in write_sample_set(&out, REFERENCE_DAY)? {
        println!("{}", path.display());
    }
    Ok(())
}
