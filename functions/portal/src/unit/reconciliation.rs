//! `/portal/unit/reconciliation`: what the unit declared against what is held, and its months since 2022-08 (R7, R8).

use maud::{Markup, html};
use serde_json::{Value, json};
use xinzheng_runtime::{HttpResponse, Problem};

use super::own;
use crate::Asked;
use crate::chart::matrix;
use crate::elements::{Fields, FormFault, badge, hidden, pager};
use crate::form::{Form, query, segment};
use crate::frame::{self, View};
use crate::problems::COUNT_UNREADABLE;
use crate::said::Said;

/// Which field a problem is about.
const FIELDS: [(&str, &str); 5] = [
    ("kind", "kind"),
    ("manifest-documents", "documents"),
    ("manifest-period", "from"),
    ("count", "count"),
    ("body", "from"),
];

/// The list, the months and a form.
pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    form(asked, &Form::default(), None).await
}

async fn form(asked: &Asked<'_>, filled: &Form, fault: Option<&FormFault>) -> Result<HttpResponse, Problem> {
    let (_, row) = own(asked)?;
    let api = asked.api();
    let list = format!("/reconciliations?{}", query([("cursor", asked.query.text("cursor"))]));
    let (answer, months) = tokio::try_join!(api.get(&list), api.get("/backfill/matrix"))?;
    let reconciliations = answer.list("reconciliations");
    let kinds: Vec<(&str, &str)> = row.kinds.iter().map(|kind| (kind.code(), kind.title())).collect();
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "对账" }
        p { "申报某一期间作出了多少决定（没有的申报 0），系统与已入库的记录核对，说明缺了什么、多了什么。" }
        @if reconciliations.is_empty() { p { "还没有申报。" } } @else {
            div.scroll tabindex="0" role="region" aria-label="对账" {
                table {
                    thead { tr {
                        th scope="col" { "期间" } th scope="col" { "类别" } th.number scope="col" { "申报" } th.number scope="col" { "已入库" }
                        th.number scope="col" { "缺少" } th.number scope="col" { "多出" } th scope="col" { "状态" } th scope="col" { "明细" }
                    } }
                    tbody { @for one in reconciliations { (line(one)) } }
                }
            }
        }
        (pager("/portal/unit/reconciliation", answer.filled("next")))
        h2 { "各月报送情况" }
        (matrix(months.list("rows")))
        h2 { "申报清单" }
        (fields.summary())
        form action="/portal/unit/reconciliation" method="post" {
            (hidden(asked))
            (fields.select("kind", "类别", "", kinds))
            div.row {
                (fields.input("date", "from", "期间自", "", true))
                (fields.input("date", "to", "至", "", true))
                (fields.input("number", "count", "决定数", "没有的填 0。", true))
            }
            (fields.area("documents", "文号（选填）", "每行一个。填写后可以逐条核对。", false))
            button type="submit" { "申报并核对" }
        }
    };
    let view = View {
        title: "对账",
        path: "/portal/unit/reconciliation",
        wide: true,
        status: fault.map_or(200, FormFault::status),
        ..View::default()
    };
    Ok(frame::page(asked, &view, content))
}

fn state(of: &Value) -> Markup {
    match of.text("state") {
        "balanced" => badge("good", "✓ 一致"),
        "open" => badge("warn", "有差异"),
        "overdue" => badge("bad", "逾期未平"),
        _ => badge("soft", "待核对"),
    }
}

fn line(one: &Value) -> Markup {
    let compared = one.at("reconciliation");
    html! {
        tr {
            td { (one.text("from")) " 至 " (one.text("to")) }
            td { (one.text("kind_title")) }
            td.number { (one.count("count")) }
            td.number { (compared.count("indexed")) }
            td.number { (compared.count("missing")) }
            td.number { (compared.count("unknown")) }
            td { (state(one)) @if compared.count("reopened") > 0 { " 曾一致，后有变化" } }
            td { a href={ "/portal/unit/reconciliation/" (segment(one.text("id"))) } { "查看" } }
        }
    }
}

/// One manifest, item by item.
pub(crate) async fn one(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let found = asked.api().get(&format!("/reconciliations/{}", segment(id))).await?;
    let differences = found.at("differences");
    let named = |list: &[Value], otherwise: &str| {
        html! {
            @if list.is_empty() { p { (otherwise) } }
            ul { @for document in list { li { (document.as_str().unwrap_or_default()) } } }
        }
    };
    let content = html! {
        h1 { (found.text("kind_title")) " " (found.text("from")) " 至 " (found.text("to")) " " (state(&found)) }
        dl {
            dt { "申报" } dd { (found.count("count")) " 条" }
            dt { "已入库" } dd { (found.at("reconciliation").count("indexed")) " 条" }
            @if let Some(matched) = differences.at("matched").as_u64() { dt { "逐条一致" } dd { (matched) " 条" } }
            dt { "核对时间" } dd { (found.at("reconciliation").time("compared_at")) }
        }
        @if !differences.is_null() && found.yes("by_document") {
            h2 { "申报了但没有入库" }
            (named(differences.list("missing"), "没有。"))
            h2 { "入库了但没有申报" }
            (named(differences.list("unknown"), "没有。"))
        }
        div.buttons {
            a.button.quiet href={ "/portal/unit/reconciliation/" (segment(id)) "/workbook" } { "下载 Excel" }
            a href="/portal/unit/reconciliation" { "返回对账" }
        }
    };
    Ok(frame::page(asked, &View { title: "对账明细", path: "/portal/unit/reconciliation", ..View::default() }, content))
}

/// The differences as a spreadsheet.
pub(crate) async fn workbook(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let bytes = asked.api().get_file(&format!("/reconciliations/{}/workbook", segment(id))).await?;
    Ok(workbook_of(&bytes, "reconciliation.xlsx"))
}

/// A workbook to be saved.
pub(crate) fn workbook_of(bytes: &[u8], name: &str) -> HttpResponse {
    HttpResponse::bytes(200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes)
        .header("content-disposition", format!("attachment; filename=\"{name}\""))
        .header("cache-control", "private, no-store")
}

/// Declares.
pub(crate) async fn declare(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let Ok(count) = sent.text("count").parse::<u32>() else {
        let problem = Problem::from(COUNT_UNREADABLE);
        return form(asked, sent, Some(&FormFault::of(problem, &FIELDS))).await;
    };
    let mut body = json!({
        "kind": sent.text("kind"), "from": sent.text("from"), "to": sent.text("to"), "count": count,
    });
    let documents: Vec<&str> = sent.text("documents").lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if let Some(fields) = body.as_object_mut().filter(|_| !documents.is_empty()) {
        fields.insert("documents".to_owned(), json!(documents));
    }
    match asked.api().post("/manifests", &body, sent.text("once"), "").await {
        Ok(found) => Ok(HttpResponse::see_other(&format!("/portal/unit/reconciliation/{}", segment(found.text("id"))))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => form(asked, sent, Some(&FormFault::of(problem, &FIELDS))).await,
    }
}
