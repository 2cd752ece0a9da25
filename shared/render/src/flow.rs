//! The flow of parts down the pages: a cursor, page breaks, and text set into columns.

use std::borrow::Cow;
use std::ops::Range;

use crate::fonts::Weight;
use crate::glyphs::Glyphs;
use crate::line_breaking;
use crate::sheet::{Area, BOTTOM, Ink, MARGIN, MEASURE, RULE, Sheet, TOP, TextRun};
use crate::structure::{Artifact, ElementId, Kid, Mark, Role, Structure};

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) ink: Ink,
    /// Distance of baselines.
    pub(crate) leading: f32,
}

impl Style {
    pub(crate) const fn new(size: f32, weight: Weight, ink: Ink) -> Self {
        Self { size, weight, ink, leading: size * 1.55 }
    }
}

/// Where a text stands in its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

/// A cell of a table row: its lines, broken to the column's width.
#[derive(Clone, Debug)]
pub(crate) struct Cell<'t> {
    text: Cow<'t, str>,
    lines: Vec<Range<usize>>,
    pub(crate) style: Style,
    pub(crate) align: Align,
    pub(crate) ground: Option<Ink>,
    pub(crate) role: Role,
}

impl Cell<'_> {
    /// The same, as a header or over several columns.
    pub(crate) fn of(self, role: Role) -> Self {
        Self { role, ..self }
    }
}

/// A bookmark: a title, how deep it lies, and where it leads.
#[derive(Clone, Debug)]
pub(crate) struct Bookmark {
    pub(crate) title: String,
    pub(crate) level: u8,
    pub(crate) sheet: usize,
    pub(crate) y: f32,
}

/// Pages being filled.
pub(crate) struct Flow<'f> {
    pub(crate) glyphs: Glyphs<'f>,
    pub(crate) sheets: Vec<Sheet>,
    pub(crate) bookmarks: Vec<Bookmark>,
    pub(crate) structure: Structure,
    /// The element that is being filled.
    open: ElementId,
    /// What is drawn instead of content of an element.
    aside: Option<Artifact>,
    /// The next free place, from the top.
    pub(crate) y: f32,
    /// Space inside the cells of a table, above and below.
    pub(crate) padding: f32,
    /// The foot of the table row that was drawn last, where the next one need not draw a rule.
    ruled: Option<f32>,
}

/// A piece of a text that is run in.
#[derive(Clone, Debug)]
pub(crate) struct Span<'t> {
    pub(crate) text: Cow<'t, str>,
    pub(crate) weight: Weight,
    pub(crate) ink: Ink,
    /// What it is; spans of one role that follow each other are one element.
    pub(crate) role: Role,
}

/// The most lines of a text that is never divided.
const SHORT: usize = 12;
/// Space inside a cell, left and right.
const PADDING: f32 = 4.0;
/// Space inside a cell, above and below.
pub(crate) const ROOMY: f32 = 3.6;
/// The same of tables with many rows.
pub(crate) const DENSE: f32 = 1.1;
/// Thickness of a table's rules.
const THIN: f32 = 0.5;

impl<'f> Flow<'f> {
    pub(crate) fn new(glyphs: Glyphs<'f>) -> Self {
        Self {
            glyphs,
            sheets: vec![Sheet::default()],
            bookmarks: vec![],
            structure: Structure::new(),
            open: Structure::ROOT,
            aside: None,
            y: TOP,
            padding: ROOMY,
            ruled: None,
        }
    }

    /// What `draw` draws is an element of the one that is being filled.
    pub(crate) fn element<T>(&mut self, role: Role, draw: impl FnOnce(&mut Self) -> T) -> T {
        let id = self.added(role);
        self.filling(id, draw)
    }

    /// An element of the one that is being filled; aside of the content there are none.
    fn added(&mut self, role: Role) -> ElementId {
        if self.aside.is_some() { self.open } else { self.structure.add(role, self.open) }
    }

    fn filling<T>(&mut self, element: ElementId, draw: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.open, element);
        let drawn = draw(self);
        self.open = before;
        drawn
    }

    /// What `draw` draws is no part of what the report says.
    pub(crate) fn artifact(&mut self, artifact: Artifact, draw: impl FnOnce(&mut Self)) {
        let before = self.aside.replace(artifact);
        draw(self);
        self.aside = before;
    }

    /// What is left of the page.
    pub(crate) fn left(&self) -> f32 {
        BOTTOM - self.y
    }

    pub(crate) fn new_sheet(&mut self) {
        self.sheets.push(Sheet::default());
        self.y = TOP;
        self.ruled = None;
    }

    /// Goes on to a new page unless `height` is left. True when it did.
    pub(crate) fn ensure(&mut self, height: f32) -> bool {
        let full = self.left() < height && self.y > TOP;
        if full {
            self.new_sheet();
        }
        full
    }

    pub(crate) fn space(&mut self, height: f32) {
        if self.y > TOP {
            self.y += height;
        }
    }

    /// Puts a bookmark at the cursor.
    pub(crate) fn bookmark(&mut self, title: impl Into<String>, level: u8) {
        let bookmark = Bookmark { title: title.into(), level, sheet: self.sheets.len() - 1, y: self.y };
        self.bookmarks.push(bookmark);
    }

    /// Fills an area on the page that is being filled: of a figure, or else an artifact.
    pub(crate) fn area(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink) {
        let sheet = self.sheets.len().saturating_sub(1);
        self.area_on(sheet, Area { x, y, width, height }, ink);
    }

    pub(crate) fn area_on(&mut self, sheet: usize, area: Area, ink: Ink) {
        let role = self.structure.role(self.open);
        let mark = match role {
            Role::Figure { .. } => Mark::Element(self.open),
            _ => Mark::Artifact(self.aside.unwrap_or(Artifact::Layout)),
        };
        let Some(on) = self.sheets.get_mut(sheet) else { return };
        let begun = on.mark_areas(mark, role.name());
        on.fill(area, ink);
        self.begun(sheet, begun);
    }

    /// Draws the picture of the seal on the page that is being filled.
    pub(crate) fn picture(&mut self, area: Area) {
        let sheet = self.sheets.len().saturating_sub(1);
        let name = self.structure.role(self.open).name();
        let Some(on) = self.sheets.get_mut(sheet) else { return };
        let begun = on.mark_areas(Mark::Element(self.open), name);
        on.picture(area);
        self.begun(sheet, begun);
    }

    /// Notes the content of the open element that has begun on a page.
    fn begun(&mut self, sheet: usize, content: Option<u32>) {
        if let Some(id) = content {
            self.structure.give(self.open, Kid::Content { sheet: sheet as u32, id });
        }
    }

    /// The element that is being filled leads to the verification address from this area.
    pub(crate) fn link(&mut self, area: Area) {
        self.structure.link(self.open);
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.links.push(area);
        }
    }

    /// Draws one line of text with its top at `y`, on the page that is being filled.
    pub(crate) fn line(&mut self, text: &str, x: f32, y: f32, width: f32, align: Align, style: Style) {
        let sheet = self.sheets.len().saturating_sub(1);
        self.line_on(sheet, text, x, y, width, align, style);
    }

    /// Draws one line of text on the page with this number from 0.
    #[expect(clippy::too_many_arguments, reason = "a place, a text and its looks")]
    pub(crate) fn line_on(&mut self, sheet: usize, text: &str, x: f32, y: f32, width: f32, align: Align, style: Style) {
        if text.is_empty() {
            return;
        }
        let shift = match align {
            Align::Left => 0.0,
            Align::Center => (width - self.glyphs.width(text, style.size)) / 2.0,
            Align::Right => width - self.glyphs.width(text, style.size),
        };
        // Noto's ideographs stand 0.88 em above the baseline; the rest of the leading is shared out.
        let baseline = y + (style.leading - style.size) / 2.0 + 0.88 * style.size;
        let run = TextRun { x: x + shift, y: baseline, size: style.size, weight: style.weight, ink: style.ink, text };
        let mark = self.aside.map_or(Mark::Element(self.open), Mark::Artifact);
        let Some(on) = self.sheets.get_mut(sheet) else { return };
        let begun = on.mark_texts(mark, self.structure.role(self.open).name());
        on.set(run, &mut self.glyphs);
        self.begun(sheet, begun);
    }

    /// Breaks a text into lines of a width.
    pub(crate) fn broken(&mut self, text: &str, width: f32, style: Style) -> Vec<Range<usize>> {
        line_breaking::lines(text, width, style.size, |c| self.glyphs.advance(c))
    }

    /// Sets a paragraph over the measure, breaking over pages; never one line alone at the foot or head of a page.
    pub(crate) fn paragraph(&mut self, text: &str, indent: f32, style: Style) {
        self.element(Role::P, |flow| flow.lines(text, indent, style));
    }

    /// The same of the element that is being filled.
    pub(crate) fn lines(&mut self, text: &str, indent: f32, style: Style) {
        let lines = self.broken(text, MEASURE - indent, style);
        let count = lines.len();
        for (index, line) in lines.into_iter().enumerate() {
            let line = text.get(line).unwrap_or_default();
            let together = match index {
                0 if count > 1 => 2,
                _ if index + 2 == count => 2,
                _ => 1,
            };
            self.ensure(style.leading * together as f32);
            self.line(line, MARGIN + indent, self.y, MEASURE - indent, Align::Left, style);
            self.y += style.leading;
        }
    }

    /// A cell of a column `width` points wide.
    pub(crate) fn cell<'t>(
        &mut self,
        text: impl Into<Cow<'t, str>>,
        width: f32,
        style: Style,
        align: Align,
        ground: Option<Ink>,
    ) -> Cell<'t> {
        let text = text.into();
        let lines = self.broken(&text, width - 2.0 * PADDING, style);
        Cell { text, lines, style, align, ground, role: Role::Data { columns: 1 } }
    }

    /// Sets fields one after another over the measure, as one text: what each says in its own ink. Not divided when it is short;
    /// else two lines at least stand on each page, and `resume` draws what is repeated on a further one.
    pub(crate) fn run_in(&mut self, spans: &[Span<'_>], style: Style, resume: &mut dyn FnMut(&mut Self)) {
        let text: String = spans.iter().map(|span| span.text.as_ref()).collect();
        let lines = self.broken(&text, MEASURE, style);
        let count = lines.len();
        if count as f32 * style.leading > self.left() && count <= SHORT {
            self.new_sheet();
        }
        let elements = self.elements_of(spans);
        for (index, line) in lines.into_iter().enumerate() {
            let together = if index + 2 == count || (index == 0 && count > 1) { 2.0 } else { 1.0 };
            if self.ensure(style.leading * together) {
                self.artifact(Artifact::Layout, &mut *resume);
            }
            self.line_of(spans, &elements, &text, line, style);
            self.y += style.leading;
        }
    }

    /// The elements that spans belong to.
    fn elements_of(&mut self, spans: &[Span<'_>]) -> Vec<ElementId> {
        let runs = spans.chunk_by(|a, b| a.role == b.role);
        runs.flat_map(|run| {
            let element = run.first().map_or(self.open, |span| self.added(span.role));
            std::iter::repeat_n(element, run.len())
        })
        .collect()
    }

    /// Draws a line of a text that is made of spans.
    fn line_of(&mut self, spans: &[Span<'_>], elements: &[ElementId], text: &str, line: Range<usize>, style: Style) {
        let (mut begin, mut x) = (0, MARGIN);
        for (span, &element) in spans.iter().zip(elements) {
            let end = begin + span.text.len();
            let part = begin.max(line.start)..end.min(line.end);
            begin = end;
            let Some(part) = text.get(part).filter(|part| !part.is_empty()) else { continue };
            let style = Style { ink: span.ink, weight: span.weight, ..style };
            self.filling(element, |flow| flow.line(part, x, flow.y, MEASURE, Align::Left, style));
            x += self.glyphs.width(part, style.size);
        }
    }

    fn row_height(&self, cells: &[Cell<'_>], of: &Range<usize>) -> f32 {
        let height =
            |cell: &Cell<'_>| cell.lines.len().min(of.end).saturating_sub(of.start) as f32 * cell.style.leading;
        cells.iter().map(height).fold(0.0, f32::max) + 2.0 * self.padding
    }

    /// Draws a table row at the cursor. A row taller than what is left goes on, line by line, on further pages; before
    /// each of them `resume` draws what is repeated there.
    pub(crate) fn row(&mut self, cells: &[Cell<'_>], widths: &[f32], resume: &mut dyn FnMut(&mut Self)) {
        let tallest = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
        let height = self.row_height(cells, &(0..tallest));
        let row = self.added(Role::Row);
        let elements: Vec<ElementId> =
            self.filling(row, |flow| cells.iter().map(|cell| flow.added(cell.role)).collect());
        // A row of a few lines is never divided.
        if height > self.left() && (height < 120.0 || self.left() < 60.0) {
            self.new_sheet();
            self.artifact(Artifact::Layout, &mut *resume);
        }
        let leading = cells.iter().map(|cell| cell.style.leading).fold(1.0, f32::max);
        let mut drawn = 0;
        loop {
            let fitting = ((self.left() - 2.0 * self.padding) / leading).floor().max(1.0) as usize;
            if tallest - drawn <= fitting {
                self.draw_row(cells, &elements, widths, drawn..tallest);
                return;
            }
            // Two lines at least go over to the next page.
            let fitting = fitting.min((tallest - drawn).saturating_sub(2)).max(1);
            self.draw_row(cells, &elements, widths, drawn..drawn + fitting);
            drawn += fitting;
            self.new_sheet();
            self.artifact(Artifact::Layout, &mut *resume);
        }
    }

    /// Draws these lines of the cells.
    fn draw_row(&mut self, cells: &[Cell<'_>], elements: &[ElementId], widths: &[f32], lines: Range<usize>) {
        let (top, height) = (self.y, self.row_height(cells, &lines));
        let mut x = MARGIN;
        for ((cell, &element), &width) in cells.iter().zip(elements).zip(widths) {
            if let Some(ground) = cell.ground {
                // Below the rule, which the row above may have drawn.
                self.area(x, top + THIN, width, height - THIN, ground);
            }
            let own = cell.lines.get(lines.start.min(cell.lines.len())..lines.end.min(cell.lines.len()));
            let own = own.unwrap_or_default();
            let block = own.len() as f32 * cell.style.leading;
            // Short cells stand in the middle of a row of few lines, at the top of a long one.
            let above = if height < 60.0 { (height - block) / 2.0 } else { self.padding };
            for (index, line) in own.iter().enumerate() {
                let y = top + above + index as f32 * cell.style.leading;
                let line = cell.text.get(line.clone()).unwrap_or_default();
                let measure = width - 2.0 * PADDING;
                self.filling(element, |flow| flow.line(line, x + PADDING, y, measure, cell.align, cell.style));
            }
            x += width;
        }
        self.frame(top, height, widths);
        self.y = top + height;
        self.ruled = Some(self.y);
    }

    /// The rules around the cells of a row.
    fn frame(&mut self, top: f32, height: f32, widths: &[f32]) {
        let total: f32 = widths.iter().sum();
        if self.ruled != Some(top) {
            self.area(MARGIN, top, total, THIN, RULE);
        }
        self.area(MARGIN, top + height, total, THIN, RULE);
        let mut x = MARGIN;
        self.area(x, top, THIN, height, RULE);
        for &width in widths {
            x += width;
            self.area(x, top, THIN, height + THIN, RULE);
        }
    }
}
