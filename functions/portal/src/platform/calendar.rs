//! `/portal/platform/calendar`: the working days that deadlines are counted by (R20).

use maud::html;
use serde_json::{Value, json};
use xinzheng_runtime::{HttpResponse, Problem};

use crate::Asked;
use crate::elements::{Fields, FormFault, hidden};
use crate::form::{Form, segment};
use crate::frame::{self, View};
use crate::said::Said;

/// The years, and one of them in the editor.
pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    form(asked, None, None).await
}

fn days(list: &[Value]) -> String {
    list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

async fn form(asked: &Asked<'_>, filled: Option<&Form>, fault: Option<&FormFault>) -> Result<HttpResponse, Problem> {
    let calendar = asked.api().get("/config/calendar").await?;
    let years = calendar.at("years").as_object();
    let last = years.into_iter().flat_map(|years| years.keys()).max().and_then(|year| year.parse::<i16>().ok());
    let next = last.map(|year| (year + 1).to_string()).unwrap_or_default();
    let chosen = asked.query.filled("year").unwrap_or(&next).to_owned();
    let loaded;
    let filled = match filled {
        Some(filled) => filled,
        None => {
            let year = calendar.at("years").at(&chosen);
            loaded = Form::with([
                ("year", chosen.clone()),
                ("weekdays_off", days(year.list("weekdays_off"))),
                ("weekends_worked", days(year.list("weekends_worked"))),
                ("version", format!("\"{}\"", year.count("version"))),
            ]);
            &loaded
        }
    };
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "工作日历" }
        p { "异议反馈、报送时效等期限按国务院办公厅公布的节假日计算。现有日历到 " strong { (calendar.text("known_until")) } "；超出日历的期限暂按周末和固定节假日计算并注明，更新日历后重新计算。" }
        @if let Some(warning) = calendar.filled("warning") { div.notice.fault role="alert" { p { strong { (warning) } } } }
        ul.cards {
            @for (year, days) in years.into_iter().flatten() {
                li.card {
                    h2 { (year) }
                    p { "放假的工作日 " (days.list("weekdays_off").len()) " 天，上班的周末 " (days.list("weekends_worked").len()) " 天。" }
                    p { a href={ "/portal/platform/calendar?year=" (year) "#edit" } { "查看和修改" } }
                }
            }
        }
        h2 #edit { (filled.text("year")) " 年" }
        (fields.summary())
        form action="/portal/platform/calendar" method="post" {
            (hidden(asked))
            input type="hidden" name="version" value=(filled.text("version"));
            (fields.input("number", "year", "年份", "", true))
            (fields.area("weekdays_off", "放假的周一至周五", "每行一天，写作 2027-01-01。", false))
            (fields.area("weekends_worked", "上班的周六、周日", "每行一天。", false))
            button type="submit" { "保存" }
        }
    };
    let view = View {
        title: "工作日历",
        path: "/portal/platform/calendar",
        status: fault.map_or(200, FormFault::status),
        ..View::default()
    };
    Ok(frame::page(asked, &view, content))
}

/// Puts a year.
pub(crate) async fn put(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let listed = |name: &str| -> Vec<String> { sent.text(name).split_whitespace().map(str::to_owned).collect() };
    let body = json!({ "weekdays_off": listed("weekdays_off"), "weekends_worked": listed("weekends_worked") });
    let path = format!("/config/calendar/{}", segment(sent.text("year")));
    match asked.api().put(&path, &body, sent.text("version")).await {
        Ok(_) => Ok(HttpResponse::see_other(&format!("/portal/platform/calendar?year={}", segment(sent.text("year"))))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => {
            let fault =
                FormFault::of(problem, &[("year", "year"), ("calendar", "weekdays_off"), ("body", "weekdays_off")]);
            form(asked, Some(sent), Some(&fault)).await
        }
    }
}
