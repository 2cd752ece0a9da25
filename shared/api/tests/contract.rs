//! The contract: its description is that of its types, its problems are each one thing.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xinzheng_api::endpoint::Method;
use xinzheng_api::openapi::{DESCRIPTION, description, endpoints};
use xinzheng_api::page::{Cursor, ListQuery};
use xinzheng_api::parameter::Parameters;
use xinzheng_api::problem::{self, ALL, Fault};
use xinzheng_api::rate_limit::{Limit, RateLimit};
use xinzheng_api::report::RequestedDomain;
use xinzheng_api::{Problem, feedback, objection, page_problem, problem_kind, record, report, timeliness};
use xinzheng_domain::month::Month;

#[test]
fn the_description_is_that_of_the_types() {
    let kept: Value = serde_json::from_str(DESCRIPTION).unwrap();
    assert_eq!(kept, description().unwrap(), "cargo run -p xinzheng-api --example describe writes it");
}

#[test]
fn an_endpoint_stands_once_and_names_its_parameters() {
    let mut known = BTreeSet::new();
    for endpoint in endpoints() {
        assert!(known.insert((endpoint.method.code(), endpoint.path)), "{endpoint:?}");
        assert!(!endpoint.guarded || endpoint.method != Method::Get, "{endpoint:?}");
    }
}

#[test]
fn a_code_is_one_problem() {
    let mut titles: BTreeMap<(&str, u16), &str> = BTreeMap::new();
    for Fault { status, code, title, .. } in ALL {
        assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
        assert!((400..=503).contains(status), "{code}");
        // What was issued and is not there is told from a file that nobody knows; the code is the same.
        let other = titles.insert((code, *status), title);
        assert!(other.is_none() || *code == "file-unknown" || *code == "table-unknown", "{code} {status}");
    }
    // Those of the portal's pages are others, whatever the status.
    let mut known: BTreeSet<&str> = ALL.iter().map(|fault| fault.code).collect();
    for Fault { status, code, .. } in page_problem::ALL {
        assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
        assert!((400..=503).contains(status), "{code}");
        assert!(known.insert(code), "{code} is another problem already");
    }
}

#[test]
fn each_problem_has_a_meaning_and_each_meaning_a_problem() {
    let codes: BTreeSet<&str> = ALL.iter().map(|fault| fault.code).collect();
    let explained: BTreeSet<&str> = problem_kind::explained().collect();
    let (unexplained, unknown): (Vec<_>, Vec<_>) =
        (codes.difference(&explained).collect(), explained.difference(&codes).collect());
    assert!(unexplained.is_empty(), "shared/api/data/problems.json does not say what these mean: {unexplained:?}");
    assert!(unknown.is_empty(), "shared/api/data/problems.json has what there is not: {unknown:?}");
    assert!(codes.iter().all(|code| problem_kind::meaning(code).is_some_and(|text| text.ends_with('.'))));
}

#[test]
fn what_is_busy_says_when_to_come_again() {
    assert!(Problem::from(problem::STORE_UNAVAILABLE).seconds_to_retry().is_some());
    let left = |remaining| {
        Problem::from(problem::CODE_UNKNOWN).counted(RateLimit { limit: Limit::LookupsInVain, remaining, reset: 60 })
    };
    let some = left(5);
    assert_eq!(
        (some.seconds_to_retry(), some.limit().map(|limit| limit.left())),
        (None, Some("\"lookups-in-vain\";r=5;t=60".to_owned()))
    );
    assert_eq!(left(0).seconds_to_retry(), Some(60));
    assert_eq!(Problem::from(problem::CODE_UNKNOWN).limit(), None);
}

#[test]
fn addresses_are_what_is_read_again() {
    let number = xinzheng_domain::ReportNumber::parse("CZXY-20251103-ABCDEFGH").unwrap();
    let path = report::NumberPath { number };
    assert_eq!(report::READ.address(&path, &report::ReasonQuery { reason: None }), "/reports/CZXY-20251103-ABCDEFGH");
    for (code, expected) in [("a/b?c#d", "a%2Fb%3Fc%23d"), ("..", "-"), (".", "-"), ("", "-"), ("%2e%2e", "%252e%252e")]
    {
        let path = feedback::FeedbackPath { code: code.to_owned() };
        assert_eq!(feedback::FOLLOW.address(&path, &()), format!("/feedback/{expected}"), "{code}");
    }
    let query = timeliness::TimelyRecordsQuery {
        cursor: None,
        unit: xinzheng_domain::UnitCode::parse("market-supervision"),
        month: Month::parse("2025-10"),
        kind: None,
        late: Some(true),
        alone: None,
    };
    let address = timeliness::RECORDS.address(&(), &query);
    assert_eq!(address, "/timeliness/records?unit=market-supervision&month=2025-10&late=true");
    let query = record::OwnRecordsQuery { from: None, to: None, domains: vec!["食品".into(), "25".into()] };
    assert_eq!(record::OWN.address(&(), &query), "/records?domains=%E9%A3%9F%E5%93%81%2C25");
}

#[test]
fn what_cannot_be_read_is_a_problem_and_never_nothing() {
    let given = |name: &'static str, text: &'static str| {
        move |asked: &str| if asked == name { vec![Cow::Borrowed(text)] } else { Vec::<Cow<'static, str>>::new() }
    };
    let code = |problem: problem::Problem| (problem.status(), problem.code().to_owned());
    let read = objection::ObjectionPath::read(given("id", "YY-2025")).map(drop).map_err(code);
    assert_eq!(read, Err((404, "objection-unknown".to_owned())));
    let read = objection::ObjectionPath::read(|_| vec![]).map(drop).map_err(code);
    assert_eq!(read, Err((422, "parameter-missing".to_owned())));
    let read = ListQuery::read(given("cursor", "ä")).map(drop).map_err(code);
    assert_eq!(read, Err((422, "cursor-unreadable".to_owned())));
    for (name, text, expected) in [
        ("unit", "x", "unit-unknown"),
        ("unit", "", "unit-unknown"),
        ("month", "2025-13", "month-unreadable"),
        ("kind", "x", "kind-unknown"),
        ("late", "ja", "late-unreadable"),
    ] {
        let read = timeliness::TimelyRecordsQuery::read(given(name, text)).map(drop).map_err(code);
        assert_eq!(read, Err((422, expected.to_owned())), "{name}={text}");
    }
    let twice =
        timeliness::TimelyRecordsQuery::read(
            |name| {
                if name == "late" { vec!["true".into(), "true".into()] } else { vec![] }
            },
        );
    assert_eq!(twice.map(drop).map_err(code), Err((422, "parameter-twice".to_owned())));
    let domains = |text: &'static str| record::OwnRecordsQuery::read(given("domains", text)).map(|query| query.domains);
    assert_eq!(domains("食品, 25").unwrap(), [RequestedDomain::Name("食品".to_owned()), RequestedDomain::Number(25)]);
    let nameless = RequestedDomain::Name(String::new());
    assert_eq!((domains("").unwrap(), domains(",").unwrap()), (vec![], vec![nameless; 2]), "a comma is not all");
    // Forms send the days that nobody filled in.
    assert!(record::OwnRecordsQuery::read(given("from", "")).unwrap().from.is_none());
    assert!(ListQuery::read(|_| vec![]).unwrap().cursor.is_none());
    assert_eq!(Cursor::parse(&"a".repeat(2049)), None);
}
