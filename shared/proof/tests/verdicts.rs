//! Tables of files and what is thought of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

mod maker;

use maker::{Edit, Form, Otherwise, Person, at, catalog, certified, sealed, stamp, store, stream, unsigned, write};
use xinzheng_proof::{AdditionsKind, Changed, Judgement, Level, Revocation, TimeStampState, Trust, Verdict, judge};

struct Cast {
    root: Person,
    signer: Person,
    stamps: Person,
    stranger: Person,
}

impl Cast {
    fn new() -> Self {
        let root = Person::root("虚构根");
        let signer = Person::signer("虚构签署者", &root);
        let stamps = Person::stamping("虚构时间戳", &root);
        Self { signer, stamps, stranger: Person::root("陌生人"), root }
    }

    fn trust(&self) -> Trust {
        Trust::parse(&self.root.pem).unwrap()
    }

    fn judge(&self, file: &[u8]) -> Judgement {
        judge(file, &self.trust(), at("2025-12-01T00:00:00Z"))
    }

    fn signed(&self, form: Form) -> Vec<u8> {
        certified(&unsigned(form), form, &|bytes| maker::signature(&self.signer, bytes, None), &Otherwise::default())
    }

    fn stamped(&self, form: Form) -> Vec<u8> {
        let time = at("2025-11-03T02:00:00Z");
        let seal = |bytes: &[u8]| maker::signature(&self.signer, bytes, Some((&self.stamps, time)));
        certified(&unsigned(form), form, &seal, &Otherwise::default())
    }

    /// With a security store and a document time stamp of somebody's.
    fn archived(&self, file: &[u8], form: Form, lists: &[Vec<u8>], by: &Person) -> Vec<u8> {
        let seal = sealed(&unsigned(form));
        let from = maker::next(file);
        let mut objects = store(from, seal, std::slice::from_ref(&self.root.der), lists, "");
        let next = from + 1 + objects.len() as u32;
        objects.retain(|(number, _)| *number != 1);
        objects.extend(stamp(next, seal, &format!("/DSS {from} 0 R"), "0 0 0 0"));
        let token = |bytes: &[u8]| maker::token(by, bytes, at("2025-11-04T00:00:00Z"));
        write(file, &Edit { objects, form, seal: Some(&token), trailer: "" })
    }
}

fn codes(judgement: &Judgement) -> Vec<&'static str> {
    judgement.reasons.iter().map(|reason| reason.code.code()).collect()
}

const FORMS: [Form; 2] = [Form::Table, Form::Stream];

#[test]
fn what_was_issued_is_genuine_and_told_of() {
    let cast = Cast::new();
    for form in FORMS {
        let judgement = cast.judge(&cast.signed(form));
        assert_eq!((judgement.verdict, codes(&judgement)), (Verdict::Genuine, vec!["intact"]), "{form:?}");
        assert_eq!(judgement.level, Some(Level::B));
        assert_eq!(judgement.document.pages, Some(1));
        assert_eq!(judgement.document.number.as_deref(), Some("CZXY-20251103-AAAAAAAA"));
        let data = judgement.document.data.unwrap();
        assert!(data.has_number_of_title);
        assert_eq!(data.sha256, "0247ad2e7d0cbfe5b8121c13b961381fe2dcfc38e5d74898254d97feaa11f365");
        assert_eq!(judgement.signature.signer.unwrap().name, "虚构签署者");
        assert_eq!(judgement.certification.permissions, Some(1));
    }
}

#[test]
fn levels_are_reached_step_by_step() {
    let cast = Cast::new();
    for form in FORMS {
        let stamped = cast.stamped(form);
        let good = cast.root.list(&[]);
        for (name, file, verdict, level) in [
            ("B-T", stamped.clone(), Verdict::Genuine, Level::T),
            (
                "B-LTA",
                cast.archived(&stamped, form, std::slice::from_ref(&good), &cast.stamps),
                Verdict::GenuineWithProofsAdded,
                Level::Lta,
            ),
            ("no list", cast.archived(&stamped, form, &[], &cast.stamps), Verdict::GenuineWithProofsAdded, Level::T),
            (
                "again",
                cast.archived(
                    &cast.archived(&stamped, form, std::slice::from_ref(&good), &cast.stamps),
                    form,
                    &[],
                    &cast.stamps,
                ),
                Verdict::Altered,
                Level::T,
            ),
        ] {
            let judgement = cast.judge(&file);
            assert_eq!((judgement.verdict, judgement.level), (verdict, Some(level)), "{name} {form:?}: {judgement:#?}");
        }
    }
}

#[test]
fn a_strangers_stamp_proves_no_time_and_alters_nothing() {
    let cast = Cast::new();
    let strange = Person::stamping("陌生的时间戳", &cast.stranger);
    let file = cast.archived(&cast.signed(Form::Table), Form::Table, &[], &strange);
    let judgement = cast.judge(&file);
    assert_eq!((judgement.verdict, judgement.level), (Verdict::GenuineWithProofsAdded, Some(Level::B)));
    assert_eq!(judgement.time_stamps[0].state, TimeStampState::NotPinned);
    assert!(!judgement.signature.is_moment_proven);
}

#[test]
fn a_certificate_counts_at_the_time_that_is_proven() {
    let cast = Cast::new();
    let short =
        Person::drawn("短期", 9, Some(&cast.root), Some(maker_email()), &rcgen::PKCS_ECDSA_P384_SHA384, (2025, 2026));
    let time = at("2025-11-03T02:00:00Z");
    let plain =
        certified(&unsigned(Form::Table), Form::Table, &|b| maker::signature(&short, b, None), &Otherwise::default());
    let stamped = certified(
        &unsigned(Form::Table),
        Form::Table,
        &|b| maker::signature(&short, b, Some((&cast.stamps, time))),
        &Otherwise::default(),
    );
    let archived = |lists: &[Vec<u8>]| cast.archived(&stamped, Form::Table, lists, &cast.stamps);
    let good = cast.root.list(&[]);
    for (name, file, judged, verdict, code) in [
        ("in time", plain.clone(), "2025-12-01T00:00:00Z", Verdict::Genuine, "intact"),
        ("ended", plain, "2026-12-01T00:00:00Z", Verdict::NotOurs, "out-of-time"),
        ("ended, but stamped before", stamped.clone(), "2026-12-01T00:00:00Z", Verdict::Genuine, "intact"),
        ("archived", archived(&[good]), "2030-01-01T00:00:00Z", Verdict::GenuineWithProofsAdded, "proofs-added"),
        ("taken back before", archived(&[cast.root.list(&[9])]), "2025-12-01T00:00:00Z", Verdict::NotOurs, "revoked"),
        (
            "another taken back",
            archived(&[cast.root.list(&[8])]),
            "2025-12-01T00:00:00Z",
            Verdict::GenuineWithProofsAdded,
            "proofs-added",
        ),
        ("judged before it was signed", stamped.clone(), "2024-01-01T00:00:00Z", Verdict::NotOurs, "out-of-time"),
    ] {
        let judgement = judge(&file, &cast.trust(), at(judged));
        assert_eq!((judgement.verdict, codes(&judgement)), (verdict, vec![code]), "{name}: {judgement:#?}");
    }
    // Of the only stamp nobody says later whether it was taken back.
    let completed = cast.archived(&cast.signed(Form::Table), Form::Table, &[cast.root.list(&[])], &cast.stamps);
    for judged in ["2025-12-01T00:00:00Z", "2030-01-01T00:00:00Z"] {
        assert_eq!(judge(&completed, &cast.trust(), at(judged)).level, Some(Level::Lta), "{judged}");
    }
    let judgement = judge(&archived(&[cast.root.list(&[9])]), &cast.trust(), at("2025-12-01T00:00:00Z"));
    assert_eq!(judgement.revocation, Revocation::Revoked { at: at("2023-06-01T00:00:00Z") });
}

const fn maker_email() -> u8 {
    4
}

#[test]
fn whose_a_signature_is_depends_on_who_is_pinned() {
    let cast = Cast::new();
    let file = cast.signed(Form::Table);
    let other = Person::signer("别的签署者", &cast.root);
    let judged = |trust: &Trust| judge(&file, trust, at("2025-12-01T00:00:00Z"));
    for (name, trust, verdict, code) in [
        ("nobody", Trust::nobody(), Verdict::NotOurs, "no-trust"),
        ("a stranger", Trust::parse(&cast.stranger.pem).unwrap(), Verdict::NotOurs, "not-pinned"),
        ("the root", cast.trust(), Verdict::Genuine, "intact"),
        (
            "root and signer",
            Trust::parse(&format!("{}{}", cast.signer.pem, cast.root.pem)).unwrap(),
            Verdict::Genuine,
            "intact",
        ),
        (
            "root and another",
            Trust::parse(&format!("{}{}", other.pem, cast.root.pem)).unwrap(),
            Verdict::NotOurs,
            "not-pinned",
        ),
        ("the signer alone", Trust::parse(&cast.signer.pem).unwrap(), Verdict::Altered, "unused-certificates"),
    ] {
        let judgement = judged(&trust);
        assert_eq!((judgement.verdict, codes(&judgement)), (verdict, vec![code]), "{name}");
    }
    let stamper = certified(
        &unsigned(Form::Table),
        Form::Table,
        &|b| maker::signature(&cast.stamps, b, None),
        &Otherwise::default(),
    );
    assert_eq!(codes(&cast.judge(&stamper)), ["other-purpose"]);
    assert!(Trust::parse("").is_err());
    assert!(Trust::parse("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err());
}

#[test]
fn what_is_signed_otherwise_than_reports_is_not_taken_for_one() {
    let cast = Cast::new();
    let seal = |bytes: &[u8]| maker::signature(&cast.signer, bytes, None);
    let made = |otherwise: Otherwise| certified(&unsigned(Form::Table), Form::Table, &seal, &otherwise);
    for (name, file, verdict, code) in [
        (
            "annotations allowed",
            made(Otherwise { permissions: "/P 3", ..Otherwise::default() }),
            Verdict::Altered,
            "not-certified",
        ),
        (
            "default permissions",
            made(Otherwise { permissions: "", ..Otherwise::default() }),
            Verdict::Altered,
            "not-certified",
        ),
        (
            "not in the catalog",
            made(Otherwise { perms: false, ..Otherwise::default() }),
            Verdict::Altered,
            "not-certified",
        ),
        ("not signed", unsigned(Form::Stream), Verdict::Unsigned, "not-signed"),
        ("no PDF", b"GIF89a".to_vec(), Verdict::Unreadable, "not-pdf"),
        ("nothing", vec![], Verdict::Unreadable, "not-pdf"),
        ("its beginning", cast.signed(Form::Table)[..600].to_vec(), Verdict::Unreadable, "malformed"),
        (
            "garbage in the structure",
            certified(&unsigned(Form::Table), Form::Table, &|_| vec![0x30, 1, 0], &Otherwise::default()),
            Verdict::Altered,
            "signature-malformed",
        ),
        (
            "of other bytes",
            certified(
                &unsigned(Form::Table),
                Form::Table,
                &|_| maker::signature(&cast.signer, b"x", None),
                &Otherwise::default(),
            ),
            Verdict::Altered,
            "signature-broken",
        ),
    ] {
        let judgement = cast.judge(&file);
        assert_eq!((judgement.verdict, codes(&judgement)[0]), (verdict, code), "{name}: {judgement:#?}");
    }
}

#[test]
fn whatever_is_added_but_proofs_is_a_change_and_named() {
    let cast = Cast::new();
    for form in FORMS {
        let unsigned = unsigned(form);
        let file = cast.signed(form);
        let (signature, field) = sealed(&unsigned);
        let next = maker::next(&file);
        let kept = format!("/AcroForm<</Fields[{field} 0 R]/SigFlags 3>>/Perms<</DocMDP {signature} 0 R>>");
        let own = catalog(&format!("{kept}/DSS {next} 0 R"));
        let dss = (next, "<<>>".to_owned());
        let plain = |objects: Vec<(u32, String)>| write(&file, &Edit { objects, form, seal: None, trailer: "" });
        let visible = write(
            &file,
            &Edit {
                objects: stamp(next, (signature, field), "", "0 0 9 9"),
                form,
                seal: Some(&|bytes| maker::token(&cast.stamps, bytes, at("2025-11-04T00:00:00Z"))),
                trailer: "",
            },
        );
        for (name, altered, changed) in [
            ("a page", plain(vec![(3, "<</Type/Page/Parent 2 0 R/Contents 4 0 R>>".to_owned())]), Changed::Page),
            ("its content", plain(vec![(4, stream("", "0 0 99 99 re f"))]), Changed::Object),
            ("the same content again", plain(vec![(4, stream("", "0 0 10 10 re f"))]), Changed::Object),
            ("a title", plain(vec![(5, "<</Title(x)/Producer(Xinzheng)>>".to_owned())]), Changed::Information),
            ("metadata", plain(vec![(6, stream("/Type/Metadata/Subtype/XML", "<a>x</a>"))]), Changed::Metadata),
            ("data", plain(vec![(8, stream("/Type/EmbeddedFile", "{}"))]), Changed::Object),
            ("the catalog", plain(vec![(1, catalog(&format!("{kept}/Lang(en)")))]), Changed::Catalog),
            ("the form", plain(vec![(1, catalog(&format!("/Perms<</DocMDP {signature} 0 R>>")))]), Changed::Form),
            (
                "a field",
                plain(vec![
                    (next, "<</FT/Tx/T(x)>>".to_owned()),
                    (
                        1,
                        catalog(&format!(
                            "/AcroForm<</Fields[{field} 0 R {next} 0 R]/SigFlags 3>>/Perms<</DocMDP {signature} 0 R>>"
                        )),
                    ),
                ]),
                Changed::Field,
            ),
            (
                "a new object",
                plain(vec![dss.clone(), (1, own.clone()), (next + 3, "<</S/JavaScript>>".to_owned())]),
                Changed::NewObject,
            ),
            (
                "a store of texts",
                plain(vec![(next, "<</Certs[(x)]>>".to_owned()), (1, own.clone())]),
                Changed::SecurityStore,
            ),
            (
                "a store of what was signed",
                plain(vec![(next, "<</Certs[8 0 R]>>".to_owned()), (1, own.clone())]),
                Changed::SecurityStore,
            ),
            ("nothing", plain(vec![]), Changed::Bytes),
            ("a seen time stamp", visible, Changed::Field),
            ("a line", [file.as_slice(), b"\n"].concat(), Changed::Bytes),
            ("its own beginning", [file.as_slice(), &unsigned].concat(), Changed::Bytes),
            (
                "another trailer",
                write(
                    &file,
                    &Edit { objects: vec![dss.clone(), (1, own.clone())], form, seal: None, trailer: "/Encrypt<<>>" },
                ),
                Changed::Trailer,
            ),
        ] {
            let judgement = cast.judge(&altered);
            assert_eq!(judgement.verdict, Verdict::Altered, "{name} {form:?}: {judgement:#?}");
            let found: Vec<_> = judgement.additions.changes.iter().map(|change| change.what).collect();
            assert!(found.contains(&changed), "{name} {form:?}: {found:?}");
            assert!(judgement.reasons[0].text.chars().count() > 10);
        }
        // What is told apart from them: an empty store alone.
        let judgement = cast.judge(&plain(vec![dss, (1, own)]));
        assert_eq!(judgement.verdict, Verdict::GenuineWithProofsAdded, "{judgement:#?}");
    }
}

#[test]
fn what_a_security_store_has_had_stays_in_it() {
    let cast = Cast::new();
    for form in FORMS {
        // The signer's certificate was taken back before.
        let (signed, lists) = (cast.stamped(form), [cast.root.list(&[9])]);
        let dss = maker::next(&signed);
        let (certificate, list) = (dss + 1, dss + 2);
        let file = cast.archived(&signed, form, &lists, &cast.stamps);
        for (name, number, body, changed) in [
            ("its list dropped", dss, format!("<</Certs[{certificate} 0 R]/CRLs[]>>"), Changed::SecurityStore),
            ("its certificate dropped", dss, format!("<</CRLs[{list} 0 R]>>"), Changed::SecurityStore),
            ("another list", list, maker::bytes(&cast.root.list(&[])), Changed::Object),
            ("another certificate", certificate, maker::bytes(&cast.signer.der), Changed::Object),
        ] {
            let judgement =
                cast.judge(&write(&file, &Edit { objects: vec![(number, body)], form, seal: None, trailer: "" }));
            let found: Vec<_> = judgement.additions.changes.iter().map(|change| change.what).collect();
            assert!(found.contains(&changed) && !judgement.verdict.is_genuine(), "{name}, {form:?}: {judgement:#?}");
        }
        let grown = format!("<</Certs[{certificate} 0 R]/CRLs[{list} 0 R {} 0 R]>>", list + 20);
        let objects = vec![(dss, grown), (list + 20, maker::bytes(&cast.root.list(&[])))];
        let judgement = cast.judge(&write(&file, &Edit { objects, form, seal: None, trailer: "" }));
        assert_eq!(judgement.additions.kind, AdditionsKind::ProofsOnly, "{form:?}: {judgement:#?}");
    }
}

#[test]
fn what_was_left_open_before_signing_is_not_filled_afterwards() {
    let cast = Cast::new();
    let seal = |bytes: &[u8]| maker::signature(&cast.signer, bytes, None);
    let unsigned = unsigned(Form::Table);
    let absent = maker::next(&unsigned) + 2;
    let prepared: &'static str = Box::leak(format!("/Cover {absent} 0 R").into_boxed_str());
    let file = certified(&unsigned, Form::Table, &seal, &Otherwise { catalog: prepared, ..Otherwise::default() });
    assert_eq!(cast.judge(&file).verdict, Verdict::Genuine);
    let mut objects = store(absent, sealed(&unsigned), std::slice::from_ref(&cast.root.der), &[], prepared);
    objects.sort_by_key(|(number, _)| *number);
    let filled = write(&file, &Edit { objects, form: Form::Table, seal: None, trailer: "" });
    let judgement = cast.judge(&filled);
    assert_eq!(judgement.verdict, Verdict::Altered);
    assert!(judgement.additions.changes.iter().any(|change| change.what == Changed::MissingObject), "{judgement:#?}");
}

/// A file in which the last of these is another.
fn with_last(file: &[u8], what: &str, other: &str) -> Vec<u8> {
    let at = maker::find_last(file, what.as_bytes()).expect(what);
    [&file[..at], other.as_bytes(), &file[at + what.len()..]].concat()
}

#[test]
fn what_readers_would_repair_is_a_change() {
    let cast = Cast::new();
    for form in FORMS {
        let signed = cast.signed(form);
        let (signature, field) = sealed(&unsigned(form));
        let dss = maker::next(&signed);
        let kept = format!("/AcroForm<</Fields[{field} 0 R]/SigFlags 3>>/Perms<</DocMDP {signature} 0 R>>");
        let own = catalog(&format!("{kept}/DSS {dss} 0 R"));
        let objects = vec![(dss, "<<>>".to_owned()), (1, own)];
        let file = write(&signed, &Edit { objects, form, seal: None, trailer: "" });
        let size = format!("/Size {}", maker::next(&file));
        let mut spelt = vec![
            ("startxref\n", "startxref\u{c}"),
            ("startxref\n", "startxref\0"),
            ("startxref\n", "startxref\n\n"),
            ("startxref\n", "startxref "),
            ("\n%%EOF", " \n%%EOF"),
            ("\n%%EOF", "%%EOF"),
            (&size, "/Size 2147483646"),
            (&size, "/Size 8388608"),
            ("endobj\n", "endobj\u{c}"),
        ];
        if matches!(form, Form::Table) {
            spelt.extend([(" 00000 n \n", " 00000 n\n"), (" 00000 n \n", " 0 n \n"), ("trailer\n", "trailer\0")]);
        }
        assert_eq!(cast.judge(&file).verdict, Verdict::GenuineWithProofsAdded, "{form:?}");
        for (what, other) in spelt {
            let judgement = cast.judge(&with_last(&file, what, other));
            assert!(!judgement.verdict.is_genuine(), "{form:?} {what:?} {other:?}: {judgement:#?}");
        }
    }
}

#[test]
fn a_small_file_that_asks_for_much_is_judged_at_once() {
    // Fifty thousand rows of one kind, in a few hundred bytes: what they lead to is looked at once.
    let cast = Cast::new();
    let signed = cast.signed(Form::Stream);
    let start = signed.len();
    let number = maker::next(&signed);
    let rows = 50_000;
    let previous = maker::find_last(&signed, b"startxref\n").unwrap();
    let previous: usize =
        std::str::from_utf8(&signed[previous + 10..]).unwrap().lines().next().unwrap().parse().unwrap();
    let data: Vec<u8> =
        (0..rows).flat_map(|_| [2, 0, 1, 0]).chain([1]).chain((start as u32).to_be_bytes()[1..].to_vec()).collect();
    let head = format!(
        "{number} 0 obj\n<</Type/XRef/W[1 3 0]/Index[{} {rows} {number} 1]/Size {}/Root 1 0 R/Info 5 0 R/ID[<00><00>]/Prev {previous}/Length {}>>\nstream\n",
        number + 1,
        number + 1 + rows,
        data.len()
    );
    let file = [
        signed.as_slice(),
        head.as_bytes(),
        &data,
        format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    ]
    .concat();
    let judgement = cast.judge(&file);
    assert_eq!(judgement.verdict, Verdict::Altered);
    assert!(judgement.additions.changes.len() <= 64, "{}", judgement.additions.changes.len());
    assert!(serde_json::to_string(&judgement).unwrap().len() < 20_000);
}
