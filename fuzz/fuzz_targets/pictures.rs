//! Photographs in which a QR code is looked for.
#![no_main]

use std::sync::LazyLock;

use xinzheng_fuzz::service::{Service, picture_request};

static SERVICE: LazyLock<Service> = LazyLock::new(Service::unreachable);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let status = SERVICE.show(picture_request(bytes, &SERVICE.visit));
    // Read and leading to the verification, or one of the two ways in which it is none.
    assert!([303, 422].contains(&status), "{status}");
});
