//! `/portal/my/records`: the subject's records by domain, each with what can be done about it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use xinzheng_api::page::UnitListQuery;
use xinzheng_api::problem::RECORD_UNKNOWN;
use xinzheng_api::record::{self, OwnRecord, OwnRecords, OwnRecordsQuery};
use xinzheng_api::repair;
use xinzheng_domain::case::repair_application::RepairState;
use xinzheng_domain::{DomainId, RecordId};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{Fields, badge};
use crate::form::{Form, query as form_query};
use crate::frame::{self, View};

pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let first = UnitListQuery { cursor: None, unit: None };
    let (own, applied) = tokio::try_join!(own(asked), api.ask(&repair::LIST, &(), &first))?;
    let OwnRecords { records, in_force, withdrawn, .. } = own;
    let pending = applied.items.iter().filter(|case| case.application.state == RepairState::Submitted);
    let pending: BTreeSet<RecordId> = pending.map(|case| case.application.record).collect();
    let all: Vec<Listed<'_>> = records
        .iter()
        .map(|record| Listed { record, belonging: Belonging::Decided })
        .chain(in_force.iter().map(|record| Listed { record, belonging: Belonging::InForce }))
        .chain(withdrawn.iter().map(|record| Listed { record, belonging: Belonging::Withdrawn }))
        .collect();
    let chosen = Chosen::of(&asked.query);
    let mut shown: Vec<&Listed<'_>> = all.iter().filter(|listed| chosen.takes(listed)).collect();
    shown.sort_by_key(|listed| (listed.record.domain, Reverse(listed.record.decided)));
    let pages = shown.len().div_ceil(PAGE).max(1);
    let page = asked.query.text("page").parse::<usize>().unwrap_or(1).clamp(1, pages);
    let whole = asked.query.filled("all").is_some();
    let here: Vec<&Listed<'_>> =
        if whole { shown.clone() } else { shown.iter().skip((page - 1) * PAGE).take(PAGE).copied().collect() };
    let content = html! {
        h1 { "我的记录" }
        @if records.is_empty() && in_force.is_empty() {
            div.notice {
                p { strong { "未查询到关于您的记录。" } }
                p { "指 2022 年 8 月 1 日以来、39 个领域的归集范围内已经报送的信息；各领域报送到什么时候，见报告的“数据完整情况”。" }
            }
        } @else {
            p {
                "2022 年 8 月 1 日以来共 " (records.len()) " 条"
                @if !in_force.is_empty() { "，另有此前作出、仍有效的措施 " (in_force.len()) " 项" }
                "，与报告所列一致。"
                @if !withdrawn.is_empty() { "已撤销的 " (withdrawn.len()) " 条不会出现在报告中。" }
            }
        }
        @if all.len() > PAGE || chosen.is_some() { (filter(&all, &asked.query)) }
        @if shown.len() != all.len() || pages > 1 {
            p role="status" {
                "符合条件的 " (shown.len()) " 条"
                @if !whole && pages > 1 { "，第 " (page) " 页，共 " (pages) " 页" }
                "。"
            }
        }
        @for group in here.chunk_by(|one, next| one.record.domain == next.record.domain) {
            @if let Some(first) = group.first() { h2 { (first.record.domain_name) } }
            @for listed in group { (card(listed.record, listed.belonging != Belonging::Withdrawn, pending.contains(&listed.record.id))) }
        }
        @if !whole && pages > 1 { (turning(&asked.query, page, pages)) }
    };
    Ok(frame::page(asked, &View { title: "我的记录", path: "/portal/my/records", ..View::default() }, content))
}

/// How many records are on a page.
const PAGE: usize = 10;

/// How a record belongs to what its subject is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Belonging {
    Decided,
    InForce,
    Withdrawn,
}

/// A record of the list.
struct Listed<'r> {
    record: &'r OwnRecord,
    belonging: Belonging,
}

/// What records may be chosen by: how they stand.
const STANDINGS: [(&str, &str); 6] = [
    ("", "全部"),
    ("open", "未修复"),
    ("repaired", "已修复"),
    ("objected", "异议处理中"),
    ("in-force", "此前作出、仍有效"),
    ("withdrawn", "已撤销"),
];

/// What is chosen of the list; empty for all.
struct Chosen<'q> {
    domain: &'q str,
    kind: &'q str,
    standing: &'q str,
}

impl<'q> Chosen<'q> {
    fn of(query: &'q Form) -> Self {
        Self { domain: query.text("domain"), kind: query.text("kind"), standing: query.text("standing") }
    }

    fn is_some(&self) -> bool {
        [self.domain, self.kind, self.standing].iter().any(|text| !text.is_empty())
    }

    fn takes(&self, listed: &Listed<'_>) -> bool {
        let record = listed.record;
        let stands = match self.standing {
            "open" => record.repaired_on.is_none() && listed.belonging != Belonging::Withdrawn,
            "repaired" => record.repaired_on.is_some(),
            "objected" => record.objected_on.is_some(),
            "in-force" => listed.belonging == Belonging::InForce,
            "withdrawn" => listed.belonging == Belonging::Withdrawn,
            _ => true,
        };
        let domain = self.domain.is_empty() || self.domain == record.domain.number().to_string();
        stands && domain && (self.kind.is_empty() || self.kind == record.kind.code())
    }
}

/// What the list can be narrowed by.
fn filter(all: &[Listed<'_>], query: &Form) -> Markup {
    let named: BTreeMap<DomainId, &str> =
        all.iter().map(|listed| (listed.record.domain, listed.record.domain_name.as_str())).collect();
    let numbers: Vec<(String, &str)> = named.iter().map(|(id, name)| (id.number().to_string(), *name)).collect();
    let domains = numbers.iter().map(|(number, name)| (number.as_str(), *name));
    let kinds: BTreeMap<&str, &str> =
        all.iter().map(|listed| (listed.record.kind.code(), listed.record.kind.title())).collect();
    let fields = Fields { form: query, fault: None };
    html! {
        form.filter action="/portal/my/records" method="get" {
            (fields.select("domain", "领域", "", std::iter::once(("", "全部")).chain(domains)))
            (fields.select("kind", "种类", "", std::iter::once(("", "全部")).chain(kinds)))
            (fields.select("standing", "状态", "", STANDINGS))
            div.field { button.quiet type="submit" { "筛选" } }
        }
    }
}

/// The way to the other pages of the list.
fn turning(query: &Form, page: usize, pages: usize) -> Markup {
    let chosen = Chosen::of(query);
    let to = |name: &'static str, value: &str| {
        let parts = [("domain", chosen.domain), ("kind", chosen.kind), ("standing", chosen.standing), (name, value)];
        format!("/portal/my/records?{}", form_query(parts))
    };
    html! {
        nav.pager aria-label="翻页" {
            @if page > 1 { a.button.quiet href=(to("page", &(page - 1).to_string())) { "上一页" } }
            @if page < pages { a.button.quiet href=(to("page", &(page + 1).to_string())) { "下一页" } }
            a href=(to("all", "yes")) { "全部列出（供打印）" }
        }
    }
}

/// A record; with the ways to object and to have it repaired, when these are open.
pub(crate) fn card(record: &OwnRecord, open: bool, pending: bool) -> Markup {
    let address = |what: &str| format!("/portal/my/records/{}/{what}", record.id);
    html! {
        article.record id={ "r" (record.id) } {
            h3 { (record.kind_title) " " (record.document) }
            p {
                @if let Some(day) = record.withdrawn_on { (badge("soft", "已撤销")) " " (day) " " }
                @if let Some(day) = record.repaired_on { (badge("good", "✓ 已修复")) " " (day) " " }
                @if record.objected_on.is_some() { (badge("warn", "异议处理中")) " " }
                (record.decided) " · " (record.authority)
                @if !record.marks.is_empty() { " · " (record.marks) }
            }
            details {
                summary { "详细内容" }
                dl { @for field in &record.fields { dt { (field.label) } dd { (field.value) } } }
                @if record.withdrawn_on.is_none() && record.repaired_on.is_none() && !pending { p.hint { (repair_days(record)) } }
            }
            @if open {
                div.buttons {
                    @if record.objected_on.is_some() {
                        a href="/portal/my/cases" { "查看办理情况" }
                    } @else {
                        a.button.quiet href=(address("object")) { "提出异议" }
                    }
                    @if pending { a href="/portal/my/cases" { "修复申请办理中" } }
                    @else if record.repaired_on.is_none() { a.button.quiet href=(address("repair")) { "申请修复" } }
                }
            }
        }
    }
}

/// When a record can be repaired, until when it is published at most, and by which order.
pub(crate) fn repair_days(record: &OwnRecord) -> Markup {
    html! {
        (record.severity_title) "，最早可于 " (record.repairable_from) " 申请修复"
        @match record.published_until {
            Some(day) => { "，最长公示至 " (day) }
            None => { "，措施有效期间一直公示" }
        }
        "（" (record.publicity_order) "）。"
    }
}

/// All of the subject's records.
pub(crate) async fn own(asked: &PageRequest<'_>) -> Result<OwnRecords, Problem> {
    asked.api().ask(&record::OWN, &(), &OwnRecordsQuery { from: None, to: None, domains: vec![] }).await
}

/// Which record an address names.
pub(crate) fn id(text: &str) -> Result<RecordId, Problem> {
    RecordId::parse(text).ok_or_else(unknown)
}

/// One of the subject's records.
pub(crate) async fn one(asked: &PageRequest<'_>, id: RecordId) -> Result<OwnRecord, Problem> {
    let own = own(asked).await?;
    own.records.into_iter().chain(own.in_force).find(|record| record.id == id).ok_or_else(unknown)
}

fn unknown() -> Problem {
    RECORD_UNKNOWN.hint("请从我的记录中选择")
}
