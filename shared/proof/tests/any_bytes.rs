//! Nothing panics on any bytes, and no changed file is taken for genuine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

mod maker;

use std::sync::LazyLock;

use maker::{Edit, Form, Otherwise, Person, at, certified, sealed, stamp, store, unsigned, write};
use proptest::prelude::*;
use xinzheng_proof::{Trust, Verdict, judge};

/// Files of both forms, signed and archived, with whom to trust.
static FILES: LazyLock<(Vec<Vec<u8>>, Trust)> = LazyLock::new(|| {
    let root = Person::root("虚构根");
    let (signer, stamps) = (Person::signer("虚构签署者", &root), Person::stamping("虚构时间戳", &root));
    let mut files = vec![];
    for form in [Form::Table, Form::Stream] {
        let unsigned = unsigned(form);
        let time = at("2025-11-03T02:00:00Z");
        let file =
            certified(&unsigned, form, &|b| maker::signature(&signer, b, Some((&stamps, time))), &Otherwise::default());
        let from = maker::next(&file);
        let mut objects = store(from, sealed(&unsigned), std::slice::from_ref(&root.der), &[root.list(&[])], "");
        objects.retain(|(number, _)| *number != 1);
        objects.extend(stamp(from + 4, sealed(&unsigned), &format!("/DSS {from} 0 R"), "0 0 0 0"));
        let token = |bytes: &[u8]| maker::token(&stamps, bytes, at("2025-11-04T00:00:00Z"));
        files.push(write(&file, &Edit { objects, form, seal: Some(&token), trailer: "" }));
        files.push(file);
    }
    (files, Trust::parse(&root.pem).unwrap())
});

fn verdict(file: &[u8]) -> Verdict {
    judge(file, &FILES.1, at("2025-12-01T00:00:00Z")).verdict
}

/// Of how many bytes one is changed; all of them take a minute.
const STEP: usize = 7;

#[test]
fn each_changed_bit_is_noticed() {
    for (which, file) in FILES.0.iter().enumerate() {
        assert!(verdict(file).is_genuine());
        let mut altered = file.clone();
        for at in (which..file.len()).step_by(STEP) {
            // Of the zeros that fill a gap every hundredth will do.
            if file[at] == b'0' && file[at.saturating_sub(9)..=at].iter().all(|byte| *byte == b'0') && at % 100 != 0 {
                continue;
            }
            altered[at] ^= 1 << (at % 8);
            assert!(!verdict(&altered).is_genuine(), "byte {at} of {}: {}", file.len(), around(file, at));
            altered[at] = file[at];
        }
    }
}

fn around(file: &[u8], at: usize) -> String {
    String::from_utf8_lossy(&file[at.saturating_sub(60)..(at + 20).min(file.len())]).into_owned()
}

#[test]
fn each_cut_is_noticed() {
    for file in &FILES.0 {
        // What was signed before it was archived is whole by itself.
        let whole = FILES.0.iter().map(Vec::len).collect::<Vec<_>>();
        for length in (0..file.len()).rev().step_by(23).filter(|length| !whole.contains(length)) {
            assert!(!verdict(&file[..length]).is_genuine(), "{length} bytes of {}", file.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_moved_about_are_noticed(
        which in 0_usize..4, from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
        length in 1_usize..400, kind in 0..3,
    ) {
        let file = &FILES.0[which];
        let (from, to) = (from.index(file.len()), to.index(file.len()));
        let piece = &file[from..(from + length).min(file.len())];
        let altered = match kind {
            0 => [&file[..to], piece, &file[to..]].concat(),
            1 => [&file[..from], &file[from + piece.len()..]].concat(),
            _ => [&file[..to], piece, &file[(to + piece.len()).min(file.len())..]].concat(),
        };
        prop_assume!(!FILES.0.contains(&altered));
        prop_assert!(!verdict(&altered).is_genuine());
    }

    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let file = [b"%PDF-1.7\n", bytes.as_slice()].concat();
        prop_assert!(!verdict(&file).is_genuine());
    }

    #[test]
    fn any_syntax_is_judged(pieces in prop::collection::vec(prop::sample::select(&[
        "1 0 obj\n", "<<", ">>", "[", "]", "/Type", "/Catalog", "/Pages", "1 0 R", "/Length 9", "stream\n", "endstream",
        "endobj\n", "xref\n", "0 1\n0000000009 00000 n \n", "trailer\n", "/Root 1 0 R", "/Prev 9", "startxref\n9\n%%EOF\n",
        "/Size 9", "(", ")", "<", ">", "/W[1 1 1]", "/Perms<</DocMDP 1 0 R>>", "999999999999999999999", "-1",
    ][..]), 0..60)) {
        let file = format!("%PDF-1.7\n{}startxref\n9\n%%EOF\n", pieces.concat());
        prop_assert!(!verdict(file.as_bytes()).is_genuine());
    }
}
