//! The parts of the report, in their order.

use std::collections::BTreeSet;

use xinzheng_domain::china_time::{display, long_date};
use xinzheng_domain::report::Counts;
use xinzheng_domain::standing::StandingRecord;
use xinzheng_domain::{DomainId, RecordKind, ReportContent, SubjectId, VerificationCode};

use crate::flow::{Align, Cell, Flow, Style};
use crate::fonts::{Fonts, Weight};
use crate::record_fields::{self, REPAIRED};
use crate::sheet::{BLACK, BLUE, BOTTOM, Bookmark, GREEN, GREY, GROUND, MARGIN, MEASURE, RULE, Sheet, TOP};
use crate::template::Template;
use crate::{RenderError, qr};

const BODY: Style = Style::new(9.5, Weight::Regular, BLACK);
const STRONG: Style = Style::new(9.5, Weight::Bold, BLACK);
const LABEL: Style = Style::new(9.0, Weight::Regular, GREY);
const HEADING: Style = Style::new(13.0, Weight::Bold, BLUE);
const DOMAIN: Style = Style::new(10.5, Weight::Bold, BLUE);
const HEAD_CELL: Style = Style::new(8.5, Weight::Bold, BLUE);
const SMALL: Style = Style::new(8.0, Weight::Regular, GREY);
const TABLE: Style = Style::new(9.0, Weight::Regular, BLACK);
const TABLE_STRONG: Style = Style::new(9.0, Weight::Bold, BLACK);
const TABLE_GREY: Style = Style::new(9.0, Weight::Regular, GREY);

/// The leading of the summary's rows: the whole of annex 1 stands on two pages.
const SUMMARY_LEADING: f32 = 11.4;

/// Pages with everything on them.
pub(crate) struct LaidOut {
    pub(crate) sheets: Vec<Sheet>,
    pub(crate) bookmarks: Vec<Bookmark>,
    pub(crate) missing: BTreeSet<char>,
}

/// Sets the whole report on pages.
pub(crate) fn lay_out(
    content: &ReportContent,
    code: &VerificationCode,
    verification_url: &str,
    template: &Template,
    fonts: &Fonts,
) -> Result<LaidOut, RenderError> {
    let mut flow = Flow::new(fonts);
    cover(&mut flow, content, code, verification_url, template)?;
    subject(&mut flow, content, template);
    scope(&mut flow, content, template);
    summary(&mut flow, content, template);
    details(&mut flow, content, template);
    notes(&mut flow, content, verification_url, template);
    running_lines(&mut flow, content, template);
    Ok(LaidOut { sheets: flow.sheets, bookmarks: flow.bookmarks, missing: flow.missing })
}

/// Title, number, code and times at the left, the QR code at the right.
fn cover(
    flow: &mut Flow<'_>,
    content: &ReportContent,
    code: &VerificationCode,
    verification_url: &str,
    template: &Template,
) -> Result<(), RenderError> {
    let title = Style::new(23.0, Weight::Bold, BLUE);
    let subtitle = Style::new(12.5, Weight::Regular, GREY);
    let text = flow.drawable(&template.title);
    flow.line(&text, MARGIN, flow.y - 6.0, MEASURE, Align::Center, title);
    flow.y += 30.0;
    let text = flow.drawable(&template.subtitle);
    flow.line(&text, MARGIN, flow.y, MEASURE, Align::Center, subtitle);
    flow.y += 26.0;
    flow.area(MARGIN, flow.y, MEASURE, 1.6, BLUE);
    flow.area(MARGIN, flow.y + 3.0, MEASURE, 0.5, BLUE);
    flow.y += 16.0;

    let side = 88.0;
    let qr_x = MARGIN + MEASURE - side;
    qr::draw(flow, verification_url, qr_x, flow.y, side)?;
    let scan = flow.drawable(template.label("scan"));
    flow.line(&scan, qr_x, flow.y + side + 2.0, side, Align::Center, SMALL);
    flow.link(qr_x, flow.y, side, side);
    let rows = [
        ("number", content.number.to_string(), Weight::Bold),
        ("code", code.to_string(), Weight::Bold),
        ("issued_at", display(content.issued_at), Weight::Regular),
        ("data_as_of", display(content.data_as_of), Weight::Regular),
    ];
    for (index, (label, value, weight)) in rows.into_iter().enumerate() {
        let y = flow.y + 4.0 + 23.0 * index as f32;
        let label = flow.drawable(template.label(label));
        flow.line(&label, MARGIN + 2.0, y, 70.0, Align::Left, Style::new(10.0, Weight::Regular, GREY));
        flow.line(&value, MARGIN + 76.0, y, 280.0, Align::Left, Style::new(11.0, weight, BLACK));
    }
    flow.y += side + 22.0;
    Ok(())
}

fn heading(flow: &mut Flow<'_>, text: &str, keep: f32) {
    flow.space(14.0);
    flow.ensure(HEADING.leading + 6.0 + keep);
    flow.bookmark(text, 0);
    let text = flow.drawable(text);
    flow.area(MARGIN, flow.y + 3.2, 3.2, 13.6, BLUE);
    flow.line(&text, MARGIN + 10.0, flow.y, MEASURE, Align::Left, HEADING);
    flow.y += HEADING.leading + 5.0;
}

/// A row of label and value, or of two pairs.
fn pairs(flow: &mut Flow<'_>, pairs: &[(&str, &str)], resume: &mut dyn FnMut(&mut Flow<'_>)) {
    let label = 88.0;
    let widths: Vec<f32> = match pairs.len() {
        1 => vec![label, MEASURE - label],
        _ => vec![label, MEASURE / 2.0 - label, label, MEASURE / 2.0 - label],
    };
    let cells: Vec<Cell> = pairs
        .iter()
        .flat_map(|pair| [(pair.0, true), (pair.1, false)])
        .zip(&widths)
        .map(|((text, is_label), &width)| match is_label {
            true => flow.cell(text, width, LABEL, Align::Left, Some(GROUND)),
            false => flow.cell(text, width, TABLE, Align::Left, None),
        })
        .collect();
    flow.row(&cells, &widths, resume);
}

fn subject(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) {
    heading(flow, template.label("subject"), 60.0);
    let subject = &content.subject;
    let nothing = &mut |_: &mut Flow<'_>| {};
    pairs(flow, &[("名称", &subject.name)], nothing);
    match (&subject.id, &subject.registration) {
        (SubjectId::Organisation(uscc), Some(registration)) => {
            let uscc = uscc.to_string();
            pairs(flow, &[("统一社会信用代码", &uscc), ("主体类型", registration.register_type.title())], nothing);
            let representative = registration.legal_representative.as_str();
            pairs(flow, &[("法定代表人", representative), ("登记状态", registration.status.title())], nothing);
            pairs(flow, &[("登记机关", &registration.authority)], nothing);
            if let Some(address) = &registration.address {
                pairs(flow, &[("住所", address)], nothing);
            }
        }
        _ => {
            let number = subject.masked_id_number.as_deref().unwrap_or("—");
            pairs(flow, &[("主体类型", "自然人"), ("证件号码", number)], nothing);
        }
    }
}

fn scope(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) {
    heading(flow, template.label("scope"), 50.0);
    let period = format!("{}至{}", long_date(content.period.from()), long_date(content.period.to()));
    let nothing = &mut |_: &mut Flow<'_>| {};
    pairs(flow, &[("查询期间", &period), ("报告用途", content.purpose.title())], nothing);
    let domains = if content.domains.len() == DomainId::all().count() {
        format!("全部 {} 个领域", content.domains.len())
    } else {
        let names: Vec<&str> = content.domains.iter().map(|domain| domain.name()).collect();
        format!("{} 个领域：{}", names.len(), names.join("、"))
    };
    pairs(flow, &[("查询领域", &domains)], nothing);
}

/// Widths of the summary's columns: number, domain, unit, five kinds, sum.
const SUMMARY: [f32; 9] = [28.0, 110.0, 124.276, 34.0, 34.0, 56.0, 38.0, 34.0, 29.0];

fn summary_head(flow: &mut Flow<'_>) {
    // Broken where the words end.
    let kinds = ["行政\n处罚", "行政\n强制", "严重失信\n主体名单", "经营异\n常名录", "刑事\n裁判"];
    let texts = ["序号", "领域", "责任单位"].into_iter().chain(kinds).chain(["合计"]);
    let cells: Vec<Cell> = texts
        .zip(SUMMARY)
        .map(|(text, width)| flow.cell(text, width, Style { leading: 11.5, ..HEAD_CELL }, Align::Center, Some(GROUND)))
        .collect();
    flow.row(&cells, &SUMMARY, &mut |_| {});
}

fn summary(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) {
    let conclusion = conclusion(content, template);
    heading(flow, template.label("summary"), 110.0);
    flow.paragraph(&conclusion, 0.0, Style { size: 10.0, leading: 17.0, ..STRONG });
    flow.space(7.0);
    summary_head(flow);
    let mut totals = Counts::new();
    for (domain, counts) in content.counts() {
        for (kind, count) in &counts {
            *totals.entry(*kind).or_default() += count;
        }
        summary_row(flow, &domain.number().to_string(), domain.name(), domain.responsible_unit(), &counts, template);
    }
    summary_row(flow, "", "合计", "", &totals, template);
}

fn summary_row(flow: &mut Flow<'_>, number: &str, domain: &str, unit: &str, counts: &Counts, template: &Template) {
    let is_total = number.is_empty();
    let style = Style { leading: SUMMARY_LEADING, ..if is_total { TABLE_STRONG } else { TABLE } };
    let grey = Style { leading: SUMMARY_LEADING, ..TABLE_GREY };
    let strong = Style { leading: SUMMARY_LEADING, ..TABLE_STRONG };
    let ground = is_total.then_some(GROUND);
    let [number_width, domain_width, unit_width, kinds @ ..] = SUMMARY;
    let mut cells = vec![
        flow.cell(number, number_width, grey, Align::Center, ground),
        flow.cell(domain, domain_width, style, Align::Left, ground),
        flow.cell(unit, unit_width, style, Align::Left, ground),
    ];
    if counts.is_empty() && !is_total {
        let width: f32 = kinds.iter().sum();
        cells.push(flow.cell(&template.no_record, width, grey, Align::Center, None));
        flow.row(&cells, &[number_width, domain_width, unit_width, width], &mut summary_head);
        return;
    }
    let sum: usize = counts.values().sum();
    let values = RecordKind::ALL.iter().map(|kind| counts.get(kind).copied().unwrap_or(0)).chain([sum]);
    for (value, width) in values.zip(kinds) {
        let (text, style) = if value == 0 { ("0".to_owned(), grey) } else { (value.to_string(), strong) };
        cells.push(flow.cell(&text, width, style, Align::Center, ground));
    }
    flow.row(&cells, &SUMMARY, &mut summary_head);
}

fn conclusion(content: &ReportContent, template: &Template) -> String {
    if content.records.is_empty() {
        return template.conclusion_none.clone();
    }
    let domains = content.counts().iter().filter(|(_, counts)| !counts.is_empty()).count();
    let repaired = content.records.iter().filter(|standing| standing.repair.is_some()).count();
    template
        .conclusion_some
        .replace("{count}", &content.records.len().to_string())
        .replace("{domains}", &domains.to_string())
        .replace("{repaired}", &repaired.to_string())
}

fn details(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) {
    heading(flow, template.label("details"), 150.0);
    if content.records.is_empty() {
        flow.paragraph(&template.no_details, 0.0, BODY);
        return;
    }
    let mut number = 0;
    for (domain, records) in content.by_domain() {
        if records.is_empty() {
            continue;
        }
        flow.ensure(DOMAIN.leading + 110.0);
        flow.bookmark(format!("{domain}（{}）", records.len()), 1);
        let title = format!("{domain}领域（{} 条）　责任单位：{}", records.len(), domain.responsible_unit());
        let title = flow.drawable(&title);
        flow.line(&title, MARGIN, flow.y, MEASURE, Align::Left, DOMAIN);
        flow.y += DOMAIN.leading + 3.0;
        for standing in records {
            number += 1;
            record(flow, number, standing);
        }
        flow.space(4.0);
    }
}

/// The head of a record: its number, kind and document, and whether it is repaired.
fn record_head(flow: &mut Flow<'_>, number: usize, standing: &StandingRecord, resumed: bool) {
    let record = &standing.record;
    let resumed = if resumed { "（续）" } else { "" };
    let text = format!("{number}．{}　{}{resumed}", record.kind().title(), record.document);
    if standing.repair.is_none() {
        let cell = flow.cell(&text, MEASURE, TABLE_STRONG, Align::Left, Some(GROUND));
        flow.row(&[cell], &[MEASURE], &mut |_| {});
        return;
    }
    let widths = [MEASURE - 60.0, 60.0];
    let cells = [
        flow.cell(&text, widths[0], TABLE_STRONG, Align::Left, Some(GROUND)),
        flow.cell(REPAIRED, widths[1], Style { ink: GREEN, ..TABLE_STRONG }, Align::Center, Some(GROUND)),
    ];
    flow.row(&cells, &widths, &mut |_| {});
}

fn record(flow: &mut Flow<'_>, number: usize, standing: &StandingRecord) {
    flow.ensure(96.0);
    record_head(flow, number, standing, false);
    let resume = &mut |flow: &mut Flow<'_>| record_head(flow, number, standing, true);
    let fields = record_fields::of(standing);
    let mut waiting: Option<&record_fields::Field> = None;
    for field in &fields {
        if field.wide {
            if let Some(alone) = waiting.take() {
                pairs(flow, &[(alone.label, &alone.value)], resume);
            }
            pairs(flow, &[(field.label, &field.value)], resume);
        } else if let Some(first) = waiting.take() {
            pairs(flow, &[(first.label, &first.value), (field.label, &field.value)], resume);
        } else {
            waiting = Some(field);
        }
    }
    if let Some(alone) = waiting {
        pairs(flow, &[(alone.label, &alone.value)], resume);
    }
    flow.space(9.0);
}

fn notes(flow: &mut Flow<'_>, content: &ReportContent, verification_url: &str, template: &Template) {
    heading(flow, template.label("notes"), 60.0);
    let style = Style { leading: 15.5, ..BODY };
    for (index, note) in template.notes.iter().enumerate() {
        flow.ensure(style.leading * 2.0);
        let marker = format!("{}.", index + 1);
        let top = flow.y;
        flow.line(&marker, MARGIN, top, 18.0, Align::Left, style);
        flow.paragraph(note, 18.0, style);
        flow.y += 2.5;
    }
    flow.ensure(34.0);
    flow.space(4.0);
    let label = flow.drawable("核验地址");
    flow.line(&label, MARGIN, flow.y, 60.0, Align::Left, LABEL);
    let style = Style { ink: BLUE, ..Style::new(9.0, Weight::Regular, BLUE) };
    for line in flow.broken(verification_url, MEASURE - 60.0, style) {
        flow.line(&line, MARGIN + 56.0, flow.y, MEASURE - 56.0, Align::Left, style);
        flow.y += style.leading;
    }
    flow.space(18.0);
    flow.ensure(52.0);
    let right = Style::new(11.0, Weight::Bold, BLACK);
    let issuer = flow.drawable(&template.issuer);
    flow.line(&issuer, MARGIN, flow.y, MEASURE - 10.0, Align::Right, right);
    flow.y += right.leading + 3.0;
    let date = long_date(xinzheng_domain::china_time::date(content.issued_at));
    flow.line(&date, MARGIN, flow.y, MEASURE - 10.0, Align::Right, Style::new(11.0, Weight::Regular, BLACK));
    flow.y += right.leading;
}

/// What stands at the head and foot of every page.
fn running_lines(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) {
    let title = flow.drawable(&template.title);
    let number = format!("{} {}", template.label("number"), content.number);
    let number = flow.drawable(&number);
    let total = flow.sheets.len();
    let sheets = std::mem::take(&mut flow.sheets);
    for (index, sheet) in sheets.into_iter().enumerate() {
        flow.sheets.push(sheet);
        if index > 0 {
            flow.line(&title, MARGIN, TOP - 30.0, MEASURE, Align::Left, SMALL);
            flow.line(&number, MARGIN, TOP - 30.0, MEASURE, Align::Right, SMALL);
            flow.area(MARGIN, TOP - 13.0, MEASURE, 0.5, RULE);
        }
        flow.area(MARGIN, BOTTOM + 14.0, MEASURE, 0.5, RULE);
        if index == 0 {
            flow.line(&number, MARGIN, BOTTOM + 18.0, MEASURE, Align::Left, SMALL);
        } else {
            flow.line(&template.issuer, MARGIN, BOTTOM + 18.0, MEASURE, Align::Left, SMALL);
        }
        let page = format!("第 {} 页　共 {total} 页", index + 1);
        flow.line(&page, MARGIN, BOTTOM + 18.0, MEASURE, Align::Right, SMALL);
    }
}
