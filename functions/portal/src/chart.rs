//! Charts that the server draws as SVG, to be read without colour: every mark has its number or sign beside it.

use std::collections::BTreeSet;

use maud::{Markup, html};
use xinzheng_api::backfill::MatrixRow;
use xinzheng_domain::month::Month;
use xinzheng_domain::report::completeness::MonthState;

use crate::unit::address_of;

/// A bar: what, how much, and how it is written.
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) text: String,
    /// What it is made of; none when it is empty.
    pub(crate) address: String,
}

/// How long the longest bar may be.
#[derive(Clone, Copy)]
pub(crate) enum Scale {
    /// As long as the chart is wide, whatever its value: counts.
    Largest,
    /// As its share of the whole: values from 0 to 1.
    Whole,
}

/// Height of a row of bars, widths of names, of what is written beside them and of the longest bar, in pixels. What a bar says stands
/// before it: a phone shows that at first, however long the bar is.
const ROW: usize = 26;
const NAMES: usize = 220;
const SAID: usize = 120;
const LONGEST: usize = 380;

/// Bars one below the other; each leads to what it is made of.
pub(crate) fn bars(title: &str, scale: Scale, bars: &[Bar]) -> Markup {
    let largest = match scale {
        Scale::Largest => bars.iter().map(|bar| bar.value).fold(0.0_f64, f64::max),
        Scale::Whole => 1.0,
    };
    // What leads somewhere is no picture: its links are reached one by one.
    let role = if bars.iter().any(|bar| !bar.address.is_empty()) { "group" } else { "img" };
    let (width, height) = (NAMES + SAID + LONGEST, ROW * bars.len().max(1));
    html! {
        figure {
            figcaption { (title) }
            @if bars.is_empty() { p { "还没有数据。" } } @else {
                div.scroll tabindex="0" role="region" aria-label=(title) { svg.chart viewBox={ "0 0 " (width) " " (height) } role=(role) aria-label=(if role == "img" { in_words(title, bars) } else { title.to_owned() }) {
                    @for (row, bar) in bars.iter().enumerate() {
                        @let long = if largest > 0.0 { bar.value / largest * LONGEST as f64 } else { 0.0 };
                        @if bar.address.is_empty() { (drawn(row * ROW, bar, long)) }
                        @else { a href=(bar.address) { (drawn(row * ROW, bar, long)) } }
                    }
                } }
            }
        }
    }
}

/// A bar at its line, as long as that.
fn drawn(line: usize, bar: &Bar, long: f64) -> Markup {
    html! {
        text x=(NAMES - 8) y=(line + 17) text-anchor="end" { (shortened(&bar.name)) }
        text x=(NAMES + 4) y=(line + 17) { (bar.text) }
        rect.bar x=(NAMES + SAID) y=(line + 4) width=(format!("{:.1}", long.max(1.0))) height=(ROW - 8) rx="2" {}
    }
}

/// A chart in words, for those who do not see it.
fn in_words(title: &str, bars: &[Bar]) -> String {
    let all: Vec<String> = bars.iter().map(|bar| format!("{} {}", bar.name, bar.text)).collect();
    format!("{title}：{}", all.join("，"))
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= 15 { name.to_owned() } else { name.chars().take(14).chain(['…']).collect() }
}

/// Size of a chart of lines, and room around it for its scale and months, in pixels.
const WIDE: f64 = 720.0;
const HIGH: f64 = 240.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 32.0;
const TOP: f64 = 24.0;
const BELOW: f64 = 40.0;

/// One line over months, with its numbers; where it is wider than the screen, the newest months are shown first.
pub(crate) fn line(title: &str, points: &[(String, u64)]) -> Markup {
    let largest = points.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let top = nice(largest);
    let step = (WIDE - LEFT - RIGHT) / (points.len().max(2) - 1) as f64;
    let x = |place: usize| LEFT + step * place as f64;
    let y = |count: u64| HIGH - BELOW - (HIGH - BELOW - TOP) * count as f64 / top as f64;
    let path: Vec<String> =
        points.iter().enumerate().map(|(place, (_, count))| format!("{:.1},{:.1}", x(place), y(*count))).collect();
    let bars: Vec<Bar> = points
        .iter()
        .map(|(month, count)| Bar {
            name: month.clone(),
            value: *count as f64,
            text: count.to_string(),
            address: String::new(),
        })
        .collect();
    // Months are written as densely as they can be read.
    let every = points.len().div_ceil(12).max(1);
    html! {
        figure {
            figcaption { (title) }
            @if points.is_empty() { p { "还没有数据。" } } @else {
                div.scroll.newest tabindex="0" role="region" aria-label=(title) { svg.chart viewBox={ "0 0 " (WIDE) " " (HIGH) } role="img" aria-label=(in_words(title, &bars)) {
                    @for mark in [0, top / 2, top] {
                        line.axis x1=(LEFT) x2=(WIDE - RIGHT) y1=(format!("{:.1}", y(mark))) y2=(format!("{:.1}", y(mark))) {}
                        text.soft x=(LEFT - 8.0) y=(format!("{:.1}", y(mark) + 4.0)) text-anchor="end" { (mark) }
                    }
                    polyline.line points=(path.join(" ")) {}
                    @for (place, (month, count)) in points.iter().enumerate() {
                        circle.dot cx=(format!("{:.1}", x(place))) cy=(format!("{:.1}", y(*count))) r="4" {}
                        @if (points.len() - 1 - place).is_multiple_of(every) {
                            text x=(format!("{:.1}", x(place))) y=(format!("{:.1}", y(*count) - 10.0)) text-anchor="middle" { (count) }
                            text.soft x=(format!("{:.1}", x(place))) y=(HIGH - 14.0) text-anchor="middle" { (month.get(2..).unwrap_or(month)) }
                        }
                    }
                } }
            }
        }
    }
}

/// A round number not below this one, and even.
fn nice(largest: u64) -> u64 {
    let mut unit = 1;
    loop {
        for factor in [2, 4, 10] {
            if largest <= factor * unit {
                return factor * unit;
            }
        }
        unit *= 10;
    }
}

/// How many calendar years a table of the matrix has: as many as are read at once, and as paper is wide.
const YEARS: usize = 2;

/// Units and months: a sign for each (`GET /backfill/matrix`), and the same in words for those who do not see it; the newest years
/// first, the earlier ones folded. With `records`, where the records behind a month are, each month leads there; without it each row
/// leads to its unit.
pub(crate) fn matrix(rows: &[MatrixRow], records: Option<&str>) -> Markup {
    let months: BTreeSet<Month> = rows.iter().flat_map(|row| &row.cells).map(|cell| cell.month).collect();
    let years: Vec<(i16, Vec<Month>)> = months.into_iter().fold(vec![], |mut years, month| {
        let year = month.first_day().year();
        match years.last_mut() {
            Some((last, months)) if *last == year => months.push(month),
            _ => years.push((year, vec![month])),
        }
        years
    });
    let pieces: Vec<&[(i16, Vec<Month>)]> = years.rchunks(YEARS).collect();
    html! {
        p { "✓ 齐全，对账一致 · ○ 申报为零 · △ 有记录或申报，尚未对账一致 · ✗ 没有记录也没有申报" }
        @if rows.is_empty() { p { "还没有计算。" } }
        @for (index, piece) in pieces.into_iter().enumerate() {
            @match index {
                0 => (of_years(rows, piece, records)),
                _ => details { summary { (span(piece)) } (of_years(rows, piece, records)) },
            }
        }
    }
}

/// The years of a piece in words.
fn span(years: &[(i16, Vec<Month>)]) -> String {
    match years {
        [(only, _)] => format!("{only} 年"),
        [(first, _), .., (last, _)] => format!("{first}—{last} 年"),
        [] => String::new(),
    }
}

/// The matrix of some years.
fn of_years(rows: &[MatrixRow], years: &[(i16, Vec<Month>)], records: Option<&str>) -> Markup {
    let months = || years.iter().flat_map(|(_, months)| months);
    html! {
        div.scroll.newest tabindex="0" role="region" aria-label={ "各单位各月报送情况，" (span(years)) } {
            table.matrix {
                thead {
                    tr { th rowspan="2" scope="col" { "单位" } @for (year, months) in years { th colspan=(months.len()) scope="colgroup" { (year) } } }
                    tr { @for month in months() { th scope="col" { (month.first_day().strftime("%m")) } } }
                }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" {
                                @if records.is_none() { a href=(address_of(row.unit)) { (row.unit_name) } } @else { (row.unit_name) }
                            }
                            @for month in months() {
                                @match row.cells.iter().find(|cell| cell.month == *month) {
                                    Some(cell) => {
                                        td class=(class(cell.state)) {
                                            @match records {
                                                Some(records) => a href={ (records) "?month=" (month) "&unit=" (row.unit) } { span.sr { (title(cell.state)) } },
                                                None => span.sr { (title(cell.state)) },
                                            }
                                        }
                                    }
                                    None => { td {} }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn class(state: MonthState) -> &'static str {
    match state {
        MonthState::Complete => "complete",
        MonthState::DeclaredZero => "declared-zero",
        MonthState::Partial => "partial",
        MonthState::Missing => "missing",
    }
}

/// A state in a word; its sign is the style sheet's.
fn title(state: MonthState) -> &'static str {
    match state {
        MonthState::Complete => "齐全",
        MonthState::DeclaredZero => "为零",
        MonthState::Partial => "未齐",
        MonthState::Missing => "缺",
    }
}

#[cfg(test)]
mod tests {
    use xinzheng_api::backfill::MatrixCell;
    use xinzheng_domain::UnitCode;
    use xinzheng_domain::reconciliation::ManifestCounts;

    use super::*;

    #[test]
    fn a_scale_ends_above_the_largest_value() {
        for (largest, top) in [(0, 2), (2, 2), (3, 4), (5, 10), (10, 10), (11, 20), (41, 100), (12_345, 20_000)] {
            assert_eq!(nice(largest), top, "{largest}");
        }
    }

    #[test]
    fn charts_say_their_numbers_and_escape_names() {
        let bar = |name: &str, value: f64, text: &str| Bar {
            name: name.to_owned(),
            value,
            text: text.to_owned(),
            address: String::new(),
        };
        let drawn =
            bars("及时率", Scale::Largest, &[bar("<script>局", 0.5, "50%"), bar("乙局", 1.0, "100%")]).into_string();
        assert!(drawn.contains("&lt;script&gt;局") && !drawn.contains("<script>"), "{drawn}");
        assert!(drawn.contains("aria-label=\"及时率：&lt;script&gt;局 50%，乙局 100%\""), "{drawn}");
        assert!(drawn.contains("width=\"190.0\"") && drawn.contains("width=\"380.0\""), "{drawn}");
        assert!(!drawn.contains("style="), "{drawn}");
        // A share is drawn as the share that it is.
        let small = bars("及时率", Scale::Whole, &[bar("甲局", 0.001, "0.1%"), bar("乙局", 0.5, "50%")]).into_string();
        assert!(small.contains("width=\"1.0\"") && small.contains("width=\"190.0\""), "{small}");
        let linked = Bar { address: "/portal/platform/units/tax".to_owned(), ..bar("税务局", 0.5, "50%") };
        let linked = bars("及时率", Scale::Whole, &[linked]).into_string();
        assert!(linked.contains("<a href=\"/portal/platform/units/tax\"><text"), "{linked}");
        assert!(linked.contains("role=\"group\"") && !linked.contains("role=\"img\""), "{linked}");
        let drawn = line("报告", &[("2025-01".to_owned(), 0), ("2025-02".to_owned(), 4)]).into_string();
        assert!(drawn.contains("56.0,200.0 688.0,24.0"), "{drawn}");
    }

    #[test]
    fn the_matrix_tells_states_by_words_that_the_style_sheet_shows_as_signs() {
        let cell = |month: &str, state| MatrixCell { month: Month::parse(month).unwrap(), records: 0, late: 0, state };
        let row = |name: &str, cells| MatrixRow {
            unit: UnitCode::parse("tax").unwrap(),
            unit_name: name.to_owned(),
            worked_out_at: jiff::Timestamp::UNIX_EPOCH,
            cells,
            manifests: ManifestCounts::default(),
            waiting: 0,
        };
        let rows = [
            row("甲局", vec![cell("2022-12", MonthState::Complete), cell("2023-01", MonthState::DeclaredZero)]),
            row("乙局", vec![cell("2022-12", MonthState::Missing), cell("2023-01", MonthState::Partial)]),
        ];
        let drawn = matrix(&rows, None).into_string();
        let words: Vec<&str> = drawn.split("class=\"sr\">").skip(1).filter_map(|part| part.split('<').next()).collect();
        assert_eq!(words, ["齐全", "为零", "缺", "未齐"]);
        assert!(drawn.contains("href=\"/portal/platform/units/tax\""), "{drawn}");
        let own = matrix(&rows, Some("/portal/unit/timeliness/records")).into_string();
        assert!(own.contains("href=\"/portal/unit/timeliness/records?month=2022-12&amp;unit=tax\""), "{own}");
        assert!(drawn.contains("<th colspan=\"1\" scope=\"colgroup\">2022</th>"), "{drawn}");
        // Of more years than paper is wide the newest come first, and the others are folded.
        let long =
            [row("甲局", ["2023-01", "2024-12", "2025-01", "2026-11"].map(|m| cell(m, MonthState::Complete)).to_vec())];
        let long = matrix(&long, None).into_string();
        let heads: Vec<&str> =
            long.split("scope=\"colgroup\">").skip(1).filter_map(|part| part.split('<').next()).collect();
        assert_eq!(heads, ["2025", "2026", "2023", "2024"]);
        assert!(long.contains("<details><summary>2023—2024 年</summary>"), "{long}");
    }
}
