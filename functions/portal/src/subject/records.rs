//! `/portal/my/records`: the subject's records by domain, each with what can be done about it.

use std::collections::BTreeMap;

use maud::{Markup, html};
use xinzheng_api::problem::RECORD_UNKNOWN;
use xinzheng_api::record::{self, OwnRecord, OwnRecords, OwnRecordsQuery};
use xinzheng_domain::{DomainId, RecordId};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::badge;
use crate::frame::{self, View};

pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let OwnRecords { records, in_force, withdrawn, .. } = own(asked).await?;
    let mut domains: BTreeMap<DomainId, Vec<&OwnRecord>> = BTreeMap::new();
    for record in records.iter().chain(&in_force) {
        domains.entry(record.domain).or_default().push(record);
    }
    let content = html! {
        h1 { "我的记录" }
        @if domains.is_empty() {
            div.notice {
                p { strong { "未查询到关于您的记录。" } }
                p { "指 2022 年 8 月 1 日以来、39 个领域的归集范围内已经报送的信息；各领域报送到什么时候，见报告的“数据完整情况”。" }
            }
        } @else {
            p {
                "2022 年 8 月 1 日以来共 " (records.len()) " 条"
                @if !in_force.is_empty() { "，另有此前作出、仍有效的措施 " (in_force.len()) " 项" }
                "，涉及 " (domains.len()) " 个领域，与报告所列一致。"
            }
        }
        @for group in domains.values() {
            h2 { (group.first().map_or("", |record| record.domain_name.as_str())) "（" (group.len()) "）" }
            @for record in group { (card(record, true)) }
        }
        @if !withdrawn.is_empty() {
            details {
                summary { "已撤销的记录（" (withdrawn.len()) "），不会出现在报告中" }
                @for record in &withdrawn { (card(record, false)) }
            }
        }
    };
    Ok(frame::page(asked, &View { title: "我的记录", path: "/portal/my/records", ..View::default() }, content))
}

/// A record; with the ways to object and to have it repaired, when these are open.
pub(crate) fn card(record: &OwnRecord, open: bool) -> Markup {
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
            }
            @if open {
                div.buttons {
                    @if record.objected_on.is_some() {
                        a href="/portal/my/cases" { "查看办理情况" }
                    } @else {
                        a.button.quiet href=(address("object")) { "提出异议" }
                    }
                    @if record.repaired_on.is_none() { a.button.quiet href=(address("repair")) { "申请修复" } }
                }
                @if record.repaired_on.is_none() {
                    p.hint {
                        (record.severity_title) "，最早可于 " (record.repairable_from) " 申请修复"
                        @if let Some(day) = record.published_until { "，最长公示至 " (day) }
                        "（" (record.publicity_order) "）。"
                    }
                }
            }
        }
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
