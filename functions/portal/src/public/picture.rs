//! A photograph as shades of grey, small enough to be searched for a QR code.

use std::io::Cursor;

use png::{ColorType, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The longest side of a photograph, in pixels, and the most samples of all its colours: a progressive JPEG takes up to some
/// four bytes for each while it is decoded.
const LONGEST_SIDE: usize = 8_000;
const MOST_SAMPLES: usize = 75_000_000;
/// The longest side that is searched: a QR code is as well found in a smaller picture, and sooner.
const SEARCHED_SIDE: usize = 1_600;

/// The shortest side of a picture in which a code can stand.
const SHORTEST_SIDE: usize = 40;

/// A picture in grey: a byte for each pixel, row by row, 0 for black.
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    grey: Vec<u8>,
}

impl Picture {
    /// Reads a JPEG or PNG picture, made smaller when it is large; `None` when it is neither, damaged, or too large.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let picture = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") { of_png(bytes)? } else { of_jpeg(bytes)? };
        let whole = picture.grey.len() == picture.width * picture.height && !picture.grey.is_empty();
        whole.then(|| picture.smaller(SEARCHED_SIDE))
    }

    /// The shade of a pixel; white outside the picture.
    pub(super) fn shade(&self, x: usize, y: usize) -> u8 {
        self.grey.get(y * self.width + x).copied().unwrap_or(u8::MAX)
    }

    /// The same picture with twice the width and height, the shades between two pixels their mean; `None` when no code can
    /// stand in it.
    pub(super) fn doubled(&self) -> Option<Self> {
        let (width, height) = (self.width * 2, self.height * 2);
        if self.width.min(self.height) < SHORTEST_SIDE {
            return None;
        }
        let mut grey = Vec::with_capacity(width * height);
        for y in 0..height {
            let (above, below) = (y / 2, y.div_ceil(2).min(self.height - 1));
            for x in 0..width {
                let (left, right) = (x / 2, x.div_ceil(2).min(self.width - 1));
                let shades = [(left, above), (right, above), (left, below), (right, below)];
                let sum: u16 = shades.iter().map(|&(x, y)| u16::from(self.shade(x, y))).sum();
                grey.push(u8::try_from(sum / 4).unwrap_or(u8::MAX));
            }
        }
        Some(Self { width, height, grey })
    }

    /// Brings the longest side down to `side` when it is longer: each pixel is the mean of those that it stands for.
    fn smaller(self, side: usize) -> Self {
        let longest = self.width.max(self.height);
        if longest <= side {
            return self;
        }
        let scaled = |length: usize| (length * side / longest).max(1);
        let (width, height) = (scaled(self.width), scaled(self.height));
        let mut grey = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = y * self.height / height..(y + 1) * self.height / height;
            for x in 0..width {
                let columns = x * self.width / width..(x + 1) * self.width / width;
                let count = rows.len() * columns.len();
                let sum: usize = rows
                    .clone()
                    .filter_map(|row| self.grey.get(row * self.width + columns.start..row * self.width + columns.end))
                    .flatten()
                    .map(|&shade| usize::from(shade))
                    .sum();
                grey.push(u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX));
            }
        }
        Self { width, height, grey }
    }
}

fn of_png(bytes: &[u8]) -> Option<Picture> {
    let limits = png::Limits { bytes: 2 * MOST_SAMPLES };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    // Colour profiles and texts may be far longer unpacked, and nothing is made of them.
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let size = reader.info().size();
    let (width, height) = (usize::try_from(size.0).ok()?, usize::try_from(size.1).ok()?);
    let memory = reader.output_buffer_size().filter(|&memory| memory <= MOST_SAMPLES)?;
    if width.max(height) > LONGEST_SIDE {
        return None;
    }
    let mut pixels = vec![0; memory];
    let frame = reader.next_frame(&mut pixels).ok()?;
    pixels.truncate(frame.buffer_size());
    let grey = match frame.color_type {
        ColorType::Grayscale => pixels,
        ColorType::GrayscaleAlpha => pixels.chunks_exact(2).filter_map(on_white).collect(),
        ColorType::Rgb => pixels.chunks_exact(3).filter_map(luma).collect(),
        ColorType::Rgba => pixels.chunks_exact(4).filter_map(on_white_in_colour).collect(),
        ColorType::Indexed => return None,
    };
    Some(Picture { width, height, grey })
}

fn of_jpeg(bytes: &[u8]) -> Option<Picture> {
    let options = DecoderOptions::default().set_max_width(LONGEST_SIDE).set_max_height(LONGEST_SIDE);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().ok()?;
    let is_grey = matches!(decoder.input_colorspace()?, ColorSpace::YCbCr | ColorSpace::Luma);
    let wanted = if is_grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let samples = decoder.input_colorspace()?.num_components();
    let (width, height) = decoder.dimensions()?;
    if width * height > MOST_SAMPLES / samples.max(1) {
        return None;
    }
    decoder.output_buffer_size().filter(|&memory| memory <= MOST_SAMPLES)?;
    let pixels = decoder.decode().ok()?;
    let grey = if is_grey { pixels } else { pixels.chunks_exact(3).filter_map(luma).collect() };
    Some(Picture { width, height, grey })
}

/// The luma of red, green and blue (ITU-R BT.709).
fn luma(pixel: &[u8]) -> Option<u8> {
    let &[red, green, blue] = pixel else { return None };
    let weighed = 2126 * u32::from(red) + 7152 * u32::from(green) + 722 * u32::from(blue);
    u8::try_from(weighed / 10_000).ok()
}

/// A shade with its opacity, laid on white paper.
fn on_white(pixel: &[u8]) -> Option<u8> {
    let &[shade, opacity] = pixel else { return None };
    let (shade, opacity) = (u32::from(shade), u32::from(opacity));
    u8::try_from((shade * opacity + 255 * (255 - opacity)) / 255).ok()
}

fn on_white_in_colour(pixel: &[u8]) -> Option<u8> {
    let &[red, green, blue, opacity] = pixel else { return None };
    on_white(&[luma(&[red, green, blue])?, opacity])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png_of(colour: ColorType, pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
        let mut bytes = vec![];
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(colour);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        bytes
    }

    #[test]
    fn every_kind_of_png_becomes_grey() {
        for (colour, pixels, shades) in [
            (ColorType::Grayscale, vec![0, 200], [0, 200]),
            (ColorType::GrayscaleAlpha, vec![0, 255, 0, 0], [0, 255]),
            (ColorType::Rgb, vec![255, 255, 255, 255, 0, 0], [255, 54]),
            (ColorType::Rgba, vec![0, 0, 0, 255, 0, 0, 0, 0], [0, 255]),
        ] {
            let picture = Picture::read(&png_of(colour, &pixels, 2, 1)).unwrap();
            assert_eq!((picture.width, picture.height), (2, 1));
            assert_eq!([picture.shade(0, 0), picture.shade(1, 0)], shades, "{colour:?}");
        }
    }

    #[test]
    fn a_large_picture_is_made_smaller() {
        let (width, height) = (3_200, 400);
        let stripes: Vec<u8> = (0..height).flat_map(|_| (0..width).map(|x| if x < 1_600 { 0 } else { 255 })).collect();
        let picture = Picture::read(&png_of(ColorType::Grayscale, &stripes, width, height)).unwrap();
        assert_eq!((picture.width, picture.height), (1_600, 200));
        assert_eq!([picture.shade(0, 0), picture.shade(799, 199), picture.shade(800, 0)], [0, 0, 255]);
    }

    #[test]
    fn a_picture_is_doubled() {
        let picture = Picture { width: 40, height: 40, grey: [0, 100].repeat(800) };
        let doubled = picture.doubled().unwrap();
        assert_eq!((doubled.width, doubled.height), (80, 80));
        assert!(Picture { width: 1_601, height: 1, grey: vec![0; 1_601] }.doubled().is_none());
        assert_eq!(doubled.grey[..5], [0, 50, 100, 50, 0]);
    }

    #[test]
    fn what_is_too_large_or_no_picture_is_not_read() {
        let wide = png_of(ColorType::Grayscale, &vec![0; 8_001], 8_001, 1);
        for bytes in [&b""[..], b"GIF89a", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", &wide, &wide[..wide.len() / 2]] {
            assert!(Picture::read(bytes).is_none());
        }
    }
}
