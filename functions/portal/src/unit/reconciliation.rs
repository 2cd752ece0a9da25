//! `/portal/unit/reconciliation`: what the unit declared against what is held, and its months since 2022-08 (R7, R8).

use maud::{Markup, html};
use xinzheng_api::backfill::MatrixRow;
use xinzheng_api::manifest::{
    DECLARE, LIST, ManifestDeclaration, ManifestDifferences, ManifestPath, READ, ReconciledManifest, WORKBOOK,
};
use xinzheng_api::page::{UnitListQuery, UnitQuery};
use xinzheng_api::page_problem::{COUNT_UNREADABLE, FORM_UNFIT};
use xinzheng_api::{Cursor, SPREADSHEET, backfill};
use xinzheng_domain::file_name::disposition;
use xinzheng_domain::identity::catalogue::Unit;
use xinzheng_domain::reconciliation::ReconciliationState;
use xinzheng_domain::{DocumentNumber, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use super::desk::Desk;
use super::own;
use crate::PageRequest;
use crate::chart::matrix;
use crate::elements::{Fields, FormFault, badge, hidden, pager};
use crate::form::{Form, parse_segment};
use crate::frame::{self, View};

/// Which field a problem is about.
const FIELDS: [(&str, &str); 6] = [
    ("kind", "kind"),
    ("manifest-count", "count"),
    ("manifest-documents", "documents"),
    ("manifest-period", "from"),
    ("count", "count"),
    ("form-unfit", "from"),
];

/// The list, the months and a form.
pub(crate) async fn page(asked: &PageRequest<'_>, desk: &Desk) -> Result<HttpResponse, Problem> {
    form(asked, desk, &Form::default(), None).await
}

async fn form(
    asked: &PageRequest<'_>,
    desk: &Desk,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let query = UnitListQuery { cursor: asked.query.parameter("cursor")?, unit: desk.unit() };
    let (list, months) = tokio::try_join!(api.ask(&LIST, &(), &query), api.ask(&backfill::MATRIX, &(), &()))?;
    let of_unit = |row: &MatrixRow| desk.unit().is_none_or(|unit| row.unit.responsible() == unit.responsible());
    let rows: Vec<MatrixRow> = months.rows.into_iter().filter(of_unit).collect();
    let content = html! {
        (desk.heading("对账"))
        p { "申报某一期间作出了多少决定（没有的申报 0），系统与已入库的记录核对，说明缺了什么、多了什么。" }
        @if list.items.is_empty() { p { "还没有申报。" } } @else { (table(&list.items, desk)) }
        (pager(&desk.address("reconciliation"), list.next.as_ref().map(Cursor::as_str)))
        h2 { "各月报送情况" }
        (matrix(&rows, Some(&desk.address("timeliness/records"))))
        @if desk.acts() {
            h2 { "申报清单" }
            (declaring(asked, own(asked)?.1, &Fields { form: filled, fault }))
        } @else {
            (desk.back_to_unit(""))
        }
    };
    let view = View {
        title: "对账",
        path: desk.tab("/portal/unit/reconciliation"),
        wide: true,
        status: fault.map_or(200, FormFault::status),
        ..View::default()
    };
    Ok(frame::page(asked, &view, content))
}

fn declaring(asked: &PageRequest<'_>, row: &Unit, fields: &Fields<'_>) -> Markup {
    let kinds: Vec<(&str, &str)> = row.kinds.iter().map(|kind| (kind.code(), kind.title())).collect();
    html! {
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
    }
}

pub(crate) fn table(manifests: &[ReconciledManifest], desk: &Desk) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="对账" {
            table {
                thead { tr {
                    th scope="col" { "期间" } th scope="col" { "类别" } th.number scope="col" { "申报" } th.number scope="col" { "已入库" }
                    th.number scope="col" { "缺少" } th.number scope="col" { "多出" } th scope="col" { "状态" } th scope="col" { "明细" }
                } }
                tbody { @for manifest in manifests { (line(manifest, desk)) } }
            }
        }
    }
}

fn state_of(manifest: &ReconciledManifest) -> Markup {
    match manifest.state {
        Some(ReconciliationState::Balanced) => badge("good", "✓ 一致"),
        Some(ReconciliationState::Open) => badge("warn", "有差异"),
        Some(ReconciliationState::Overdue) => badge("bad", "逾期未平"),
        None => badge("soft", "待核对"),
    }
}

fn line(manifest: &ReconciledManifest, desk: &Desk) -> Markup {
    let compared = manifest.reconciliation.as_ref();
    html! {
        tr {
            td { (manifest.from) " 至 " (manifest.to) }
            td { (manifest.kind_title) }
            td.number { (manifest.count) }
            td.number { (compared.map_or(0, |compared| compared.indexed)) }
            td.number { (compared.map_or(0, |compared| compared.missing)) }
            td.number { (compared.map_or(0, |compared| compared.unknown)) }
            td { (state_of(manifest)) @if compared.is_some_and(|compared| compared.reopened > 0) { " 曾一致，后有变化" } }
            td { a href=(desk.address(&format!("reconciliation/{}", manifest.id))) { "查看" } }
        }
    }
}

/// One manifest, item by item.
pub(crate) async fn one(asked: &PageRequest<'_>, desk: &Desk, id: &str) -> Result<HttpResponse, Problem> {
    let (path, whose) = (ManifestPath { id: parse_segment(id)? }, UnitQuery { unit: desk.unit() });
    let manifest = asked.api().ask(&READ, &path, &whose).await?;
    let (compared, differences) = (manifest.reconciliation.as_ref(), manifest.differences.as_ref());
    let content = html! {
        h1 { (manifest.kind_title) " " (manifest.from) " 至 " (manifest.to) " " (state_of(&manifest)) }
        dl {
            dt { "申报" } dd { (manifest.count) " 条" }
            dt { "已入库" } dd { (compared.map_or(0, |compared| compared.indexed)) " 条" }
            @if let Some(matched) = differences.and_then(|differences| differences.matched) {
                dt { "逐条一致" } dd { (matched) " 条" }
            }
            dt { "核对时间" } dd { @if let Some(compared) = compared { (china_time::display(compared.compared_at)) } }
        }
        @if let Some(differences) = differences.filter(|_| manifest.by_document) { (document_list(differences)) }
        div.buttons {
            a.button.quiet href=(desk.address(&format!("reconciliation/{}/workbook", manifest.id))) { "下载 Excel" }
        }
        (desk.back("reconciliation", "对账"))
    };
    let path = desk.tab("/portal/unit/reconciliation");
    Ok(frame::page(asked, &View { title: "对账明细", path, ..View::default() }, content))
}

/// What differs, by document.
fn document_list(differences: &ManifestDifferences) -> Markup {
    let list = |documents: &[String]| {
        html! {
            @if documents.is_empty() { p { "没有。" } }
            ul { @for document in documents { li { (document) } } }
        }
    };
    html! {
        h2 { "申报了但没有入库" }
        (list(&differences.missing))
        h2 { "入库了但没有申报" }
        (list(&differences.unknown))
    }
}

/// The differences as a spreadsheet.
pub(crate) async fn workbook(asked: &PageRequest<'_>, desk: &Desk, id: &str) -> Result<HttpResponse, Problem> {
    let path = ManifestPath { id: parse_segment(id)? };
    let bytes = asked.api().file_of(&WORKBOOK, &path, &UnitQuery { unit: desk.unit() }).await?;
    Ok(workbook_of(&bytes, &format!("对账-{}.xlsx", path.id)))
}

/// A workbook to be saved.
pub(crate) fn workbook_of(bytes: &[u8], name: &str) -> HttpResponse {
    HttpResponse::bytes(200, SPREADSHEET, bytes)
        .header("content-disposition", disposition("attachment", name))
        .header("cache-control", "private, no-store")
}

/// Declares.
pub(crate) async fn declare(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let declared = match wanted(sent) {
        Ok(declaration) => asked.api().submit(&DECLARE, &(), &declaration, sent.text("once")).await,
        Err(problem) => Err(problem),
    };
    match declared {
        Ok(manifest) => Ok(HttpResponse::see_other(&format!("/portal/unit/reconciliation/{}", manifest.id))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => form(asked, &Desk::own(), sent, Some(&FormFault::of(problem, &FIELDS))).await,
    }
}

/// The declaration that was filled in.
fn wanted(sent: &Form) -> Result<ManifestDeclaration, Problem> {
    let count: u32 = sent.text("count").parse().map_err(|_| Problem::from(COUNT_UNREADABLE))?;
    let documents = sent.text("documents").lines().map(str::trim).filter(|line| !line.is_empty());
    let documents = documents.map(|line| DocumentNumber::parse(line.to_owned()).map_err(|_| FORM_UNFIT));
    Ok(ManifestDeclaration {
        kind: sent.value("kind")?,
        from: sent.value("from")?,
        to: sent.value("to")?,
        count: count.into(),
        documents: documents.collect::<Result<_, _>>()?,
        remarks: None,
    })
}
