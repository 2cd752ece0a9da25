//! `POST /verify`: up to a hundred codes or digests at once, for a bank's back office.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use xinzheng_api::verification::{
    BATCH, BatchAnswer, BatchAnswers, BatchReport, FailedLookup, LookupFailure, Verification,
};
use xinzheng_domain::VerificationCode;
use xinzheng_runtime::problem::{BATCH_SIZE, CODE_UNKNOWN, Fault, ISSUED_FILE_UNKNOWN, TOO_MANY_LOOKUPS};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem};

use crate::answer::{MOST_LINES, Verified};
use crate::evidence::Evidence;
use crate::lookup::{code_of_content, counted, failed, parse_code, parse_digest, sample};
use crate::{App, Wanted, evidence};

/// The most questions of a batch.
const MOST: usize = 100;
/// How many reports' records are looked at side by side.
const AT_ONCE: usize = 8;

/// An answer to each question, in their order: first the codes, then the digests. Each has `query` and either what
/// `GET /verify/{code}` answers, with its share of [`MOST_LINES`], or its `problem`. At most two BatchGetItem, a HeadObject
/// for each digest of no file, and for each report a PutItem for the audit and a Query; a PutItem for each question that
/// there is no report for, and one UpdateItem for all of these.
pub(crate) async fn batch(app: &App, wanted: Wanted, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let questions = request.body_of(&BATCH)?;
    let asked = questions.codes.len() + questions.sha256.len();
    if asked == 0 || asked > MOST {
        return Err(BATCH_SIZE.detail(format!("本次共 {asked} 份")));
    }
    let codes: Vec<Result<VerificationCode, Problem>> = questions.codes.iter().map(|text| parse_code(text)).collect();
    let digests: Vec<Result<String, Problem>> = questions.sha256.iter().map(|text| parse_digest(text)).collect();
    let looked_up: BTreeSet<&String> = digests.iter().flatten().collect();
    let mut by_digest = app.registry.codes_of_files(looked_up.iter().map(|digest| digest.as_str())).await?;
    let left: Vec<String> = looked_up.into_iter().filter(|digest| !by_digest.contains_key(*digest)).cloned().collect();
    let of_contents: Vec<(String, Option<VerificationCode>)> = stream::iter(left)
        .map(async |digest: String| {
            let code = code_of_content(app, &digest).await?;
            Ok::<_, Problem>((digest, code))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    by_digest.extend(of_contents.into_iter().filter_map(|(digest, code)| Some((digest, code?))));
    let (samples, all): (BTreeSet<VerificationCode>, BTreeSet<VerificationCode>) =
        codes.iter().flatten().chain(by_digest.values()).copied().partition(VerificationCode::is_sample);
    let filed: BTreeMap<_, _> = app.registry.reports_by_codes(&all).await?.into_iter().collect();
    let unknown_codes = all.iter().filter(|code| !filed.contains_key(code)).map(|code| code.compact());
    let known = |digest: &&String| by_digest.get(*digest).is_some_and(|code| filed.contains_key(code));
    let unknown_files = digests.iter().flatten().filter(|digest| !known(digest)).cloned();
    let unknown: BTreeSet<String> = unknown_codes.chain(unknown_files).collect();
    let (limit, beyond) = match unknown.len() {
        0 => (None, None),
        how_many => match counted(app, how_many, request).await {
            Ok(limit) => (Some(limit), None),
            Err(problem) if problem.is(TOO_MANY_LOOKUPS) => (problem.limit(), Some(problem)),
            Err(problem) => return Err(problem),
        },
    };
    let most = MOST_LINES / asked;
    let mut verified: BTreeMap<VerificationCode, Verified> = stream::iter(filed)
        .map(async |(code, filed)| Ok::<_, Problem>((code, Verified::of(app, filed, request).await?)))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    verified.extend(samples.iter().filter_map(|code| Some((*code, sample(app, code).ok()?))));
    // What is beyond the limit is not noted; what was issued is verified all the same.
    let noted = unknown.iter().filter(|_| beyond.is_none());
    stream::iter(noted.map(Ok))
        .try_for_each_concurrent(AT_ONCE, async |asked| failed(app, asked, request).await)
        .await?;
    let answer = |query: &String, found: Result<Option<Verification>, &Problem>, unknown: Fault| {
        let query = query.clone();
        let none = |query, status, problem| BatchAnswer::None(FailedLookup { query, status, problem });
        match found {
            Ok(Some(report)) => BatchAnswer::Report(Box::new(BatchReport { query, verification: report })),
            Ok(None) => none(query, LookupFailure::Unknown, beyond.clone().unwrap_or_else(|| unknown.into())),
            Err(problem) => none(query, LookupFailure::Unreadable, problem.clone()),
        }
    };
    let of_codes = questions.codes.iter().zip(&codes).map(|(query, code)| {
        let found = code.as_ref().map(|code| verified.get(code).map(|report| report.for_programs(most)));
        answer(query, found, CODE_UNKNOWN)
    });
    let of_files = questions.sha256.iter().zip(&digests).map(|(query, digest)| {
        let found = digest.as_ref().map(|digest| {
            let report = by_digest.get(digest).and_then(|code| verified.get(code))?;
            let asked_file = Some(report.asked_file(digest));
            Some(Verification { asked_file, ..report.for_programs(most) })
        });
        answer(query, found, ISSUED_FILE_UNKNOWN)
    });
    let answers = BatchAnswers { results: of_codes.chain(of_files).collect() };
    // With a sample in it, all of it is one.
    let kind = if samples.is_empty() { Evidence::Verification } else { Evidence::Sample };
    let response = match wanted {
        Wanted::Signed => evidence::signed(app, kind, request.path(), app.clock.now(), answers)?,
        Wanted::Json | Wanted::Page => HttpResponse::of(&BATCH, &answers),
    };
    Ok(match &limit {
        Some(limit) => response.counted(limit),
        None => response,
    })
}
