//! `/portal/platform/calendar`: the working days that deadlines are counted by (R20).

use std::collections::BTreeSet;

use jiff::civil::Date;
use maud::html;
use xinzheng_api::calendar::{PUT, READ, YearNumber, YearPath};
use xinzheng_api::page_problem::FORM_UNFIT;
use xinzheng_domain::workday::Year;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{Fields, FormFault, hidden, version};
use crate::form::{Form, parse_segment};
use crate::frame::{self, View};

/// The years, and one of them in the editor.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    form(asked, None, None).await
}

fn days(listed: &BTreeSet<Date>) -> String {
    listed.iter().map(Date::to_string).collect::<Vec<_>>().join("\n")
}

async fn form(
    asked: &PageRequest<'_>,
    filled: Option<&Form>,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let calendar = asked.api().ask(&READ, &(), &()).await?;
    let last = calendar.years.keys().max().and_then(|year| year.parse::<i16>().ok());
    let next = last.map(|year| (year + 1).to_string()).unwrap_or_default();
    let chosen = asked.query.filled("year").unwrap_or(&next).to_owned();
    let loaded;
    let filled = match filled {
        Some(filled) => filled,
        None => {
            let year = calendar.years.get(&chosen);
            loaded = Form::with([
                ("year", chosen.clone()),
                ("weekdays_off", year.map_or_else(String::new, |year| days(&year.weekdays_off))),
                ("weekends_worked", year.map_or_else(String::new, |year| days(&year.weekends_worked))),
                ("version", version(year.map_or(0, |year| year.version))),
            ]);
            &loaded
        }
    };
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "工作日历" }
        p { "异议反馈、报送时效等期限按国务院办公厅公布的节假日计算。现有日历到 " strong { @if let Some(day) = calendar.known_until { (day) } } "；超出日历的期限暂按周末和固定节假日计算并注明，更新日历后重新计算。" }
        @if let Some(warning) = &calendar.warning { div.notice.fault role="alert" { p { strong { (warning) } } } }
        ul.cards {
            @for (year, days) in &calendar.years {
                li.card {
                    h2 { (year) }
                    p { "放假的工作日 " (days.weekdays_off.len()) " 天，上班的周末 " (days.weekends_worked.len()) " 天。" }
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

/// Which year the form is about, and what it says of it.
fn wanted(sent: &Form) -> Result<(YearPath, Year), Problem> {
    let days = |name: &str| -> Result<BTreeSet<Date>, Problem> {
        sent.text(name).split_whitespace().map(|day| day.parse().map_err(|_| FORM_UNFIT.into())).collect()
    };
    let year = YearPath { year: parse_segment::<YearNumber>(sent.text("year"))? };
    Ok((year, Year { weekdays_off: days("weekdays_off")?, weekends_worked: days("weekends_worked")? }))
}

async fn sent_on(asked: &PageRequest<'_>) -> Result<i16, Problem> {
    let (path, year) = wanted(&asked.form)?;
    asked.api().change(&PUT, &path, &year, "", asked.form.text("version")).await?;
    Ok(path.year.0)
}

/// Puts a year.
pub(crate) async fn put(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    match sent_on(asked).await {
        Ok(year) => Ok(HttpResponse::see_other(&format!("/portal/platform/calendar?year={year}"))),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => {
            let fault = FormFault::of(
                problem,
                &[("year", "year"), ("calendar", "weekdays_off"), ("form-unfit", "weekdays_off")],
            );
            form(asked, Some(&asked.form), Some(&fault)).await
        }
    }
}
