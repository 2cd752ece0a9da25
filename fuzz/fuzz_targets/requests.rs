//! Requests of the HTTP API, from anyone and with any claims: whole functions answer them.
#![no_main]

use std::sync::LazyLock;

use xinzheng_fuzz::service::{Service, request};

static SERVICE: LazyLock<Service> = LazyLock::new(Service::unreachable);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(request) = request(bytes) {
        SERVICE.answer(request);
    }
});
