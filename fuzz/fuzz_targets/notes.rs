//! What strangers send of logs: checkpoints, proofs, requests to a witness, bundles, entries, policies, paths. What is read is
//! written again as it was.
#![no_main]

use xinzheng_tlog::{Fact, Policy, Proof, Request, Resource, SignedCheckpoint, entries};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(checkpoint) = SignedCheckpoint::parse(bytes) {
        assert_eq!(checkpoint.to_bytes(), bytes);
    }
    if let Ok(proof) = Proof::parse(bytes) {
        assert_eq!(proof.to_bytes(), bytes);
    }
    if let Ok(request) = Request::parse(bytes) {
        assert_eq!(request.to_bytes(), bytes);
    }
    if let Ok(fact) = Fact::read(bytes) {
        assert_eq!(fact.entry().ok().as_deref(), Some(bytes));
    }
    if let Ok(found) = entries(bytes) {
        assert_eq!(xinzheng_tlog::bundle(found).ok().as_deref(), Some(bytes));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _policy = Policy::parse(text);
        if let Ok(resource) = Resource::parse(text) {
            assert_eq!(resource.path(), text);
        }
    }
});
