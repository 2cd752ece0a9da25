//! The page for programmers, and what the `type` of a problem leads to.

use std::io::Read;

use xinzheng_api::problem;
use xinzheng_api::publication::{PROBLEM, PROBLEMS};
use xinzheng_domain::ReportStatus;
use xinzheng_domain::report::sample::Sample;
use xinzheng_tests::{TestStack, client_builder};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_the_description_the_samples_the_programs_and_the_problems() {
    let test = TestStack::start().await;
    let answer = test.get("/docs").header("accept", "text/html").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let directive = |name: &str| {
        policy.split(';').map(str::trim).find(|one| one.starts_with(&format!("{name} "))).unwrap().to_owned()
    };
    assert_eq!(directive("script-src"), "script-src 'self'");
    assert!(!directive("style-src").contains("unsafe"), "{policy}");
    assert_eq!(directive("style-src-attr"), "style-src-attr 'unsafe-inline'", "of the viewer's attributes alone");
    let page = answer.text().await.unwrap();
    assert!(page.contains(r#"<rapi-doc spec-url="/openapi.json""#), "{page}");
    for status in ReportStatus::ALL {
        assert!(page.contains(&Sample::code(status).to_string()));
    }
    for fault in problem::ALL {
        assert!(page.contains(&format!("id=\"problem-{}\"", fault.code)), "{}", fault.code);
    }
    for words in ["client_credentials", "urllib.request", "createHash", "#!/bin/sh"] {
        assert!(page.contains(words), "{words}");
    }
    // No other page has the viewer, or its leave.
    for path in ["/", "/verify", "/portal/guide"] {
        let other = test.get(path).header("accept", "text/html").send().await.unwrap();
        assert!(!other.headers()["content-security-policy"].to_str().unwrap().contains("unsafe"), "{path}");
        let text = other.text().await.unwrap();
        assert!(!text.contains("rapidoc") && text.contains(r#"href="/docs""#), "{path}");
    }
    let script = page.split('"').find(|part| part.starts_with("/assets/rapidoc-")).unwrap();
    let packed = test.get(script).header("accept-encoding", "br, gzip").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(&*packed.bytes().await.unwrap()).read_to_string(&mut unpacked).unwrap();
    let plain = test.get(script).header("accept-encoding", "gzip;q=0").send().await.unwrap();
    assert!(plain.headers().get("content-encoding").is_none());
    assert_eq!(plain.text().await.unwrap(), unpacked);
    // An answer of a function has at most 6 MB, in base64.
    assert!(unpacked.len() * 4 / 3 < 6_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_type_of_each_problem_leads_to_what_it_means() {
    let test = TestStack::start().await;
    let all = test.send(test.get("/problems")).await.of(&PROBLEMS).problems;
    for fault in problem::ALL {
        let kind = fault.kind();
        let one = test.send(test.get(&kind)).await.of(&PROBLEM);
        assert!(all.contains(&one) && one.kind == kind && !one.description.is_empty(), "{kind}");
        let said = one.answers.iter().any(|answer| answer.status == fault.status && answer.title == fault.title);
        assert!(said, "{kind}");
    }
    let stays = client_builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let people = stays.get(format!("{}/problems/code-unknown", test.stack.address)).header("accept", "text/html");
    let people = people.send().await.unwrap();
    assert_eq!(
        (people.status().as_u16(), &people.headers()["location"]),
        (303, &"/docs#problem-code-unknown".parse().unwrap())
    );
    let answer = test.send(test.get("/problems/nothing-of-the-kind")).await;
    assert_eq!((answer.status, answer.problem()), (404, "problem-unknown"));
}
