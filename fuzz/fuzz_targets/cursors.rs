//! Where a list goes on: nobody makes a cursor for another list, or for this one.
#![no_main]

use std::sync::LazyLock;

use xinzheng_api::Cursor;
use xinzheng_api::parameter::Parameter;
use xinzheng_fuzz::service::Service;
use xinzheng_store::StoreError;

static SERVICE: LazyLock<Service> = LazyLock::new(Service::unreachable);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // As it is sent, or as what it hides.
    let cursor = match bytes.split_first() {
        Some((0, rest)) => Cursor::read(Cursor::from(rest).as_str()),
        _ => std::str::from_utf8(bytes).ok().and_then(Cursor::read),
    };
    let Some(cursor) = cursor else { return };
    let page = SERVICE.run(SERVICE.registry.feedback_list(true, Some(&cursor), 10));
    assert!(matches!(page, Err(StoreError::ForeignCursor)), "{cursor:?}");
});
