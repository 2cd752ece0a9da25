//! `/portal/platform/subjects`: a subject's affairs, looked at for a reason that it reads in its access log: records, reports, cases,
//! bars, grants, accesses (R19).

use maud::{Markup, html};
use xinzheng_api::access_log::{self, AccessLogQuery};
use xinzheng_api::commitment::{CommitmentCase, SubjectBar};
use xinzheng_api::objection::ObjectionCase;
use xinzheng_api::record::OwnRecord;
use xinzheng_api::repair::RepairCase;
use xinzheng_api::subject::{
    COMMITMENTS, GRANTS, IDENTIFY, IdentifiedSubject, IdentityNumber, LookQuery, OBJECTIONS, RECORDS, REPAIRS, REPORTS,
    SeenGrant, SeenReport, SubjectPath, SubjectRecordsQuery, WantedSubject,
};
use xinzheng_api::{Cursor, Page};
use xinzheng_domain::audit::LookReason;
use xinzheng_domain::case::commitment::CommitmentId;
use xinzheng_domain::{SubjectId, UnitCode, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use super::audit::entries;
use crate::elements::{Fields, FormFault, badge, found, hidden, pager, period, report_badge, state_badge};
use crate::form::{Form, parse_segment, query};
use crate::frame::{self, View};
use crate::unit::address_of;
use crate::{PageRequest, no_page};

/// The page of the search.
const SEARCH: &str = "/portal/platform/subjects";
/// What of a subject is looked at, each by itself: word, title.
const PARTS: [(&str, &str); 5] =
    [("records", "记录"), ("reports", "报告"), ("cases", "异议、修复与承诺"), ("grants", "授权"), ("access", "谁看过")];
/// Which field a problem is about.
const FIELDS: [(&str, &str); 5] = [
    ("look-reason", "reason"),
    ("identity-number", "id_number"),
    ("report", "report"),
    ("subject", "subject"),
    ("form-unfit", "subject"),
];

/// `GET`: the search.
pub(crate) fn page(asked: &PageRequest<'_>) -> HttpResponse {
    form(asked, &Form::default(), None)
}

fn form(asked: &PageRequest<'_>, filled: &Form, fault: Option<&FormFault>) -> HttpResponse {
    let fields = Fields { form: filled, fault };
    let reasons = std::iter::once(("", "请选择")).chain(LookReason::ALL.map(|reason| (reason.code(), reason.title())));
    let content = html! {
        h1 { "主体" }
        p { "查看一个主体的记录、报告、办理事项、授权和查询日志。填写以下三项之一；每次查看连同事由都会记入该主体的“谁看过我的数据”。" }
        (fields.summary())
        form action=(SEARCH) method="post" {
            (hidden(asked))
            (fields.input("text", "subject", "统一社会信用代码", "", false))
            (fields.input("text", "report", "或者报告编号", "", false))
            (fields.input("text", "id_number", "或者自然人的身份证号码", "只用于查找，不保存，也不出现在地址和日志中；登录到期后需要重新填写。", false))
            (fields.select("reason", "查看的事由", "", reasons))
            button type="submit" { "查看" }
        }
    };
    let status = fault.map_or(200, FormFault::status);
    frame::page(asked, &View { title: "主体", path: SEARCH, status, ..View::default() }, content)
}

/// `POST`: finds the subject and goes to it.
pub(crate) async fn find(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    match identified(asked, sent).await {
        Ok((found, reason)) => Ok(HttpResponse::see_other(&address(&found.subject, "", reason))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => Ok(form(asked, sent, Some(&FormFault::of(problem, &FIELDS)))),
    }
}

async fn identified(asked: &PageRequest<'_>, sent: &Form) -> Result<(IdentifiedSubject, LookReason), Problem> {
    let reason: LookReason = sent.parameter("reason")?.ok_or(xinzheng_api::problem::LOOK_REASON_MISSING)?;
    let wanted = WantedSubject {
        subject: sent.parameter("subject")?,
        id_number: sent.filled("id_number").map(IdentityNumber::written),
        document: None,
        report: sent.parameter("report")?,
        reason: Some(reason),
    };
    Ok((asked.api().submit(&IDENTIFY, &(), &wanted, "").await?, reason))
}

/// Where a part of a subject's page is.
fn address(subject: &SubjectId, part: &str, reason: LookReason) -> String {
    let part = if part.is_empty() { String::new() } else { format!("/{part}") };
    format!("{SEARCH}/{subject}{part}?{}", query([("reason", reason.code())]))
}

/// One part of a subject's affairs.
pub(crate) async fn part(asked: &PageRequest<'_>, subject: &str, part: &str) -> Result<HttpResponse, Problem> {
    let id: SubjectId = parse_segment(subject)?;
    // Without a reason nothing is looked at: who comes by an address of old is asked for one.
    let Some(reason) = asked.query.parameter::<LookReason>("reason")? else { return Ok(page(asked)) };
    let (path, cursor) = (SubjectPath { subject: id }, asked.query.parameter::<Cursor>("cursor")?);
    let look = LookQuery { reason, cursor: cursor.clone() };
    let api = asked.api();
    let here = address(&id, part, reason);
    let content = match part {
        "records" => {
            let wanted = SubjectRecordsQuery { reason, from: None, to: None, domains: vec![] };
            let own = api.ask(&RECORDS, &path, &wanted).await?;
            html! {
                @for bar in &own.bars { (barred(bar)) }
                (records("2022 年 8 月 1 日以来的记录", &own.records, reason))
                (records("此前作出、仍有效的措施", &own.in_force, reason))
                (records("已撤销的记录", &own.withdrawn, reason))
            }
        }
        "reports" => reports(&api.ask(&REPORTS, &path, &look).await?, &here, reason),
        "grants" => grants(&api.ask(&GRANTS, &path, &look).await?, &here),
        "cases" => {
            let newest = LookQuery { reason, cursor: None };
            let (objections, repairs, commitments) = tokio::try_join!(
                api.ask(&OBJECTIONS, &path, &look),
                api.ask(&REPAIRS, &path, &newest),
                api.ask(&COMMITMENTS, &path, &newest),
            )?;
            cases(&objections.items, &repairs.items, &commitments.items)
        }
        "access" => {
            let wanted =
                AccessLogQuery { cursor, subject: Some(id), reason: Some(reason), ..AccessLogQuery::default() };
            let log = api.ask(&access_log::READ, &(), &wanted).await?;
            html! {
                (entries(&log.page.items))
                (pager(&here, log.page.next.as_ref().map(Cursor::as_str)))
            }
        }
        _ => return Err(no_page()),
    };
    let content = html! {
        h1 { "主体 " span.code { (id) } }
        p.hint { "查看的事由：" (reason.title()) "。已记入该主体的查询日志。" }
        nav.pager aria-label="主体" {
            @for (word, title) in PARTS {
                a href=(address(&id, word, reason)) aria-current=[(word == part).then_some("page")] { (title) }
            }
        }
        (content)
        p { a href=(SEARCH) { "查看另一个主体" } }
    };
    Ok(frame::page(asked, &View { title: "主体", path: SEARCH, wide: true, ..View::default() }, content))
}

fn barred(bar: &SubjectBar) -> Markup {
    html! {
        div.notice.fault {
            strong { "不能使用“信用代证”" }
            p { (china_time::display(bar.since)) " 起，" (bar.unit_name) "认定“" (bar.domain) "”领域的承诺为虚假承诺：" (bar.evidence) }
            p { a href=(commitment(bar.unit, &bar.commitment)) { "查看承诺，解除限制" } }
        }
    }
}

/// The platform's page of a commitment.
fn commitment(unit: UnitCode, id: &CommitmentId) -> String {
    format!("{}/work/commitments/{id}", address_of(unit))
}

fn records(title: &str, records: &[OwnRecord], reason: LookReason) -> Markup {
    html! {
        h2 { (title) "（" (records.len()) "）" }
        @if !records.is_empty() {
            div.scroll tabindex="0" role="region" aria-label=(title) {
                table {
                    thead { tr { th scope="col" { "文号" } th scope="col" { "种类" } th scope="col" { "领域" } th scope="col" { "决定日期" } th scope="col" { "单位" } th scope="col" { "状态" } } }
                    tbody {
                        @for record in records {
                            tr {
                                td { a href={ (address_of(record.unit)) "/records/" (record.id) "?" (query([("reason", reason.code())])) } { (record.document) } }
                                td { (record.kind_title) }
                                td { (record.domain_name) }
                                td { (record.decided) }
                                td { a href=(address_of(record.unit)) { (record.unit_name) } }
                                td { (record.marks) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn reports(page: &Page<SeenReport>, here: &str, reason: LookReason) -> Markup {
    html! {
        @if page.items.is_empty() { p { "没有开具过报告。" } }
        @for report in &page.items {
            article.record {
                h2 { a href=(super::reports::address(&report.number, Some(reason))) { (report.number) } }
                p { (report_badge(report.status)) " " (report.meaning) }
                p { (china_time::display(report.issued_at)) " · " (period(&report.period)) " · " (report.purpose.title()) " · " (found(&report.summary)) }
            }
        }
        (pager(here, page.next.as_ref().map(Cursor::as_str)))
    }
}

fn grants(page: &Page<SeenGrant>, here: &str) -> Markup {
    html! {
        @if page.items.is_empty() { p { "没有授权过他人查询。" } }
        @for grant in &page.items {
            article.record {
                h2 { (grant.grantee.name) " " (state_badge(grant.state, crate::subject::grant_title(grant.state))) }
                dl {
                    dt { "授权码" } dd.code { "……" (grant.code_ending) }
                    dt { "授权时间" } dd { (china_time::display(grant.given_at)) }
                    dt { "有效期至" } dd { (china_time::display(grant.until)) }
                    @if let Some(at) = grant.revoked_at { dt { "撤回时间" } dd { (china_time::display(at)) } }
                    dt { "次数" } dd { "已用 " (grant.used) " 次，共 " (grant.uses) " 次" }
                    dt { "范围" } dd { (period(&grant.period)) "，" (grant.domains.len()) " 个领域，" (grant.purpose.title()) }
                }
            }
        }
        (pager(here, page.next.as_ref().map(Cursor::as_str)))
    }
}

fn cases(objections: &[ObjectionCase], repairs: &[RepairCase], commitments: &[CommitmentCase]) -> Markup {
    html! {
        h2 { "异议" }
        @if objections.is_empty() { p { "没有。" } }
        ul {
            @for case in objections {
                @let objection = &case.objection;
                li {
                    a href={ (address_of(objection.unit)) "/work/objections/" (objection.id) } { (objection.document) }
                    " " (china_time::display(objection.submitted_at)) " " (state_badge(objection.state, &case.state_title))
                    @if case.overdue { " " (badge("bad", "已逾期")) }
                }
            }
        }
        h2 { "信用修复申请" }
        @if repairs.is_empty() { p { "没有。" } }
        ul {
            @for case in repairs {
                @let application = &case.application;
                li {
                    a href={ (address_of(application.unit)) "/work/repairs/" (application.id) } { (application.document) }
                    " " (china_time::display(application.submitted_at)) " " (state_badge(application.state, &case.state_title))
                }
            }
        }
        h2 { "主动承诺" }
        @if commitments.is_empty() { p { "没有。" } }
        ul {
            @for case in commitments {
                li {
                    a href=(commitment(case.commitment.unit, &case.commitment.id)) { (case.commitment.domain) }
                    " " (china_time::display(case.commitment.made_at)) " " (state_badge(case.commitment.state, &case.state_title))
                }
            }
        }
        p.hint { "各列出最近的一页。" }
    }
}
