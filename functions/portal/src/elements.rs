//! Elements of pages: fields with their errors, badges, lists that go on.

use std::borrow::Cow;

use maud::{Markup, html};
use xinzheng_api::page::Page;
use xinzheng_api::page_problem::{FORM_REVIEW, FORM_UNFIT};
use xinzheng_api::problem::BODY_UNREADABLE;
use xinzheng_api::report::ReportSummary;
use xinzheng_domain::case::attachment::Attachment;
use xinzheng_domain::case::commitment::CommitmentState;
use xinzheng_domain::case::grant::GrantState;
use xinzheng_domain::case::living_code::LivingState;
use xinzheng_domain::case::objection::ObjectionState;
use xinzheng_domain::case::repair_application::RepairState;
use xinzheng_domain::{Catalogue, Period, Purpose, ReportStatus};
use xinzheng_runtime::Problem;

use crate::PageRequest;
use crate::cookie_cipher::random_text;
use crate::form::Form;
use crate::frame;

/// Why a form was not taken, and which of its fields that is about.
#[derive(Debug)]
pub(crate) struct FormFault {
    field: Cow<'static, str>,
    problem: Box<Problem>,
}

impl FormFault {
    /// By the problem's code: the first of `fields` (beginning of a code, name of a field) that fits; else the form itself.
    pub(crate) fn of(problem: Problem, fields: &[(&str, &'static str)]) -> Self {
        // What the API says of JSON helps nobody who filled in a form.
        let problem = if problem.is(BODY_UNREADABLE) { FORM_UNFIT.into() } else { problem };
        let code = problem.code().to_owned();
        let field = fields.iter().find(|(begin, _)| code.starts_with(begin)).map_or("", |(_, field)| *field);
        Self { field: Cow::Borrowed(field), problem: Box::new(problem) }
    }

    /// The same at another field.
    pub(crate) fn at(self, field: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), ..self }
    }

    /// Which field the API says that it is about: a JSON Pointer.
    pub(crate) fn pointer(&self) -> Option<&str> {
        self.problem.field()
    }

    /// True when it is about this field.
    pub(crate) fn is_about(&self, field: &str) -> bool {
        self.field == field
    }

    /// The status of the page.
    pub(crate) fn status(&self) -> u16 {
        self.problem.status()
    }
}

/// The fields of a form, as they were filled in, with what is wrong.
pub(crate) struct Fields<'f> {
    pub(crate) form: &'f Form,
    pub(crate) fault: Option<&'f FormFault>,
}

impl Fields<'_> {
    /// What stands above the form: what is wrong, and a way to the field.
    pub(crate) fn summary(&self) -> Markup {
        html! {
            @if let Some(FormFault { field, problem }) = self.fault {
                div.notice.fault role="alert" {
                    strong { (problem.title()) }
                    @if let Some(detail) = problem.detail_text() { p { (detail) } }
                    @if let Some(hint) = problem.hint_text() { p { (hint) "。" } }
                    @if !field.is_empty() { p { a href={ "#" (field) } { "前往填写处" } } }
                }
            }
        }
    }

    pub(crate) fn wrong(&self, name: &str) -> Option<&Problem> {
        self.fault.filter(|fault| fault.field == name).map(|fault| &*fault.problem)
    }

    /// The ids of what describes a field, when anything does.
    fn describing_ids(&self, name: &str, hint: &str) -> Option<String> {
        let hint = (!hint.is_empty()).then(|| format!("{name}-hint"));
        let error = self.wrong(name).map(|_| format!("{name}-error"));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn around(&self, name: &str, label: &str, hint: &str, control: Markup) -> Markup {
        html! {
            div.field {
                label for=(name) { (label) }
                (control)
                @if !hint.is_empty() { p.hint id={ (name) "-hint" } { (hint) } }
                @if let Some(problem) = self.wrong(name) { p.error id={ (name) "-error" } { "⚠ " (problem.title()) } }
            }
        }
    }

    /// A line of text, a date, a number.
    pub(crate) fn input(&self, kind: &str, name: &str, label: &str, hint: &str, required: bool) -> Markup {
        let control = html! {
            input id=(name) name=(name) type=(kind) value=(self.form.text(name)) required[required] autocomplete="off"
                aria-describedby=[self.describing_ids(name, hint)] aria-invalid=[self.wrong(name).map(|_| "true")];
        };
        self.around(name, label, hint, control)
    }

    /// Some lines of text.
    pub(crate) fn area(&self, name: &str, label: &str, hint: &str, required: bool) -> Markup {
        let control = html! {
            textarea id=(name) name=(name) rows="5" required[required]
                aria-describedby=[self.describing_ids(name, hint)] aria-invalid=[self.wrong(name).map(|_| "true")] {
                (self.form.text(name))
            }
        };
        self.around(name, label, hint, control)
    }

    /// One of some.
    pub(crate) fn select<'o>(
        &self,
        name: &str,
        label: &str,
        hint: &str,
        options: impl IntoIterator<Item = (&'o str, &'o str)>,
    ) -> Markup {
        let control = html! {
            select id=(name) name=(name)
                aria-describedby=[self.describing_ids(name, hint)] aria-invalid=[self.wrong(name).map(|_| "true")] {
                @for (value, text) in options {
                    option value=(value) selected[self.form.has(name, value)] { (text) }
                }
            }
        };
        self.around(name, label, hint, control)
    }

    /// That whoever fills it in has looked once more: asked before what cannot be undone.
    pub(crate) fn sure(&self, text: &str) -> Markup {
        self.confirmed(text, true)
    }

    /// The same where one of several choices asks for it.
    pub(crate) fn sure_of_one(&self, text: &str) -> Markup {
        self.confirmed(text, false)
    }

    fn confirmed(&self, text: &str, required: bool) -> Markup {
        html! {
            fieldset id="sure" aria-describedby=[self.wrong("sure").map(|_| "sure-error")] {
                legend.sr { "确认" }
                label { input type="checkbox" name="sure" value="yes" required[required]; (text) }
                @if let Some(problem) = self.wrong("sure") { p.error id="sure-error" { "⚠ " (problem.title()) } }
            }
        }
    }

    /// One of a few, all of them to be seen.
    pub(crate) fn radios(&self, name: &str, legend: &str, options: &[(&str, &str)]) -> Markup {
        html! {
            fieldset id=(name) aria-describedby=[self.wrong(name).map(|_| format!("{name}-error"))] {
                legend { (legend) }
                @for (value, text) in options {
                    label { input type="radio" name=(name) value=(value) required checked[self.form.has(name, value)]; (text) }
                }
                @if let Some(problem) = self.wrong(name) { p.error id={ (name) "-error" } { "⚠ " (problem.title()) } }
            }
        }
    }
}

/// The hidden fields of a form that changes something: the visitor's token, and a mark by which it is done once however
/// often it is sent.
pub(crate) fn hidden(asked: &PageRequest<'_>) -> Markup {
    // What is shown once more after its time is done once with what it was, however often somebody goes back to it.
    let once = match asked.form.filled("once") {
        Some(once) if asked.review => once.to_owned(),
        _ => random_text().unwrap_or_default(),
    };
    html! { (frame::token(&asked.visitor)) input type="hidden" name="once" value=(once); }
}

/// A state in a word, told by its text and not by its colour alone.
pub(crate) fn badge(class: &str, text: &str) -> Markup {
    html! { span.badge.(class) { (text) } }
}

/// That a page of a list that was narrowed has nothing: at all, or of what was looked through so far.
pub(crate) fn nothing<T>(page: &Page<T>, at_all: &str, so_far: &str) -> Markup {
    html! { @if page.items.is_empty() { p { (if page.next.is_some() { so_far } else { at_all }) } } }
}

/// The way to the next page of a list.
pub(crate) fn pager(address: &str, next: Option<&str>) -> Markup {
    let join = if address.contains('?') { "&" } else { "?" };
    html! {
        @if let Some(next) = next {
            p.pager { a.button.quiet href={ (address) (join) (crate::form::query([("cursor", next)])) } { "更早的" } }
        }
    }
}

/// The field that says what a form of one button does, for whoever sees it again after signing in.
const DOING: &str = "doing";

/// What was to be done with one button and was not, since the session was over: the same button once more.
pub(crate) fn undone(asked: &PageRequest<'_>, page: &str) -> Option<Markup> {
    let doing = asked.form.filled(DOING)?;
    let own = ["csrf", "once"];
    Some(html! {
        h1 { (FORM_REVIEW.title) }
        p { "“" (doing) "”还没有完成。" }
        form.plain action={ "/portal/" (page) } method="post" {
            (hidden(asked))
            @for (name, value) in asked.form.fields().iter().filter(|(name, _)| !own.contains(&name.as_str())) {
                input type="hidden" name=(name) value=(value);
            }
            button type="submit" { (doing) }
        }
        p { a href="/portal/home" { "不做了，返回首页" } }
    })
}

/// A button that is a form of its own.
pub(crate) fn act(asked: &PageRequest<'_>, action: &str, text: &str, class: &str, fields: &[(&str, &str)]) -> Markup {
    html! {
        form.plain action=(action) method="post" {
            (hidden(asked))
            input type="hidden" name=(DOING) value=(text);
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            button class=(class) type="submit" { (text) }
        }
    }
}

/// A button for what cannot be undone: it asks once, also without scripts.
pub(crate) fn act_once(
    asked: &PageRequest<'_>,
    action: &str,
    text: &str,
    question: &str,
    fields: &[(&str, &str)],
) -> Markup {
    html! {
        details.once {
            summary.button.quiet { (text) }
            p { (question) }
            (act(asked, action, &format!("确认{text}"), "grave", fields))
        }
    }
}

/// The purposes of reports, by their codes, with what belongs to each (scheme, section 3(1)).
pub(crate) const PURPOSES: [(Purpose, &str, &str); 4] = [
    (Purpose::Commercial, "commercial", "商务经营：招投标、公共资源交易、产权交易、第三方评价等"),
    (Purpose::Financial, "financial", "金融：上市、再融资、并购重组、发行债券、信贷等"),
    (Purpose::Administrative, "administrative", "行政管理：行政审批、资质审核、政府采购、资金支持、评优评先等"),
    (Purpose::Other, "other", "其他依法依规可以适用的场景"),
];

/// All purposes to choose from.
pub(crate) fn purposes() -> Vec<(&'static str, &'static str)> {
    PURPOSES.iter().map(|(_, code, text)| (*code, *text)).collect()
}

/// The 39 domains to choose from, several at once: folded, with what is chosen.
pub(crate) fn domains(form: &Form, legend: &str, open: bool) -> Markup {
    html! {
        details.fold open[open] {
            summary { (legend) "：" span #domains-chosen { (chosen_domains(form)) } }
            (every_domain(form, legend))
        }
    }
}

/// Which domains a form has chosen, in words.
fn chosen_domains(form: &Form) -> String {
    let all = &Catalogue::get().domains;
    let chosen: Vec<&str> = all
        .iter()
        .filter(|domain| form.has("domain", &domain.id.number().to_string()))
        .map(|domain| domain.name.as_str())
        .collect();
    match chosen.len() {
        0 => "没有选择".to_owned(),
        count if count == all.len() => format!("全部 {count} 个"),
        count => {
            let named = chosen.iter().take(3).copied().collect::<Vec<_>>().join("、");
            format!("已选 {count} 个：{named}{}", if count > 3 { " 等" } else { "" })
        }
    }
}

fn every_domain(form: &Form, legend: &str) -> Markup {
    html! {
        fieldset #domain {
            legend.sr { (legend) }
            div.buttons {
                button.quiet type="button" data-domains="all" hidden { "全选" }
                button.quiet type="button" data-domains="none" hidden { "全不选" }
            }
            div.columns {
                @for domain in &Catalogue::get().domains {
                    @let number = domain.id.number().to_string();
                    label { input type="checkbox" name="domain" value=(number) checked[form.has("domain", &number)]; (domain.name) }
                }
            }
        }
    }
}

/// Ticks every domain in a form.
pub(crate) fn all_domains() -> impl Iterator<Item = (&'static str, String)> {
    Catalogue::get().domains.iter().map(|domain| ("domain", domain.id.number().to_string()))
}

/// Where proof is attached by a script, with what was attached before the form came back; without one, proof is described
/// in the text.
pub(crate) fn attaching(filled: &Form) -> Markup {
    let attached = filled.all("attachment").zip(filled.all("attachment-name"));
    html! {
        div.field data-attach hidden {
            label for="attach" { "附件（选填）" }
            input #attach type="file" multiple accept="application/pdf,image/jpeg,image/png" aria-describedby="attach-hint";
            p.hint #attach-hint { "PDF、JPEG 或 PNG，每个不超过 10 MB，最多五个。" }
            ul {
                @for (id, name) in attached {
                    li {
                        (name)
                        input type="hidden" name="attachment" value=(id);
                        input type="hidden" name="attachment-name" value=(name);
                    }
                }
            }
            p role="status" {}
        }
        noscript { p.hint { "浏览器停用了脚本，不能上传附件；请在文字中写明，责任单位会与您联系。" } }
    }
}

/// How many records a report has, with measures in force apart.
pub(crate) fn found(summary: &ReportSummary) -> String {
    match summary.in_force {
        0 => format!("记录 {} 条", summary.records),
        in_force => format!("记录 {} 条，期前作出、仍有效的措施 {in_force} 项", summary.records),
    }
}

/// A period.
pub(crate) fn period(period: &Period) -> Markup {
    html! { (period.from()) " 至 " (period.to()) }
}

/// The version of a case, as a change has to name it (RFC 9110, 8.8.3).
pub(crate) fn version(version: u32) -> String {
    format!("\"{version}\"")
}

/// How a report stands.
pub(crate) fn report_badge(status: ReportStatus) -> Markup {
    match status {
        ReportStatus::Valid => badge("good", "✓ 内容未变"),
        ReportStatus::Superseded => badge("warn", "↻ 已有新报告"),
        ReportStatus::Supplemented => badge("warn", "! 有新归集的记录"),
        ReportStatus::Affected => badge("warn", "! 内容有变化"),
        ReportStatus::Withdrawn => badge("bad", "✗ 已收回"),
    }
}

/// A state of a case, commitment or grant, as a badge shows it.
pub(crate) trait State {
    /// The class of its badge.
    fn class(self) -> &'static str;
}

impl State for ObjectionState {
    fn class(self) -> &'static str {
        match self {
            Self::Submitted | Self::Accepted => "warn",
            Self::Upheld => "good",
            Self::Rejected | Self::Withdrawn => "soft",
        }
    }
}

impl State for RepairState {
    fn class(self) -> &'static str {
        match self {
            Self::Submitted => "warn",
            Self::Granted => "good",
            Self::Refused | Self::Withdrawn => "soft",
        }
    }
}

impl State for CommitmentState {
    fn class(self) -> &'static str {
        match self {
            Self::Made => "warn",
            Self::Kept => "good",
            Self::Broken | Self::False => "bad",
            Self::Lifted => "soft",
        }
    }
}

impl State for LivingState {
    fn class(self) -> &'static str {
        match self {
            Self::Active => "good",
            Self::Ended | Self::Expired => "soft",
        }
    }
}

impl State for GrantState {
    fn class(self) -> &'static str {
        match self {
            Self::Active => "good",
            Self::Spent | Self::Expired | Self::Revoked => "soft",
        }
    }
}

/// How a case, commitment or grant stands.
pub(crate) fn state_badge(state: impl State, title: &str) -> Markup {
    badge(state.class(), title)
}

/// The attachments of a case, under its address.
pub(crate) fn attachments(attachments: &[Attachment], address: &str) -> Markup {
    html! {
        @if !attachments.is_empty() {
            dt { "附件" }
            dd { ul { @for one in attachments { li { a href={ (address) "/" (one.id) } { (one.name) } } } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use xinzheng_api::problem::{DOMAIN_MISSING, INTERNAL};

    use super::*;

    #[test]
    fn a_problem_stands_at_its_field_and_what_the_api_says_of_json_is_said_of_the_form() {
        let fields = [("form-unfit", "from"), ("domain-", "domain")];
        for (problem, expected) in [
            (BODY_UNREADABLE, ("from", FORM_UNFIT)),
            (FORM_UNFIT, ("from", FORM_UNFIT)),
            (DOMAIN_MISSING, ("domain", DOMAIN_MISSING)),
            (INTERNAL, ("", INTERNAL)),
        ] {
            let FormFault { field, problem } = FormFault::of(problem.into(), &fields);
            assert_eq!((field.as_ref(), *problem), (expected.0, expected.1.into()));
        }
    }
}
