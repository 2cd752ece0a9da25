//! Writes `fonts/template-glyphs.pdf` again, after the template or a font has changed.
#![allow(clippy::expect_used, reason = "a program for whoever changes the template")]

fn main() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fonts/template-glyphs.pdf");
    let glyphs = xinzheng_render::template_glyphs().expect("the glyphs are cut");
    std::fs::write(file, &glyphs).expect("the file is written");
    println!("{file}: {} bytes", glyphs.len());
}
