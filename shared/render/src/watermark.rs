//! The watermark of each page.

use std::fmt::Write as _;

use lopdf::{Object, Stream, dictionary};
use skrifa::outline::OutlinePen;

use crate::fonts::Fonts;
use crate::sheet::{HEIGHT, WIDTH};

/// The number across each page, very light, as paths: it is seen and does not get into copied text.
pub(crate) fn watermark(number: &str, fonts: &Fonts) -> Stream {
    let size = 36.0_f32;
    let font = &fonts.regular;
    let advance = |character| font.glyph(character).map_or(0.0, |glyph| f32::from(font.advance(glyph)) / 1000.0);
    let width = number.chars().map(advance).sum::<f32>() * size;
    let (sin, cos) = (0.5_f32, 0.866_f32);
    let (x, y) =
        (WIDTH / 2.0 - cos * width / 2.0 + sin * size / 3.0, HEIGHT / 2.0 - sin * width / 2.0 - cos * size / 3.0);
    // Coordinates in font units are short numbers.
    let scale = size / font.units();
    let (along, across) = (cos * scale, sin * scale);
    let mut path = Path {
        stream: format!("0.935 0.945 0.96 rg {along:.5} {across:.5} {:.5} {along:.5} {x:.2} {y:.2} cm\n", -across),
        x: 0.0,
        at: (0.0, 0.0),
    };
    for character in number.chars() {
        font.outline(character, &mut path);
        path.x += advance(character) * font.units();
    }
    path.stream.push_str("f\n");
    Stream::new(
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Form",
            "BBox" => vec![0.into(), 0.into(), Object::Real(WIDTH), Object::Real(HEIGHT)],
        },
        path.stream.into_bytes(),
    )
}

/// Glyph outlines as path operators.
struct Path {
    stream: String,
    x: f32,
    /// The current point in font units, for quadratic curves.
    at: (f32, f32),
}

impl Path {
    fn point(&mut self, x: f32, y: f32) {
        // Writing to a string cannot fail.
        let _written = write!(self.stream, "{:.0} {:.0} ", self.x + x, y);
    }
}

impl OutlinePen for Path {
    fn move_to(&mut self, x: f32, y: f32) {
        self.point(x, y);
        self.stream.push_str("m\n");
        self.at = (x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.point(x, y);
        self.stream.push_str("l\n");
        self.at = (x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (x0, y0) = self.at;
        self.curve_to(
            x0 + (x1 - x0) * 2.0 / 3.0,
            y0 + (y1 - y0) * 2.0 / 3.0,
            x + (x1 - x) * 2.0 / 3.0,
            y + (y1 - y) * 2.0 / 3.0,
            x,
            y,
        );
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.point(x1, y1);
        self.point(x2, y2);
        self.point(x, y);
        self.stream.push_str("c\n");
        self.at = (x, y);
    }

    fn close(&mut self) {
        self.stream.push_str("h\n");
    }
}
