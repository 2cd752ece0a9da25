//! Files that are judged. No bytes but those of a signed report are genuine, and none of them are at hand here.
#![no_main]

use xinzheng_proof::{Trust, judge};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let judgement = judge(bytes, &Trust::nobody(), jiff::Timestamp::UNIX_EPOCH);
    assert!(!judgement.verdict.is_genuine());
    assert!(!judgement.reasons.is_empty(), "a judgement has a reason");
});
