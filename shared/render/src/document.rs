//! The parts of the report, in their order.

use xinzheng_domain::china_time::{display, long_date};
use xinzheng_domain::report::Counts;
use xinzheng_domain::standing::StandingRecord;
use xinzheng_domain::{DomainId, RecordKind, ReportContent, SubjectId, VerificationCode};

use crate::flow::{Align, Bookmark, Cell, Flow, Style};
use crate::fonts::Weight;
use crate::glyphs::Glyphs;
use crate::record_fields::{self, OBJECTED, REPAIRED};
use crate::sheet::{Area, BLACK, BLUE, BOTTOM, GREEN, GREY, GROUND, MARGIN, MEASURE, RED, RULE, Sheet, TOP};
use crate::template::{Section, Template};
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
pub(crate) struct LaidOut<'f> {
    pub(crate) sheets: Vec<Sheet>,
    pub(crate) bookmarks: Vec<Bookmark>,
    pub(crate) glyphs: Glyphs<'f>,
    /// The page from 0 and the area of the seal block.
    pub(crate) seal: Option<(usize, Area)>,
}

/// What is set.
#[derive(Clone, Copy)]
pub(crate) struct Matter<'c> {
    pub(crate) content: &'c ReportContent,
    pub(crate) code: &'c VerificationCode,
    pub(crate) verification_url: &'c str,
    /// Every page says that it proves nothing.
    pub(crate) specimen: bool,
}

/// Sets the whole report on pages: the cover block, then the template's sections in their order.
pub(crate) fn lay_out<'f>(
    matter: Matter<'_>,
    template: &Template,
    glyphs: Glyphs<'f>,
) -> Result<LaidOut<'f>, RenderError> {
    let content = matter.content;
    let mut flow = Flow::new(glyphs);
    cover(&mut flow, matter, template)?;
    let mut sealed = None;
    for section in &template.sections {
        match section {
            Section::Subject => subject(&mut flow, content, template),
            Section::Scope => scope(&mut flow, content, template),
            Section::Summary => summary(&mut flow, content, template),
            Section::Details => details(&mut flow, content, template),
            Section::Notes => notes(&mut flow, matter.verification_url, template),
            Section::Seal => sealed = Some(seal(&mut flow, content, template)),
        }
    }
    running_lines(&mut flow, matter, template);
    Ok(LaidOut { sheets: flow.sheets, bookmarks: flow.bookmarks, glyphs: flow.glyphs, seal: sealed })
}

/// Title, number, code and times at the left, the QR code at the right.
fn cover(flow: &mut Flow<'_>, matter: Matter<'_>, template: &Template) -> Result<(), RenderError> {
    let Matter { content, code, verification_url, specimen } = matter;
    let title = Style::new(23.0, Weight::Bold, BLUE);
    let subtitle = Style::new(12.5, Weight::Regular, GREY);
    flow.line(&template.title, MARGIN, flow.y - 6.0, MEASURE, Align::Center, title);
    flow.y += 30.0;
    flow.line(&template.subtitle, MARGIN, flow.y, MEASURE, Align::Center, subtitle);
    flow.y += 26.0;
    flow.area(MARGIN, flow.y, MEASURE, 1.6, BLUE);
    flow.area(MARGIN, flow.y + 3.0, MEASURE, 0.5, BLUE);
    flow.y += 16.0;

    let side = 88.0;
    let qr_x = MARGIN + MEASURE - side;
    qr::draw(flow, verification_url, qr_x, flow.y, side)?;
    flow.line(template.label("scan"), qr_x, flow.y + side + 2.0, side, Align::Center, SMALL);
    flow.link(qr_x, flow.y, side, side);
    let rows = [
        ("number", content.number.to_string(), Weight::Bold),
        ("code", if specimen { SPECIMEN.to_owned() } else { code.to_string() }, Weight::Bold),
        ("issued_at", display(content.issued_at), Weight::Regular),
        ("data_as_of", display(content.data_as_of), Weight::Regular),
    ];
    for (index, (label, value, weight)) in rows.into_iter().enumerate() {
        let y = flow.y + 4.0 + 23.0 * index as f32;
        let grey = Style::new(10.0, Weight::Regular, GREY);
        flow.line(template.label(label), MARGIN + 2.0, y, 70.0, Align::Left, grey);
        flow.line(&value, MARGIN + 76.0, y, 280.0, Align::Left, Style::new(11.0, weight, BLACK));
    }
    flow.y += side + 22.0;
    Ok(())
}

fn heading(flow: &mut Flow<'_>, text: &str, keep: f32) {
    flow.space(14.0);
    flow.ensure(HEADING.leading + 6.0 + keep);
    flow.bookmark(text, 0);
    flow.area(MARGIN, flow.y + 3.2, 3.2, 13.6, BLUE);
    flow.line(text, MARGIN + 10.0, flow.y, MEASURE, Align::Left, HEADING);
    flow.y += HEADING.leading + 5.0;
}

/// A row of label and value, or of two pairs.
fn pairs(flow: &mut Flow<'_>, pairs: &[(&str, &str)], resume: &mut dyn FnMut(&mut Flow<'_>)) {
    let label = 88.0;
    let widths: Vec<f32> = match pairs.len() {
        1 => vec![label, MEASURE - label],
        _ => vec![label, MEASURE / 2.0 - label, label, MEASURE / 2.0 - label],
    };
    let cells: Vec<Cell<'_>> = pairs
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
    let cells: Vec<Cell<'_>> = texts
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
        cells.push(flow.cell(template.no_record.as_str(), width, grey, Align::Center, None));
        flow.row(&cells, &[number_width, domain_width, unit_width, width], &mut summary_head);
        return;
    }
    let sum: usize = counts.values().sum();
    let values = RecordKind::ALL.iter().map(|kind| counts.get(kind).copied().unwrap_or(0)).chain([sum]);
    for (value, width) in values.zip(kinds) {
        let (text, style) = if value == 0 { ("0".to_owned(), grey) } else { (value.to_string(), strong) };
        cells.push(flow.cell(text, width, style, Align::Center, ground));
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
    let mark = match (standing.objected, &standing.repair) {
        (Some(_), _) => Some((OBJECTED, RED)),
        (None, Some(_)) => Some((REPAIRED, GREEN)),
        (None, None) => None,
    };
    let Some((mark, ink)) = mark else {
        let cell = flow.cell(text, MEASURE, TABLE_STRONG, Align::Left, Some(GROUND));
        flow.row(&[cell], &[MEASURE], &mut |_| {});
        return;
    };
    let widths = [MEASURE - 72.0, 72.0];
    let cells = [
        flow.cell(text, widths[0], TABLE_STRONG, Align::Left, Some(GROUND)),
        flow.cell(mark, widths[1], Style { ink, ..TABLE_STRONG }, Align::Center, Some(GROUND)),
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

fn notes(flow: &mut Flow<'_>, verification_url: &str, template: &Template) {
    heading(flow, template.label("notes"), 60.0);
    let style = Style { leading: 15.5, ..BODY };
    for (index, note) in template.notes.iter().enumerate() {
        flow.ensure(style.leading * 2.0);
        let marker = format!("{}.", index + 1);
        flow.line(&marker, MARGIN, flow.y, 18.0, Align::Left, style);
        flow.paragraph(note, 18.0, style);
        flow.y += 2.5;
    }
    flow.ensure(34.0);
    flow.space(4.0);
    flow.line("核验地址", MARGIN, flow.y, 60.0, Align::Left, LABEL);
    let style = Style::new(9.0, Weight::Regular, BLUE);
    for line in flow.broken(verification_url, MEASURE - 60.0, style) {
        let line = verification_url.get(line).unwrap_or_default();
        flow.line(line, MARGIN + 56.0, flow.y, MEASURE - 56.0, Align::Left, style);
        flow.y += style.leading;
    }
}

/// The seal block: the visible part of the electronic signature.
fn seal(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) -> (usize, Area) {
    let strong = Style::new(11.0, Weight::Bold, BLUE);
    let small = Style::new(8.5, Weight::Regular, GREY);
    let (width, height) = (218.0, 26.0 + strong.leading + small.leading * (1 + template.seal.len()) as f32);
    flow.space(16.0);
    flow.ensure(height + 4.0);
    let area = Area { x: MARGIN + MEASURE - width, y: flow.y, width, height };
    for (edge, thickness) in [(0.0, 1.2), (3.0, 0.4)] {
        let (x, y, width, height) = (area.x + edge, area.y + edge, width - 2.0 * edge, height - 2.0 * edge);
        flow.area(x, y, width, thickness, BLUE);
        flow.area(x, y + height - thickness, width, thickness, BLUE);
        flow.area(x, y, thickness, height, BLUE);
        flow.area(x + width - thickness, y, thickness, height, BLUE);
    }
    let mut y = area.y + 12.0;
    flow.line(&template.issuer, area.x, y, width, Align::Center, strong);
    y += strong.leading + 2.0;
    let date = long_date(xinzheng_domain::china_time::date(content.issued_at));
    for line in template.seal.iter().map(String::as_str).chain([date.as_str()]) {
        flow.line(line, area.x, y, width, Align::Center, small);
        y += small.leading;
    }
    flow.y += height;
    (flow.sheets.len().saturating_sub(1), area)
}

/// What a specimen says in place of its code and at the head of each page.
const SPECIMEN: &str = "样张";

/// What stands at the head and foot of every page.
fn running_lines(flow: &mut Flow<'_>, matter: Matter<'_>, template: &Template) {
    let number = format!("{} {}", template.label("number"), matter.content.number);
    let total = flow.sheets.len();
    for index in 0..total {
        let mut line = |text: &str, y: f32, align: Align| {
            flow.line_on(index, text, MARGIN, y, MEASURE, align, SMALL);
        };
        if index > 0 {
            line(&template.title, TOP - 30.0, Align::Left);
            line(&number, TOP - 30.0, Align::Right);
        }
        line(if index == 0 { &number } else { &template.issuer }, BOTTOM + 18.0, Align::Left);
        line(&format!("第 {} 页　共 {total} 页", index + 1), BOTTOM + 18.0, Align::Right);
        if matter.specimen {
            let red = Style::new(10.0, Weight::Bold, RED);
            let text = "样张　仅供预览　不具证明效力";
            flow.line_on(index, text, MARGIN, TOP - 46.0, MEASURE, Align::Center, red);
        }
        let mut rule = |y: f32| {
            if let Some(sheet) = flow.sheets.get_mut(index) {
                sheet.fill(Area { x: MARGIN, y, width: MEASURE, height: 0.5 }, RULE);
            }
        };
        if index > 0 {
            rule(TOP - 13.0);
        }
        rule(BOTTOM + 14.0);
    }
}
