//! The flow of parts down the pages: a cursor, page breaks, and text set into columns.

use std::collections::BTreeSet;

use crate::fonts::{Font, Fonts, PLACEHOLDER, Weight};
use crate::line_breaking;
use crate::sheet::{Area, BOTTOM, Bookmark, Ink, MARGIN, MEASURE, RULE, Sheet, TOP, TextRun};

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
pub(crate) struct Cell {
    pub(crate) lines: Vec<String>,
    pub(crate) style: Style,
    pub(crate) align: Align,
    pub(crate) ground: Option<Ink>,
}

/// Pages being filled.
pub(crate) struct Flow<'f> {
    pub(crate) fonts: &'f Fonts,
    pub(crate) sheets: Vec<Sheet>,
    pub(crate) bookmarks: Vec<Bookmark>,
    pub(crate) missing: BTreeSet<char>,
    /// The next free place, from the top.
    pub(crate) y: f32,
}

/// Space inside a cell, above and below, and left and right.
const PADDING: (f32, f32) = (3.6, 5.0);
/// Thickness of a table's rules.
const THIN: f32 = 0.5;

impl<'f> Flow<'f> {
    pub(crate) fn new(fonts: &'f Fonts) -> Self {
        Self { fonts, sheets: vec![Sheet::default()], bookmarks: vec![], missing: BTreeSet::new(), y: TOP }
    }

    pub(crate) fn font(&self, weight: Weight) -> &'f Font {
        self.fonts.weight(weight)
    }

    /// What is left of the page.
    pub(crate) fn left(&self) -> f32 {
        BOTTOM - self.y
    }

    pub(crate) fn new_sheet(&mut self) {
        self.sheets.push(Sheet::default());
        self.y = TOP;
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

    fn sheet(&mut self) -> Option<&mut Sheet> {
        self.sheets.last_mut()
    }

    /// Puts a bookmark at the cursor.
    pub(crate) fn bookmark(&mut self, title: impl Into<String>, level: u8) {
        let bookmark = Bookmark { title: title.into(), level, sheet: self.sheets.len() - 1, y: self.y };
        self.bookmarks.push(bookmark);
    }

    pub(crate) fn area(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink) {
        if let Some(sheet) = self.sheet() {
            sheet.areas.push(Area { x, y, width, height, ink });
        }
    }

    pub(crate) fn link(&mut self, x: f32, y: f32, width: f32, height: f32) {
        if let Some(sheet) = self.sheet() {
            sheet.link = Some(Area { x, y, width, height, ink: RULE });
        }
    }

    /// The text as it can be drawn: what no font has becomes a visible placeholder and is noted; control characters
    /// become spaces.
    pub(crate) fn drawable(&mut self, text: &str) -> String {
        text.chars()
            .map(|c| match c {
                '\n' => '\n',
                c if c.is_control() => ' ',
                c if self.fonts.have(c) => c,
                c => {
                    self.missing.insert(c);
                    PLACEHOLDER
                }
            })
            .collect()
    }

    /// Draws one line of text with its top at `y`.
    pub(crate) fn line(&mut self, text: &str, x: f32, y: f32, width: f32, align: Align, style: Style) {
        if text.is_empty() {
            return;
        }
        let shift = match align {
            Align::Left => 0.0,
            Align::Center => (width - self.font(style.weight).width(text, style.size)) / 2.0,
            Align::Right => width - self.font(style.weight).width(text, style.size),
        };
        // Noto's ideographs stand 0.88 em above the baseline; the rest of the leading is shared out.
        let baseline = y + (style.leading - style.size) / 2.0 + 0.88 * style.size;
        let run = TextRun {
            x: x + shift,
            y: baseline,
            size: style.size,
            weight: style.weight,
            ink: style.ink,
            text: text.to_owned(),
        };
        if let Some(sheet) = self.sheet() {
            sheet.texts.push(run);
        }
    }

    /// Breaks a text into lines of a width.
    pub(crate) fn broken(&mut self, text: &str, width: f32, style: Style) -> Vec<String> {
        let text = self.drawable(text);
        line_breaking::lines(&text, width, style.size, self.font(style.weight)).into_iter().map(str::to_owned).collect()
    }

    /// Sets a paragraph over the measure, breaking over pages; never one line alone at the foot or head of a page.
    pub(crate) fn paragraph(&mut self, text: &str, indent: f32, style: Style) {
        let lines = self.broken(text, MEASURE - indent, style);
        let count = lines.len();
        for (index, line) in lines.iter().enumerate() {
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
    pub(crate) fn cell(&mut self, text: &str, width: f32, style: Style, align: Align, ground: Option<Ink>) -> Cell {
        Cell { lines: self.broken(text, width - 2.0 * PADDING.1, style), style, align, ground }
    }

    pub(crate) fn row_height(cells: &[Cell]) -> f32 {
        let tallest = cells.iter().map(|cell| cell.lines.len() as f32 * cell.style.leading).fold(0.0, f32::max);
        tallest + 2.0 * PADDING.0
    }

    /// Draws a table row at the cursor. A row taller than what is left goes on, line by line, on further pages; before
    /// each of them `resume` draws what is repeated there.
    pub(crate) fn row(&mut self, cells: &[Cell], widths: &[f32], resume: &mut dyn FnMut(&mut Self)) {
        let height = Self::row_height(cells);
        // A row of a few lines is never divided.
        if height > self.left() && (height < 120.0 || self.left() < 60.0) {
            self.new_sheet();
            resume(self);
        }
        let mut rest: Vec<Cell> = cells.to_vec();
        loop {
            let leading = rest.iter().map(|cell| cell.style.leading).fold(1.0, f32::max);
            let fitting = ((self.left() - 2.0 * PADDING.0) / leading).floor().max(1.0) as usize;
            let tallest = rest.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
            if tallest <= fitting {
                self.draw_row(&rest, widths);
                return;
            }
            // Two lines at least go over to the next page.
            let fitting = fitting.min(tallest.saturating_sub(2)).max(1);
            let now: Vec<Cell> = rest
                .iter_mut()
                .map(|cell| {
                    let mut upper = cell.clone();
                    let lower = upper.lines.split_off(fitting.min(upper.lines.len()));
                    cell.lines = lower;
                    upper
                })
                .collect();
            self.draw_row(&now, widths);
            self.new_sheet();
            resume(self);
        }
    }

    fn draw_row(&mut self, cells: &[Cell], widths: &[f32]) {
        let (top, height) = (self.y, Self::row_height(cells));
        let mut x = MARGIN;
        for (cell, &width) in cells.iter().zip(widths) {
            if let Some(ground) = cell.ground {
                self.area(x, top, width, height, ground);
            }
            let block = cell.lines.len() as f32 * cell.style.leading;
            // Short cells stand in the middle of a row of few lines, at the top of a long one.
            let above = if height < 60.0 { (height - block) / 2.0 } else { PADDING.0 };
            for (index, line) in cell.lines.iter().enumerate() {
                let y = top + above + index as f32 * cell.style.leading;
                self.line(line, x + PADDING.1, y, width - 2.0 * PADDING.1, cell.align, cell.style);
            }
            x += width;
        }
        self.frame(top, height, widths);
        self.y = top + height;
    }

    /// The rules around the cells of a row.
    fn frame(&mut self, top: f32, height: f32, widths: &[f32]) {
        let total: f32 = widths.iter().sum();
        self.area(MARGIN, top, total, THIN, RULE);
        self.area(MARGIN, top + height, total, THIN, RULE);
        let mut x = MARGIN;
        self.area(x, top, THIN, height, RULE);
        for &width in widths {
            x += width;
            self.area(x, top, THIN, height + THIN, RULE);
        }
    }
}
