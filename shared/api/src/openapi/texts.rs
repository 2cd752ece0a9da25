//! What the description says in general: conventions, versions, tokens, limits, samples.

use xinzheng_domain::ReportStatus;
use xinzheng_domain::report::sample::Sample;

use crate::rate_limit::Limit;
use crate::token::Account;

/// What holds of every operation, in Markdown.
pub(crate) fn conventions() -> String {
    let samples = ReportStatus::ALL.iter().rev().map(|status| {
        let code = Sample::code(*status);
        format!("| [`{code}`](/verify/{code}) | `{}` |\n", status.code())
    });
    format!(
        "Special credit reports (专项信用报告) of Changzhi: one signed report in place of a stack of no-violation certificates, \
         asked for by the business itself and verified by anyone.\n\n\
         **Conventions.** Dates are days in China, times are UTC. Lists are `items`, a page at a time, and go on by `cursor` \
         (`next` of the page before). Every POST takes an `Idempotency-Key`: the same key with the same request is done once and \
         answered alike for a day. Changes name what they were decided on in `If-Match`. The pages for people under `/portal` are \
         no part of it.\n\n\
         **Versions.** This is version 1, and addresses have no version in them: what is printed on a report opens for as long as \
         the report is kept. Each answer says `api-version: 1`; a request may send the same header to be refused \
         (`api-version-unknown`) rather than answered by another version, and without it gets version 1, always. Within a version \
         things are only added: operations, optional parameters, fields of answers, values of lists that say so, kinds of \
         problems. A client ignores fields that it does not know. What would break a client comes as another version, asked for \
         by that header, beside this one; a version that is to end says so for at least two years in each answer (`Deprecation`, \
         RFC 9745, and `Sunset`, RFC 8594). Verification (`/verify`), keys (`/.well-known`), the public log (`/log`) and published \
         schemas of version 1 do not end.\n\n\
         **Problems.** Errors are `application/problem+json` (RFC 9457). `type` is stable and an address that tells of it; \
         `/problems` has all of them. `title`, `detail` and `hint` are Chinese and for people. What the HTTP API itself answers \
         (no route, no valid token, a body over 10 MB, too many requests to a route) is `application/json` with a `message`.\n\n\
         **Limits.** Each route without a token has a limit of its own for everyone together (429 of the HTTP API, without \
         headers: wait a second, then longer each time). What is counted by network is told with each answer that counts, by \
         `ratelimit-policy` and `ratelimit` (draft-ietf-httpapi-ratelimit-headers): codes and files that there is nothing for, {in_vain} \
         an hour (`lookups-in-vain`; what was issued is verified all the same), and feedback, {feedback} an hour (`feedback`). 429 and 503 \
         come with `retry-after` in seconds.\n\n\
         **Browsers.** Operations with `x-any-origin` may be asked by pages of any origin (CORS), without cookies or tokens; no \
         other may.\n\n\
         **Samples.** These codes answer on every deployment, without a report: `sample` is true, `title` and `meaning` say so, the \
         subject is made up, and signed answers have the type `xinzheng-sample+jwt`. No report ever has a code that begins with \
         `EXAMP1E`, or such a number. A program that verifies reports of others refuses an answer with `sample`. Samples have no \
         document, data or proof (`sample-has-no-file`), and looking at one is not counted or noted.\n\n\
         | code | status |\n|---|---|\n{}",
        samples.collect::<String>(),
        in_vain = Limit::LookupsInVain.quota(),
        feedback = Limit::Feedback.quota(),
    )
}

/// What a token has to say, in Markdown.
pub(crate) fn tokens() -> String {
    let roles = Account::ALL.iter().map(|account| format!("`{}`", account.code())).collect::<Vec<_>>().join(", ");
    format!(
        "An access token (JWT) of the city's identity provider, by authorization code with PKCE for people, or by client \
         credentials for systems, as the provider allows. Claims: `role` ({roles}); of a subject `subject` (its unified social \
         credit code, or the id of a natural person, with `name` and `masked_id_number`); of a unit `unit` (its code in the \
         directory) and `sub`; of the platform's staff `sub`; of a third party `name`, `sub` and, if it has one, `organisation` \
         (its unified social credit code). `x-roles` of an operation says in which roles it may be asked: `platform` is an \
         `operator`."
    )
}
