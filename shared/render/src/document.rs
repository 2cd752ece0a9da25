//! The parts of the report, in their order.

use xinzheng_domain::china_time::{self, display, long_date};
use xinzheng_domain::month::{Month, MonthRange};
use xinzheng_domain::record::in_force::Belonging;
use xinzheng_domain::record::line::{RecordLine, RecordMark};
use xinzheng_domain::record::standing::StandingRecord;
use xinzheng_domain::report::{ContentDigest, Counts, ReportSubject};
use xinzheng_domain::{DomainId, RecordKind, ReportContent, SubjectId};

use crate::error::RenderError;
use crate::flow::{Align, Bookmark, Cell, DENSE, Flow, ROOMY, Span, Style};
use crate::fonts::Weight;
use crate::glyphs::Glyphs;
use crate::manuscript::Manuscript;
use crate::qr;
use crate::record_fields::{self, OBJECTED, REPAIRED};
use crate::sheet::{Area, BLACK, BLUE, BOTTOM, GREEN, GREY, GROUND, MARGIN, MEASURE, RED, RULE, Sheet, TOP};
use crate::structure::{Artifact, Role, Structure};
use crate::template::{Section, Template};

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
    pub(crate) structure: Structure,
    pub(crate) glyphs: Glyphs<'f>,
    /// The page from 0 and the area of the seal block.
    pub(crate) seal: Option<(usize, Area)>,
}

#[derive(Clone, Copy)]
pub(crate) struct Matter<'m> {
    pub(crate) manuscript: Manuscript<'m>,
    /// Every page says that it proves nothing.
    pub(crate) specimen: bool,
}

/// Sets the whole report on pages: the cover block, then the template's sections in their order.
pub(crate) fn lay_out<'f>(
    matter: Matter<'_>,
    template: &Template,
    glyphs: Glyphs<'f>,
) -> Result<LaidOut<'f>, RenderError> {
    let content = matter.manuscript.content;
    let mut flow = Flow::new(glyphs);
    cover(&mut flow, matter, template)?;
    let mut sealed = None;
    for section in &template.sections {
        match section {
            Section::Subject => subject(&mut flow, content, template),
            Section::Scope => scope(&mut flow, content, template),
            Section::Summary => summary(&mut flow, content, template),
            Section::List => list(&mut flow, content, template),
            Section::Details => details(&mut flow, content, template),
            Section::Notes => notes(&mut flow, matter.manuscript.verification_url, template),
            Section::Seal => sealed = Some(seal(&mut flow, matter.manuscript, template)),
        }
    }
    running_lines(&mut flow, matter, template);
    let Flow { sheets, bookmarks, structure, glyphs, .. } = flow;
    Ok(LaidOut { sheets, bookmarks, structure, glyphs, seal: sealed })
}

/// Title, number, code and times at the left, the QR code at the right.
fn cover(flow: &mut Flow<'_>, matter: Matter<'_>, template: &Template) -> Result<(), RenderError> {
    let Matter { manuscript: Manuscript { content, code, verification_url, .. }, specimen } = matter;
    let title = Style::new(23.0, Weight::Bold, BLUE);
    let subtitle = Style::new(12.5, Weight::Regular, GREY);
    flow.element(Role::H1, |flow| flow.line(&template.title, MARGIN, flow.y - 6.0, MEASURE, Align::Center, title));
    flow.y += 30.0;
    if !template.subtitle.is_empty() {
        flow.element(Role::P, |flow| flow.line(&template.subtitle, MARGIN, flow.y, MEASURE, Align::Center, subtitle));
    }
    flow.y += 26.0;
    flow.area(MARGIN, flow.y, MEASURE, 1.6, BLUE);
    flow.area(MARGIN, flow.y + 3.0, MEASURE, 0.5, BLUE);
    flow.y += 16.0;

    let side = 104.0;
    let rows = [
        ("number", content.number.to_string(), Weight::Bold),
        ("code", if specimen { SPECIMEN.to_owned() } else { code.to_string() }, Weight::Bold),
        ("issued_at", display(content.issued_at), Weight::Regular),
        ("data_as_of", display(content.data_as_of), Weight::Regular),
    ];
    flow.element(Role::Table, |flow| {
        for (index, (label, value, weight)) in rows.into_iter().enumerate() {
            let y = flow.y + 4.0 + 23.0 * index as f32;
            let (grey, black) = (Style::new(10.0, Weight::Regular, GREY), Style::new(11.0, weight, BLACK));
            let label = template.label(label);
            flow.element(Role::Row, |flow| {
                flow.element(Role::RowHeader, |flow| flow.line(label, MARGIN + 2.0, y, 70.0, Align::Left, grey));
                let data = Role::Data { columns: 1 };
                flow.element(data, |flow| flow.line(&value, MARGIN + 76.0, y, 270.0, Align::Left, black));
            });
        }
    });
    let square = Area { x: MARGIN + MEASURE - side, y: flow.y - 6.0, width: side, height: side };
    flow.element(Role::P, |flow| flow.element(Role::Link, |flow| scan(flow, verification_url, square, template)))?;
    flow.y += side + 6.0;
    Ok(())
}

/// The QR code with what is said below it: a link.
fn scan(flow: &mut Flow<'_>, url: &str, square: Area, template: &Template) -> Result<(), RenderError> {
    let Area { x, y, width: side, .. } = square;
    let figure = Role::Figure { alternative: "核验二维码，内容为核验地址", area: square };
    flow.element(figure, |flow| qr::draw(flow, url, x, y, side))?;
    flow.line(template.label("scan"), x, y + side - 2.0, side, Align::Center, SMALL);
    flow.link(Area { x, y: y + 6.0, width: side, height: side });
    Ok(())
}

fn heading(flow: &mut Flow<'_>, text: &str, keep: f32) {
    flow.space(14.0);
    flow.ensure(HEADING.leading + 6.0 + keep);
    flow.bookmark(text, 0);
    flow.area(MARGIN, flow.y + 3.2, 3.2, 13.6, BLUE);
    flow.element(Role::H2, |flow| flow.line(text, MARGIN + 10.0, flow.y, MEASURE, Align::Left, HEADING));
    flow.y += HEADING.leading + 5.0;
}

/// A row of label and value, or of two pairs: of a table of four columns.
fn pairs(flow: &mut Flow<'_>, pairs: &[(&str, &str)]) {
    let label = 88.0;
    let widths: Vec<f32> = match pairs.len() {
        1 => vec![label, MEASURE - label],
        _ => vec![label, MEASURE / 2.0 - label, label, MEASURE / 2.0 - label],
    };
    let data = Role::Data { columns: if pairs.len() == 1 { 3 } else { 1 } };
    let cells: Vec<Cell<'_>> = pairs
        .iter()
        .flat_map(|pair| [(pair.0, true), (pair.1, false)])
        .zip(&widths)
        .map(|((text, is_label), &width)| match is_label {
            true => flow.cell(text, width, LABEL, Align::Left, Some(GROUND)).of(Role::RowHeader),
            false => flow.cell(text, width, TABLE, Align::Left, None).of(data),
        })
        .collect();
    flow.row(&cells, &widths, &mut |_| {});
}

fn subject(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) {
    heading(flow, template.label("subject"), 60.0);
    flow.element(Role::Table, |flow| subject_rows(flow, &content.subject));
}

fn subject_rows(flow: &mut Flow<'_>, subject: &ReportSubject) {
    pairs(flow, &[("名称", &subject.name)]);
    match (&subject.id, &subject.registration) {
        (SubjectId::Organisation(uscc), Some(registration)) => {
            let uscc = uscc.to_string();
            pairs(flow, &[("统一社会信用代码", &uscc), ("主体类型", registration.register_type.title())]);
            let representative = registration.legal_representative.as_str();
            pairs(flow, &[("法定代表人", representative), ("登记状态", registration.status.title())]);
            pairs(flow, &[("登记机关", &registration.authority)]);
            if let Some(address) = &registration.address {
                pairs(flow, &[("住所", address)]);
            }
        }
        _ => {
            let number = subject.masked_id_number.as_deref().unwrap_or("—");
            pairs(flow, &[("主体类型", "自然人"), ("证件号码", number)]);
        }
    }
}

fn scope(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) {
    heading(flow, template.label("scope"), 50.0);
    let period = format!("{}至{}", long_date(content.period.from()), long_date(content.period.to()));
    let domains = if content.domains.len() == DomainId::all().count() {
        format!("全部{}个领域", content.domains.len())
    } else {
        let names: Vec<&str> = content.domains.iter().map(|domain| domain.name()).collect();
        format!("{}个领域：{}", names.len(), names.join("、"))
    };
    flow.element(Role::Table, |flow| {
        pairs(flow, &[("查询期间", &period), ("报告用途", content.purpose.title())]);
        pairs(flow, &[("查询领域", &domains)]);
    });
}

/// Widths of the summary's columns but the last: number, domain, unit, five kinds, sum, measures in force.
const SUMMARY: [f32; 10] = [22.0, 92.0, 100.0, 30.0, 30.0, 46.0, 36.0, 30.0, 28.0, 31.0];

/// The summary's columns: the last tells how complete the data are, unless the template leaves it out.
fn summary_widths(template: &Template) -> Vec<f32> {
    let rest = MEASURE - SUMMARY.iter().sum::<f32>();
    match template.completeness.column.is_empty() {
        // The unit's column has its place.
        true => SUMMARY.iter().enumerate().map(|(at, width)| if at == 2 { width + rest } else { *width }).collect(),
        false => SUMMARY.into_iter().chain([rest]).collect(),
    }
}

fn head_cell<'t>(flow: &mut Flow<'_>, text: &'t str, width: f32, style: Style) -> Cell<'t> {
    flow.cell(text, width, style, Align::Center, Some(GROUND)).of(Role::ColumnHeader)
}

fn summary_head(flow: &mut Flow<'_>, template: &Template) {
    // Broken where the words end.
    let kinds = ["行政\n处罚", "行政\n强制", "严重失信\n主体名单", "经营异\n常名录", "刑事\n裁判"];
    let texts = ["序号", "领域", "责任单位"].into_iter().chain(kinds).chain(["合计", "期前\n有效"]);
    let texts = texts.chain([template.completeness.column.as_str()]);
    let widths = summary_widths(template);
    let cells: Vec<Cell<'_>> = texts
        .zip(&widths)
        .map(|(text, &width)| head_cell(flow, text, width, Style { leading: 11.5, ..HEAD_CELL }))
        .collect();
    flow.row(&cells, &widths, &mut |_| {});
}

fn summary(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) {
    heading(flow, template.label("summary"), 110.0);
    flow.paragraph(&conclusion(content, template), 0.0, Style { size: 10.0, leading: 17.0, ..STRONG });
    flow.paragraph(&completeness(content, template), 0.0, Style { size: 9.0, leading: 14.5, ..BODY });
    flow.space(7.0);
    flow.element(Role::Table, |flow| summary_table(flow, content, template));
    flow.space(4.0);
    flow.paragraph(&tight(&template.legend), 0.0, Style { leading: 12.0, ..SMALL });
}

fn summary_table(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) {
    summary_head(flow, template);
    flow.padding = 2.9;
    let mut totals = (Counts::new(), Counts::new());
    for count in content.counts() {
        for (sums, counts) in [(&mut totals.0, &count.records), (&mut totals.1, &count.in_force)] {
            for (kind, found) in counts {
                *sums.entry(*kind).or_default() += found;
            }
        }
        let domain = count.domain;
        let row = SummaryRow {
            names: [domain.number().to_string(), domain.name().to_owned(), domain.responsible_unit().to_owned()],
            collected: domain.collected().collect(),
            records: &count.records,
            in_force: &count.in_force,
            completeness: complete_until(content, domain),
        };
        summary_row(flow, &row, false, template);
    }
    let names = [String::new(), "合计".to_owned(), String::new()];
    let (collected, completeness) = (RecordKind::ALL.to_vec(), String::new());
    let row = SummaryRow { names, collected, records: &totals.0, in_force: &totals.1, completeness };
    summary_row(flow, &row, true, template);
    flow.padding = ROOMY;
}

/// What a row of the summary says.
struct SummaryRow<'c> {
    /// Number, domain and unit.
    names: [String; 3],
    collected: Vec<RecordKind>,
    records: &'c Counts,
    in_force: &'c Counts,
    completeness: String,
}

fn summary_row(flow: &mut Flow<'_>, row: &SummaryRow<'_>, is_total: bool, template: &Template) {
    let leading = |style: Style| Style { leading: SUMMARY_LEADING, ..style };
    let style = leading(if is_total { TABLE_STRONG } else { TABLE });
    let (grey, strong) = (leading(TABLE_GREY), leading(TABLE_STRONG));
    let ground = is_total.then_some(GROUND);
    let count = |found: usize, collected: bool| match found {
        0 if collected => ("0".to_owned(), grey),
        0 => (NOT_COLLECTED.to_owned(), grey),
        found => (found.to_string(), strong),
    };
    let of = |counts: &Counts, kind: &RecordKind| counts.get(kind).copied().unwrap_or(0);
    let [number, domain, unit] = &row.names;
    let mut texts = vec![
        (number.clone(), grey, Align::Center),
        (domain.clone(), style, Align::Left),
        (unit.clone(), style, Align::Left),
    ];
    let kinds = RecordKind::ALL.iter().map(|kind| count(of(row.records, kind), row.collected.contains(kind)));
    let sums = [row.records, row.in_force].map(|counts| count(counts.values().sum(), true));
    texts.extend(kinds.chain(sums).map(|(text, style)| (text, style, Align::Center)));
    texts.push((row.completeness.clone(), Style { size: 8.0, ..grey }, Align::Center));
    let widths = summary_widths(template);
    let mut cells: Vec<Cell<'_>> = texts
        .into_iter()
        .zip(&widths)
        .map(|((text, style, align), &width)| flow.cell(text, width, style, align, ground))
        .collect();
    if let Some(domain) = cells.get_mut(1) {
        domain.role = Role::RowHeader;
    }
    flow.row(&cells, &widths, &mut |flow| {
        flow.padding = ROOMY;
        summary_head(flow, template);
        flow.padding = 2.9;
    });
}

/// Stands for a kind that is not collected for a domain.
const NOT_COLLECTED: &str = "—";

/// Up to which month a domain's data are complete, in a word.
fn complete_until(content: &ReportContent, domain: DomainId) -> String {
    match content.completeness_of(domain) {
        None => NOT_COLLECTED.to_owned(),
        Some(found) if found.silent => "未报送".to_owned(),
        Some(found) if !found.is_whole() => "有缺报".to_owned(),
        Some(found) => found.complete_until.map_or_else(|| NOT_COLLECTED.to_owned(), |month| month.to_string()),
    }
}

fn conclusion(content: &ReportContent, template: &Template) -> String {
    let counts = content.counts();
    let domains = counts.iter().filter(|count| !count.records.is_empty()).count();
    let repaired = content.records.iter().filter(|standing| standing.repair.is_some()).count();
    let mut sentence = match (content.records.is_empty(), content.in_force.is_empty()) {
        (true, true) => template.conclusion_none.clone(),
        (true, false) => template.conclusion_none_decided.clone(),
        (false, _) => template.conclusion_some.clone(),
    };
    if !content.in_force.is_empty() {
        sentence.push_str(&template.conclusion_in_force);
    }
    let numbers = [
        ("{count}", content.records.len()),
        ("{in_force}", content.in_force.len()),
        ("{domains}", domains),
        ("{repaired}", repaired),
    ];
    let sentence = numbers.iter().fold(sentence, |text, (name, number)| text.replace(name, &number.to_string()));
    tight(&sentence)
}

/// Which months are not reported, of which domains: those with the same months together.
fn completeness(content: &ReportContent, template: &Template) -> String {
    let wording = &template.completeness;
    let Some(found) = &content.completeness else { return tight(&wording.unknown) };
    let Some(due) = found.due_until else { return tight(&wording.unknown) };
    let not_due = if found.is_before(&content.period) { NOT_DUE } else { "" };
    let mut gaps: Vec<(String, Vec<&str>)> = vec![];
    for domain in found.domains.iter().filter(|domain| !domain.is_whole()) {
        let told = [("未报送", &domain.missing), ("未报送完整", &domain.partial)]
            .into_iter()
            .filter(|(_, ranges)| !ranges.is_empty())
            .map(|(what, ranges)| match ranges.len() {
                // Scattered months are counted; each of them is in the data.
                0..=MOST_RANGES => format!("{what}：{}", ranges.iter().map(months).collect::<Vec<_>>().join("、")),
                _ => format!("{what}{}个月", ranges.iter().map(MonthRange::count).sum::<usize>()),
            })
            .collect::<Vec<_>>()
            .join("；");
        match gaps.iter_mut().find(|(known, _)| *known == told) {
            Some((_, domains)) => domains.push(domain.domain.name()),
            None => gaps.push((told, vec![domain.domain.name()])),
        }
    }
    let sentence = if gaps.is_empty() { &wording.whole } else { &wording.some };
    let all = found.domains.len();
    let gaps = gaps.iter().map(|(told, domains)| match domains.len() == all && all > 1 {
        true => format!("所选全部{all}个领域（{told}）"),
        false => format!("{}（{told}）", domains.join("、")),
    });
    let sentence = sentence.replace("{gaps}", &gaps.collect::<Vec<_>>().join("；"));
    tight(&format!("{}{not_due}", sentence.replace("{month}", &month(due))))
}

/// Behind the sentence on completeness when nothing of the period is due yet.
const NOT_DUE: &str = "所选期间各月均未到应报送完毕的时限，其记录可能尚未归集。";

/// The most runs of months that are named.
const MOST_RANGES: usize = 2;

fn month(of: Month) -> String {
    format!("{}年{}月", of.first_day().year(), of.first_day().month())
}

fn months(range: &MonthRange) -> String {
    if range.from == range.to { month(range.from) } else { format!("{}至{}", month(range.from), month(range.to)) }
}

/// A text without the spaces that stand between numbers and ideographs: dates and counts look the same everywhere.
fn tight(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let ideograph = |c: Option<&char>| c.is_some_and(|c| ('\u{4e00}'..='\u{9fff}').contains(c));
    let digit = |c: Option<&char>| c.is_some_and(char::is_ascii_digit);
    let between = |at: usize| {
        let (before, after) = (at.checked_sub(1).and_then(|at| characters.get(at)), characters.get(at + 1));
        (ideograph(before) && digit(after)) || (digit(before) && ideograph(after))
    };
    let kept = characters.iter().enumerate().filter(|(at, c)| **c != ' ' || !between(*at));
    kept.map(|(_, c)| *c).collect()
}

/// Widths of the list's columns: number, domain, kind, document, date, amount, state.
const LIST: [f32; 7] = [26.0, 84.0, 78.0, 129.276, 52.0, 50.0, 68.0];

fn list_head(flow: &mut Flow<'_>) {
    let texts = ["序号", "领域", "种类", "文书", "日期", "罚没\n（万元）", "状态"];
    let cells: Vec<Cell<'_>> = texts
        .into_iter()
        .zip(LIST)
        .map(|(text, width)| head_cell(flow, text, width, Style { size: 7.5, ..HEAD_CELL }))
        .collect();
    flow.row(&cells, &LIST, &mut |_| {});
}

/// A line for each record, in the order of the details and with their numbers.
fn list(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) {
    heading(flow, template.label("list"), 60.0);
    if content.is_empty() {
        flow.paragraph(&tight(&template.no_details), 0.0, BODY);
        return;
    }
    flow.element(Role::Table, |flow| list_table(flow, content));
}

fn list_table(flow: &mut Flow<'_>, content: &ReportContent) {
    flow.padding = DENSE;
    list_head(flow);
    let style = Style { size: 8.0, leading: 9.0, ..TABLE };
    let day = china_time::date(content.data_as_of);
    for (number, (belonging, standing)) in (1..).zip(content.all()) {
        let line = RecordLine::of(standing, belonging, day);
        let state = match (belonging, line.state()) {
            (Belonging::InForce, state) if state.is_empty() => IN_FORCE.to_owned(),
            (Belonging::InForce, state) => format!("{IN_FORCE}、{state}"),
            (Belonging::Decided, state) => state,
        };
        let ink = match line.marks.iter().any(|mark| matches!(mark, RecordMark::Objected { .. })) {
            true => RED,
            false if standing.repair.is_some() => GREEN,
            false => BLACK,
        };
        let texts = [
            (number.to_string(), Align::Center, GREY),
            (line.domain.name().to_owned(), Align::Left, BLACK),
            (line.kind.title().to_owned(), Align::Left, BLACK),
            (line.document.clone(), Align::Left, BLACK),
            (line.decided.to_string(), Align::Center, BLACK),
            (line.amount.map_or_else(String::new, |amount| amount.to_string()), Align::Right, BLACK),
            (state, Align::Left, ink),
        ];
        let cells: Vec<Cell<'_>> = texts
            .into_iter()
            .zip(LIST)
            .map(|((text, align, ink), width)| flow.cell(text, width, Style { ink, ..style }, align, None))
            .collect();
        flow.row(&cells, &LIST, &mut list_head);
    }
    flow.padding = ROOMY;
}

/// The mark of what was decided before the period and is in force in it.
const IN_FORCE: &str = "期前";

const DETAIL: Style = Style { size: 7.5, weight: Weight::Regular, ink: BLACK, leading: 8.9 };

fn details(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) {
    heading(flow, template.label("details"), 60.0);
    let mut number = 0;
    for count in content.counts().iter().filter(|count| !count.is_empty()) {
        let domain = count.domain;
        let (records, in_force): (usize, usize) = (count.records.values().sum(), count.in_force.values().sum());
        flow.ensure(DOMAIN.leading + 60.0);
        flow.bookmark(format!("{domain}（{}）", records + in_force), 1);
        let title = format!("{domain}领域（{records}条）");
        let title = Span { text: title.into(), weight: Weight::Bold, ink: BLUE, role: Role::H3 };
        let covers = format!("　责任单位：{}　归集种类：{}", domain.responsible_unit(), kinds(domain));
        let covers = Span { text: covers.into(), weight: Weight::Regular, ink: GREY, role: Role::P };
        flow.run_in(&[title, covers], Style { size: 9.0, leading: 13.0, ..DOMAIN }, &mut |_| {});
        let of = |standing: &&StandingRecord| standing.record.domain == domain;
        for standing in content.records.iter().filter(of) {
            number += 1;
            record(flow, number, standing, content);
        }
        if in_force > 0 {
            flow.ensure(DOMAIN.leading + 40.0);
            let title = format!("{}（{in_force}项）", template.label("in_force"));
            let style = Style { size: 9.0, ..DOMAIN };
            flow.element(Role::H4, |flow| flow.line(&title, MARGIN, flow.y, MEASURE, Align::Left, style));
            flow.y += DOMAIN.leading;
        }
        for standing in content.in_force.iter().filter(of) {
            number += 1;
            record(flow, number, standing, content);
        }
        flow.space(3.0);
    }
    without_records(flow, content, template);
}

/// The kinds that are collected for a domain.
fn kinds(domain: DomainId) -> String {
    domain.collected().map(RecordKind::title).collect::<Vec<_>>().join("、")
}

/// What each domain without a record covers: those with the same kinds together, and those that were never reported apart.
fn without_records(flow: &mut Flow<'_>, content: &ReportContent, template: &Template) {
    let mut told: Vec<(String, Vec<&str>)> = vec![];
    for count in content.counts().iter().filter(|count| count.is_empty()) {
        let silent = content.completeness_of(count.domain).is_some_and(|found| found.silent);
        let sentence = if silent { &template.not_reported } else { &template.no_record };
        let sentence = sentence.replace("{kinds}", &kinds(count.domain));
        match told.iter_mut().find(|(known, _)| *known == sentence) {
            Some((_, domains)) => domains.push(count.domain.name()),
            None => told.push((sentence, vec![count.domain.name()])),
        }
    }
    let style = Style { size: 9.0, leading: 13.0, ..BODY };
    for (sentence, domains) in told {
        flow.paragraph(&tight(&format!("{}：{sentence}。", domains.join("、"))), 0.0, style);
        flow.space(1.5);
    }
}

/// A record: its number, kind, document and marks, and all that is known of it, run in.
fn record(flow: &mut Flow<'_>, number: usize, standing: &StandingRecord, content: &ReportContent) {
    let record = &standing.record;
    let title = format!("{number}．{}　{}", record.kind().title(), record.document);
    let span = |text: String, weight, ink| Span { text: text.into(), weight, ink, role: Role::P };
    let bold = |text: String, ink| span(text, Weight::Bold, ink);
    let mut spans = vec![bold(title.clone(), BLUE)];
    if standing.objected.is_some() {
        spans.push(bold(format!("　{OBJECTED}"), RED));
    }
    if standing.repair.is_some() {
        spans.push(bold(format!("　{REPAIRED}"), GREEN));
    }
    for field in record_fields::of(standing, Some(content)) {
        spans.push(span(format!("  {}：", field.label), Weight::Regular, GREY));
        // A line break in a cell is a space here.
        spans.push(span(field.value.replace('\n', " "), Weight::Regular, BLACK));
    }
    let resume = &mut |flow: &mut Flow<'_>| {
        flow.line(&format!("{title}（续）"), MARGIN, flow.y, MEASURE, Align::Left, Style { ink: BLUE, ..DETAIL });
        flow.y += DETAIL.leading;
    };
    flow.run_in(&spans, DETAIL, resume);
    flow.space(1.0);
    flow.area(MARGIN, flow.y, MEASURE, 0.3, RULE);
    flow.space(1.5);
}

fn notes(flow: &mut Flow<'_>, verification_url: &str, template: &Template) {
    heading(flow, template.label("notes"), 60.0);
    let style = Style { leading: 14.8, ..BODY };
    flow.element(Role::List, |flow| {
        for (index, note) in template.notes.iter().enumerate() {
            flow.element(Role::Item, |flow| item(flow, index + 1, note, style));
            flow.y += 2.5;
        }
    });
    flow.ensure(34.0);
    flow.space(4.0);
    flow.element(Role::P, |flow| address(flow, verification_url));
}

fn item(flow: &mut Flow<'_>, number: usize, note: &str, style: Style) {
    flow.ensure(style.leading * 2.0);
    let marker = format!("{number}.");
    flow.element(Role::Label, |flow| flow.line(&marker, MARGIN, flow.y, 18.0, Align::Left, style));
    flow.element(Role::Body, |flow| flow.lines(&tight(note), 18.0, style));
}

fn address(flow: &mut Flow<'_>, verification_url: &str) {
    flow.line("核验地址", MARGIN, flow.y, 60.0, Align::Left, LABEL);
    let style = Style::new(9.0, Weight::Regular, BLUE);
    let (x, width) = (MARGIN + 56.0, MEASURE - 56.0);
    flow.element(Role::Link, |flow| {
        let top = flow.y;
        for line in flow.broken(verification_url, width - 4.0, style) {
            let line = verification_url.get(line).unwrap_or_default();
            flow.line(line, x, flow.y, width, Align::Left, style);
            flow.y += style.leading;
        }
        flow.link(Area { x, y: top, width, height: flow.y - top });
    });
}

/// The seal block: the visible part of the electronic signature, with the picture of the seal above its words.
fn seal(flow: &mut Flow<'_>, manuscript: Manuscript<'_>, template: &Template) -> (usize, Area) {
    let strong = Style::new(11.0, Weight::Bold, BLUE);
    let small = Style::new(8.5, Weight::Regular, GREY);
    let width = 218.0;
    let picture = template.picture().map(|picture| picture.within(width - 24.0, SEAL));
    let pictured = picture.map_or(0.0, |(_, height)| height + 4.0);
    let certificate = manuscript.certificate.map(fingerprint);
    let fingerprinted = certificate.as_ref().map_or(0.0, |lines| FINE.leading * lines.len() as f32 + 2.0);
    let words = strong.leading + small.leading * (1 + template.seal.len()) as f32;
    let height = 26.0 + pictured + words + fingerprinted;
    flow.space(16.0);
    flow.ensure(height + 4.0);
    let area = Area { x: MARGIN + MEASURE - width, y: flow.y, width, height };
    double_frame(flow, area);
    let mut y = area.y + 12.0;
    if let Some((width, height)) = picture {
        let area = Area { x: area.x + (area.width - width) / 2.0, y, width, height };
        flow.element(Role::Figure { alternative: "印章图样", area }, |flow| flow.picture(area));
        y += pictured;
    }
    flow.element(Role::P, |flow| flow.line(&template.issuer, area.x, y, width, Align::Center, strong));
    y += strong.leading + 2.0;
    let date = long_date(china_time::date(manuscript.content.issued_at));
    for line in template.seal.iter().map(String::as_str).chain([date.as_str()]) {
        flow.element(Role::P, |flow| flow.line(line, area.x, y, width, Align::Center, small));
        y += small.leading;
    }
    if let Some(lines) = certificate {
        flow.element(Role::P, |flow| {
            for (line, at) in lines.iter().zip(0_u8..) {
                let y = y + 2.0 + FINE.leading * f32::from(at);
                flow.line(line, area.x, y, width, Align::Center, FINE);
            }
        });
    }
    flow.element(Role::Place, |_| ());
    flow.y += height;
    (flow.sheets.len().saturating_sub(1), area)
}

/// The most that the picture of a seal takes: seals are 42 mm wide.
const SEAL: f32 = 42.0 * 72.0 / 25.4;

const FINE: Style = Style { size: 7.0, weight: Weight::Regular, ink: GREY, leading: 9.5 };

fn double_frame(flow: &mut Flow<'_>, area: Area) {
    for (edge, thickness) in [(0.0, 1.2), (3.0, 0.4)] {
        let (x, y) = (area.x + edge, area.y + edge);
        let (width, height) = (area.width - 2.0 * edge, area.height - 2.0 * edge);
        flow.area(x, y, width, thickness, BLUE);
        flow.area(x, y + height - thickness, width, thickness, BLUE);
        flow.area(x, y, thickness, height, BLUE);
        flow.area(x + width - thickness, y, thickness, height, BLUE);
    }
}

/// The fingerprint of a certificate in groups of four digits, on two lines below what it is.
fn fingerprint(certificate: &ContentDigest) -> [String; 3] {
    let digits = certificate.to_string().to_uppercase();
    let groups: Vec<&str> = (0..16).filter_map(|at| digits.get(4 * at..4 * at + 4)).collect();
    let (first, second) = groups.split_at(groups.len() / 2);
    ["签名证书SHA-256指纹".to_owned(), first.join(" "), second.join(" ")]
}

/// What a specimen says in place of its code and at the head of each page.
const SPECIMEN: &str = "样张";

/// Stands at the foot of a page with a character that no font has.
const PLACEHOLDER_MEANS: &str = "〓：字库所缺的字，原字见报告数据";

/// What stands at the head and foot of every page.
fn running_lines(flow: &mut Flow<'_>, matter: Matter<'_>, template: &Template) {
    let number = format!("{} {}", template.label("number"), matter.manuscript.content.number);
    for index in 0..flow.sheets.len() {
        flow.artifact(Artifact::RunningHead, |flow| running_head(flow, index, &number, matter.specimen, template));
        flow.artifact(Artifact::RunningFoot, |flow| running_foot(flow, index, &number, template));
    }
}

fn running_head(flow: &mut Flow<'_>, index: usize, number: &str, specimen: bool, template: &Template) {
    if index > 0 {
        for (text, align) in [(template.title.as_str(), Align::Left), (number, Align::Right)] {
            flow.line_on(index, text, MARGIN, TOP - 30.0, MEASURE, align, SMALL);
        }
        flow.area_on(index, Area { x: MARGIN, y: TOP - 13.0, width: MEASURE, height: 0.5 }, RULE);
    }
    if specimen {
        let red = Style::new(10.0, Weight::Bold, RED);
        let text = "样张　仅供预览　不具证明效力";
        flow.line_on(index, text, MARGIN, TOP - 46.0, MEASURE, Align::Center, red);
    }
}

fn running_foot(flow: &mut Flow<'_>, index: usize, number: &str, template: &Template) {
    let left = if index == 0 { number } else { &template.issuer };
    let page = format!("第 {} 页　共 {} 页", index + 1, flow.sheets.len());
    let mut line = |text: &str, align| flow.line_on(index, text, MARGIN, BOTTOM + 18.0, MEASURE, align, SMALL);
    line(left, Align::Left);
    line(&page, Align::Right);
    if flow.sheets.get(index).is_some_and(|sheet| sheet.lacks) {
        flow.line_on(index, PLACEHOLDER_MEANS, MARGIN, BOTTOM + 18.0, MEASURE, Align::Center, SMALL);
    }
    flow.area_on(index, Area { x: MARGIN, y: BOTTOM + 14.0, width: MEASURE, height: 0.5 }, RULE);
}
