//! `/portal/platform/audit`: who did what, by subject, by unit, or on the platform itself (R19).

use maud::html;
use xinzheng_domain::Catalogue;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::actions;
use crate::elements::{Fields, FormFault, badge, pager};
use crate::form::query;
use crate::frame::{self, View};
use crate::said::Said;

pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let given = &asked.query;
    let whose = query([("subject", given.text("subject")), ("unit", given.text("unit"))]);
    let cursor = query([("cursor", given.text("cursor"))]);
    let (answer, fault) = match asked.api().get(&format!("/access-log?{whose}&{cursor}")).await {
        Ok(answer) => (answer, None),
        Err(problem) if matches!(problem.status(), 404 | 422) => {
            (serde_json::Value::Null, Some(FormFault::of(problem, &[("subject", "subject"), ("unit", "unit")])))
        }
        Err(problem) => return Err(problem),
    };
    let units = std::iter::once(("", "平台"))
        .chain(Catalogue::get().units.iter().map(|unit| (unit.code.as_str(), unit.name.as_str())));
    let fields = Fields { form: given, fault: fault.as_ref() };
    let content = html! {
        h1 { "操作记录" }
        (fields.summary())
        form action="/portal/platform/audit" method="get" {
            div.row {
                (fields.input("text", "subject", "主体（统一社会信用代码）", "", false))
                (fields.select("unit", "或者单位", "", units))
            }
            button.quiet type="submit" { "查询" }
        }
        p.hint { "查询主体的操作记录，本身也会记入该主体的“谁看过我的数据”。" }
        div.scroll tabindex="0" role="region" aria-label="操作记录" {
            table {
                thead { tr {
                    th scope="col" { "时间" } th scope="col" { "身份" } th scope="col" { "谁" } th scope="col" { "操作" }
                    th scope="col" { "对象" } th scope="col" { "用途或原因" } th scope="col" { "来源" }
                } }
                tbody {
                    @for step in answer.list("steps") {
                        tr {
                            td { (step.time("at")) }
                            td { (actions::role(step)) }
                            td { (actions::by(step)) }
                            td { (actions::action(step)) @if step.text("result") == "refused" { " " (badge("bad", "被拒绝")) } }
                            td { (step.text("object")) }
                            td { @if let Some(why) = actions::why(step) { (why.title()) } }
                            td { (step.text("address")) }
                        }
                    }
                }
            }
        }
        (pager(&format!("/portal/platform/audit?{whose}"), answer.filled("next")))
        @if let Some(since) = answer.filled("kept_since") {
            p.hint { "此处保存 " (since) " 以来的记录；" (answer.text("older")) "。" }
        }
    };
    let status = fault.as_ref().map_or(200, FormFault::status);
    let view = View { title: "操作记录", path: "/portal/platform/audit", wide: true, status, ..View::default() };
    Ok(frame::page(asked, &view, content))
}
