//! `/portal/unit/records/{id}`: every revision of a record, and what of it can be corrected.

use maud::html;
use serde_json::{Value, json};
use xinzheng_domain::publicity::Severity;
use xinzheng_domain::record::MarkKind;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::{Fields, FormFault, hidden};
use crate::form::{Form, segment};
use crate::frame::{self, View};
use crate::said::Said;

/// Fields of a record that a decision may correct, by their place, and what annex 3 calls them.
const CORRECTABLE: [(&str, &str); 28] = [
    ("decided", "决定日期"),
    ("authority/name", "机关"),
    ("details/violation", "违法行为类型"),
    ("details/facts", "违法事实"),
    ("details/basis", "依据"),
    ("details/content", "内容"),
    ("details/fine", "罚款金额（万元）"),
    ("details/confiscated", "没收金额（万元）"),
    ("details/licence", "暂扣或吊销证照名称及编号"),
    ("details/valid_until", "处罚有效期"),
    ("details/published_until", "公示截止期"),
    ("details/category", "强制种类"),
    ("details/cause", "事由"),
    ("details/lifted", "解除日期"),
    ("details/list", "名单名称"),
    ("details/offence", "罪名"),
    ("details/document_type", "裁判文书类型"),
    ("details/outcome", "裁判结果"),
    ("details/effective", "生效日期"),
    ("details/removal/date", "移出日期"),
    ("details/removal/cause", "移出事由"),
    ("remarks", "备注"),
    ("id", "记录编号"),
    ("document", "文号"),
    ("domain", "领域"),
    ("unit", "报送单位"),
    ("subject/name", "主体名称"),
    ("subject/legal_representative", "法定代表人"),
];
/// How many of them, from the front, can be corrected; the others are shown alone.
const OPEN: usize = 22;
/// What a 修复, 撤销 or 移出 says besides, by its place.
const OF_A_MARK: [(&str, &str); 5] =
    [("of", "原决定书文号"), ("authority", "作出机关"), ("date", "日期"), ("content", "修复内容"), ("cause", "事由")];

/// Place, label and present value of what can be corrected in a record.
pub(crate) fn correctable(record: &Value) -> Vec<(&'static str, &'static str, String)> {
    let open = CORRECTABLE.iter().take(OPEN);
    open.filter_map(|(place, label)| Some((*place, *label, text_at(record, place)?))).collect()
}

fn text_at(record: &Value, place: &str) -> Option<String> {
    match record.pointer(&format!("/{place}"))? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The steps of a record, all of them.
async fn steps(asked: &Asked<'_>, id: &str) -> Result<Vec<Value>, Problem> {
    let mut steps: Vec<Value> = vec![];
    let mut cursor = String::new();
    loop {
        let path = format!("/records/{}/history?{}", segment(id), crate::form::query([("cursor", cursor.as_str())]));
        let page = asked.api().get(&path).await?;
        steps.extend_from_slice(page.list("steps"));
        match page.filled("next") {
            Some(next) => cursor = next.to_owned(),
            None => return Ok(steps),
        }
    }
}

/// A record as it is now.
pub(crate) async fn current(asked: &Asked<'_>, id: &str) -> Result<Value, Problem> {
    let steps = steps(asked, id).await?;
    let last = steps.iter().rev().map(|step| step.at("entry")).find(|entry| entry.text("entry") == "record");
    Ok(last.map(|entry| entry.at("value").clone()).unwrap_or_default())
}

/// The record's history, the newest first, and what of it can be taken back.
pub(crate) async fn page(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    history(asked, id, &Form::default(), None).await
}

/// Takes a repair, withdrawal or removal back.
pub(crate) async fn cancel(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let body = json!({ "mark": asked.form.text("mark"), "cause": asked.form.text("cause") });
    let fields = [("reason", "cause"), ("mark", "mark"), ("body", "mark"), ("date", "mark")];
    done(asked, id, "cancellation", &body, &fields).await
}

/// Sets how grave a record is.
pub(crate) async fn classify(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let body = json!({ "severity": asked.form.text("severity"), "cause": asked.form.text("why") });
    let fields = [("reason", "why"), ("severity", "severity"), ("body", "severity")];
    done(asked, id, "severity", &body, &fields).await
}

/// Does something with a record, and shows it again; with the form as it was sent when it is refused.
async fn done(
    asked: &Asked<'_>,
    id: &str,
    step: &str,
    body: &Value,
    fields: &[(&str, &'static str)],
) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let path = format!("/records/{}/{step}", segment(id));
    match asked.api().post(&path, body, sent.text("once"), "").await {
        Ok(_) => Ok(HttpResponse::see_other(&format!("/portal/unit/records/{}", segment(id)))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => history(asked, id, sent, Some(&FormFault::of(problem, fields))).await,
    }
}

/// The marks of a record that can be taken back: the last step of each kind is no cancellation.
fn standing(steps: &[Value]) -> Vec<(&'static str, &'static str)> {
    let marks = || steps.iter().map(|step| step.at("entry")).filter(|entry| entry.text("entry") == "mark");
    let has = |kind: &str| {
        let of_kind = |value: &&Value| value.text("mark") == kind || value.text("cancels") == kind;
        marks().map(|entry| entry.at("value")).rfind(of_kind).is_some_and(|last| last.text("mark") == kind)
    };
    MarkKind::ALL.into_iter().filter(|kind| has(kind.code())).map(|kind| (kind.code(), kind.title())).collect()
}

async fn history(
    asked: &Asked<'_>,
    id: &str,
    filled: &Form,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let steps = steps(asked, id).await?;
    let marks = standing(&steps);
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "记录的全部变动" }
        @for step in steps.iter().rev() {
            @let entry = step.at("entry");
            @let value = entry.at("value");
            article.record {
                h2 { (step.time("stored_at")) " " (kind(entry)) }
                p.hint { "来自批次 " (step.text("batch")) " 第 " (step.count("row")) " 行" }
                dl {
                    @for (place, label) in CORRECTABLE {
                        @if let Some(text) = text_at(value, place) { dt { (label) } dd { (text) } }
                    }
                    @if entry.text("entry") == "mark" {
                        @for (place, label) in OF_A_MARK {
                            @if let Some(text) = text_at(value, place) { dt { (label) } dd { (text) } }
                        }
                    }
                }
            }
        }
    };
    let content = html! {
        (content)
        @if !marks.is_empty() {
            h2 { "取消有误的修复、撤销或移出" }
            p.hint { "取消后，记录恢复到此前的状态；已出具的报告核验时会提示有变化。" }
            (fields.summary())
            form action={ "/portal/unit/records/" (segment(id)) "/cancellation" } method="post" {
                (hidden(asked))
                (fields.radios("mark", "取消什么", &marks))
                (fields.area("cause", "事由", "记入记录的变动和日志。", true))
                button type="submit" { "取消" }
            }
        }
    };
    let classes = Severity::ALL.map(|severity| (severity.code(), severity.title()));
    let content = html! {
        (content)
        h2 { "设定失信程度" }
        p.hint { "《信用修复管理办法》允许本单位认定的，可以设定；最短、最长公示期随之改变，不影响报告是否列示。" }
        @if marks.is_empty() { (fields.summary()) }
        form action={ "/portal/unit/records/" (segment(id)) "/severity" } method="post" {
            (hidden(asked))
            (fields.radios("severity", "失信程度", &classes))
            (fields.area("why", "事由", "记入日志，当事人可见。", true))
            button type="submit" { "设定" }
        }
    };
    let status = fault.map_or(200, FormFault::status);
    let view = View { title: "记录的全部变动", path: "/portal/unit/timeliness", status, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

fn kind(entry: &Value) -> &'static str {
    match entry.text("entry") {
        "record" => "报送或更正",
        "mark" => match entry.at("value").text("mark") {
            "cancellation" => "取消修复、撤销或移出",
            mark => {
                let kind = MarkKind::ALL.into_iter().find(|kind| kind.code() == mark);
                kind.map_or("修复、撤销或移出", MarkKind::title)
            }
        },
        _ => "其他",
    }
}
