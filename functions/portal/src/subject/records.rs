//! `/portal/my/records`: the subject's records by domain, each with what can be done about it.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::Value;
use xinzheng_api::problem::RECORD_UNKNOWN;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::badge;
use crate::frame::{self, View};
use crate::said::Said;

pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let answer = asked.api().get("/records").await?;
    let records = answer.list("records");
    let in_force = answer.list("in_force");
    let withdrawn = answer.list("withdrawn");
    let mut domains: BTreeMap<u64, Vec<&Value>> = BTreeMap::new();
    for record in records.iter().chain(in_force) {
        domains.entry(record.count("domain")).or_default().push(record);
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
            h2 { (group.first().map_or("", |record| record.text("domain_name"))) "（" (group.len()) "）" }
            @for record in group { (card(record, true)) }
        }
        @if !withdrawn.is_empty() {
            details {
                summary { "已撤销的记录（" (withdrawn.len()) "），不会出现在报告中" }
                @for record in withdrawn { (card(record, false)) }
            }
        }
    };
    Ok(frame::page(asked, &View { title: "我的记录", path: "/portal/my/records", ..View::default() }, content))
}

/// A record; with the ways to object and to have it repaired, when these are open.
pub(crate) fn card(record: &Value, open: bool) -> Markup {
    let address = |what: &str| format!("/portal/my/records/{}/{what}", record.text("id"));
    let repaired = record.filled("repaired_on");
    html! {
        article.record id={ "r" (record.text("id")) } {
            h3 { (record.text("kind_title")) " " (record.text("document")) }
            p {
                @if let Some(day) = record.filled("withdrawn_on") { (badge("soft", "已撤销")) " " (day) " " }
                @if let Some(day) = repaired { (badge("good", "✓ 已修复")) " " (day) " " }
                @if record.filled("objected_on").is_some() { (badge("warn", "异议处理中")) " " }
                (record.text("decided")) " · " (record.text("authority"))
                @if let Some(marks) = record.filled("marks") { " · " (marks) }
            }
            details {
                summary { "详细内容" }
                dl { @for field in record.list("fields") { dt { (field.text("label")) } dd { (field.text("value")) } } }
            }
            @if open {
                div.buttons {
                    @if record.filled("objected_on").is_some() {
                        a href="/portal/my/cases" { "查看办理情况" }
                    } @else {
                        a.button.quiet href=(address("object")) { "提出异议" }
                    }
                    @if repaired.is_none() { a.button.quiet href=(address("repair")) { "申请修复" } }
                }
                @if repaired.is_none() {
                    p.hint {
                        (record.text("severity_title")) "，最早可于 " (record.text("repairable_from")) " 申请修复"
                        @if let Some(day) = record.filled("published_until") { "，最长公示至 " (day) }
                        "（" (record.text("publicity_order")) "）。"
                    }
                }
            }
        }
    }
}

/// One of the subject's records.
pub(crate) async fn one(asked: &Asked<'_>, id: &str) -> Result<Value, Problem> {
    let answer = asked.api().get("/records").await?;
    let found = answer.list("records").iter().chain(answer.list("in_force")).find(|record| record.text("id") == id);
    found.cloned().ok_or_else(|| RECORD_UNKNOWN.hint("请从我的记录中选择"))
}
