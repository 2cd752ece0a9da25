//! `/portal/unit/records/{id}`: every revision of a record, and what of it can be set right.

use maud::{Markup, html};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xinzheng_api::Endpoint;
use xinzheng_api::record::{
    CANCEL, CLASSIFY, CancellationRequest, HISTORY, HistoryQuery, HistoryStep, RecordPath, SeverityRequest,
};
use xinzheng_domain::audit::LookReason;
use xinzheng_domain::record::publicity::Severity;
use xinzheng_domain::record::{Mark, MarkKind, MarkedRecord};
use xinzheng_domain::{Entry, Record, RecordId, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use super::desk::Desk;
use super::record_field::{of_mark, of_record};
use crate::PageRequest;
use crate::elements::{Fields, FormFault, hidden};
use crate::form::{Form, parse_segment};
use crate::frame::{self, View};

/// A step of a record.
struct Step {
    told: HistoryStep,
    /// What was sent; `None` when it is nothing that is known.
    entry: Option<Entry<'static>>,
}

impl Step {
    fn of(told: HistoryStep) -> Self {
        let entry = Entry::deserialize(&told.entry);
        if entry.is_err() {
            // Serde's own text can quote values.
            tracing::error!(position = %told.position, "a step of a history is not what the contract says");
        }
        Self { entry: entry.ok(), told }
    }

    fn record(&self) -> Option<&Record<'static>> {
        match &self.entry {
            Some(Entry::Record(record)) => Some(record),
            _ => None,
        }
    }

    fn mark(&self) -> Option<&MarkedRecord<'static>> {
        match &self.entry {
            Some(Entry::Mark(marked)) => Some(marked),
            _ => None,
        }
    }

    /// Whence it came: rows of files have a number; decisions on cases are sent by nobody.
    fn source(&self) -> String {
        match self.told.row {
            0 => "由办理结果记入".to_owned(),
            row => format!("来自 {} 收到的文件，第 {row} 行", china_time::display(self.told.stored_at)),
        }
    }

    fn title(&self) -> &'static str {
        match &self.entry {
            Some(Entry::Record(_)) => "报送或更正",
            Some(Entry::Mark(MarkedRecord { mark: Mark::Cancellation(_), .. })) => "取消修复、撤销或移出",
            Some(Entry::Mark(marked)) => marked.mark.kind().title(),
            Some(Entry::Subject(_) | Entry::Manifest(_)) | None => "其他",
        }
    }
}

/// The steps of a record, all of them.
async fn steps(asked: &PageRequest<'_>, record: RecordId, reason: Option<LookReason>) -> Result<Vec<Step>, Problem> {
    let mut steps = vec![];
    let mut cursor = None;
    loop {
        let history = asked.api().ask(&HISTORY, &RecordPath { id: record }, &HistoryQuery { cursor, reason }).await?;
        steps.extend(history.page.items.into_iter().map(Step::of));
        cursor = history.page.next;
        if cursor.is_none() {
            return Ok(steps);
        }
    }
}

/// A record as it is now.
pub(crate) async fn current(asked: &PageRequest<'_>, record: RecordId) -> Result<Option<Record<'static>>, Problem> {
    let steps = steps(asked, record, None).await?;
    Ok(steps.iter().rev().find_map(Step::record).cloned())
}

/// The record's history, the newest first, and what of it can be taken back.
pub(crate) async fn page(asked: &PageRequest<'_>, desk: &Desk, id: &str) -> Result<HttpResponse, Problem> {
    history(asked, desk, parse_segment(id)?, &Form::default(), None).await
}

/// Takes a repair, withdrawal or removal back.
pub(crate) async fn cancel(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let wanted = sent.value("mark").map(|mark| {
        let cause = sent.text("cause").to_owned();
        CancellationRequest { mark, cause, document: None, date: None }
    });
    let fields = [("reason", "cause"), ("mark", "mark"), ("form-unfit", "mark"), ("date", "mark")];
    done(asked, parse_segment(id)?, &CANCEL, wanted, &fields).await
}

/// Sets how grave a record is.
pub(crate) async fn classify(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let wanted =
        sent.value("severity").map(|severity| SeverityRequest { severity, cause: sent.text("why").to_owned() });
    let fields = [("reason", "why"), ("severity", "severity"), ("form-unfit", "severity")];
    done(asked, parse_segment(id)?, &CLASSIFY, wanted, &fields).await
}

/// Does something with a record, and shows it again; with the form as it was sent when it is refused.
async fn done<B: Serialize, A: DeserializeOwned>(
    asked: &PageRequest<'_>,
    record: RecordId,
    endpoint: &Endpoint<RecordPath, (), B, A>,
    wanted: Result<B, Problem>,
    fields: &[(&str, &'static str)],
) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let answered = match wanted {
        Ok(body) => asked.api().submit(endpoint, &RecordPath { id: record }, &body, sent.text("once")).await.map(drop),
        Err(problem) => Err(problem),
    };
    match answered {
        Ok(()) => Ok(HttpResponse::see_other(&format!("/portal/unit/records/{record}"))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => history(asked, &Desk::own(), record, sent, Some(&FormFault::of(problem, fields))).await,
    }
}

/// The marks of a record that can be taken back: the last step of each kind is no cancellation.
fn standing(steps: &[Step]) -> Vec<MarkKind> {
    let stands = |kind: &MarkKind| {
        let last = steps.iter().filter_map(Step::mark).rfind(|marked| marked.mark.kind() == *kind);
        last.is_some_and(|last| !last.mark.is_cancellation())
    };
    MarkKind::ALL.into_iter().filter(stands).collect()
}

async fn history(
    asked: &PageRequest<'_>,
    desk: &Desk,
    record: RecordId,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let reason = desk.reason(asked)?;
    let steps = steps(asked, record, reason).await?;
    for step in &steps {
        desk.has(Some(step.told.unit))?;
    }
    let marks = standing(&steps);
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "记录的全部变动" }
        (desk.told(reason))
        @for step in steps.iter().rev() { (line(step)) }
        @if desk.acts() {
            @if !marks.is_empty() { (cancelling(asked, record, &marks, &fields)) }
            (classifying(asked, record, marks.is_empty(), &fields))
        }
        p { a href=(desk.address("records")) { "查找另一条记录" } }
        (desk.back("timeliness", "时效"))
    };
    let status = fault.map_or(200, FormFault::status);
    let view =
        View { title: "记录的全部变动", path: desk.tab("/portal/unit/timeliness"), status, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

fn line(step: &Step) -> Markup {
    let told = &step.told;
    let fields = match &step.entry {
        Some(Entry::Record(record)) => of_record(record),
        Some(Entry::Mark(marked)) => of_mark(marked),
        Some(Entry::Subject(_) | Entry::Manifest(_)) | None => vec![],
    };
    html! {
        article.record {
            h2 { (china_time::display(told.stored_at)) " " (step.title()) }
            p.hint { (step.source()) }
            @if step.entry.is_none() { p { "这一变动的内容无法识别，请联系平台并告知其位置：" (told.position) } }
            dl { @for (label, text) in fields { dt { (label) } dd { (text) } } }
        }
    }
}

fn cancelling(asked: &PageRequest<'_>, record: RecordId, marks: &[MarkKind], fields: &Fields<'_>) -> Markup {
    let marks: Vec<(&str, &str)> = marks.iter().map(|kind| (kind.code(), kind.title())).collect();
    html! {
        h2 { "取消有误的修复、撤销或移出" }
        p.hint { "取消后，记录恢复到此前的状态；已出具的报告核验时会提示有变化。" }
        (fields.summary())
        form action={ "/portal/unit/records/" (record) "/cancellation" } method="post" {
            (hidden(asked))
            (fields.radios("mark", "取消什么", &marks))
            (fields.area("cause", "事由", "记入记录的变动和日志。", true))
            button type="submit" { "取消" }
        }
    }
}

/// `alone`: no other form of the page says what is wrong.
fn classifying(asked: &PageRequest<'_>, record: RecordId, alone: bool, fields: &Fields<'_>) -> Markup {
    let classes = Severity::ALL.map(|severity| (severity.code(), severity.title()));
    html! {
        h2 { "设定失信程度" }
        p.hint { "《信用修复管理办法》允许本单位认定的，可以设定；最短、最长公示期随之改变，不影响报告是否列示。" }
        @if alone { (fields.summary()) }
        form action={ "/portal/unit/records/" (record) "/severity" } method="post" {
            (hidden(asked))
            (fields.radios("severity", "失信程度", &classes))
            (fields.area("why", "事由", "记入日志，当事人可见。", true))
            button type="submit" { "设定" }
        }
    }
}
