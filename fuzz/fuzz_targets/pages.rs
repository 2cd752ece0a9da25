//! Pages that are asked for and forms that are sent, with any cookies.
#![no_main]

use std::sync::LazyLock;

use xinzheng_fuzz::service::{Service, page_request};

static SERVICE: LazyLock<Service> = LazyLock::new(Service::unreachable);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(request) = page_request(bytes, &SERVICE.visit) {
        SERVICE.show(request);
    }
});
