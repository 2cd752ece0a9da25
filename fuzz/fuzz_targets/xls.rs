#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| xinzheng_fuzz::take_in(bytes, "a.xls"));
