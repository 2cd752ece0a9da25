//! The picture of a seal that a template carries: read once, and put into each report of the template.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use png::{ColorType, Transformations};
use thiserror::Error;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::compression::{SHARED_LEVEL, deflated};
use crate::error::RenderError;

/// The largest file: as text it leaves room for the wording in a request of 256 KiB.
const LARGEST: usize = 128 * 1024;
/// The longest side in pixels: 42 mm at 900 dots an inch.
const LONGEST_SIDE: usize = 1500;
/// What unpacking may take.
const MEMORY: usize = 4 * LONGEST_SIDE * LONGEST_SIDE;

/// A picture ready for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealPicture {
    width: usize,
    height: usize,
    /// `DeviceRGB` or `DeviceGray`.
    space: &'static str,
    filter: &'static str,
    samples: Vec<u8>,
    /// How opaque each pixel is, packed; `None` when all of them are.
    opacity: Option<Vec<u8>>,
}

/// Why a picture cannot be one of a seal.
#[derive(Debug, Error)]
pub enum SealPictureError {
    #[error("应为 base64 编码")]
    Encoding,
    #[error("文件最大 {} KiB", LARGEST / 1024)]
    TooLarge,
    #[error("应为 PNG 或 JPEG 图片")]
    Kind,
    #[error("宽和高最多 {LONGEST_SIDE} 像素")]
    TooManyPixels,
    #[error("图片已损坏或不完整")]
    Broken,
    #[error("JPEG 图片应为 RGB 或灰度，不能是 CMYK")]
    Inks,
}

impl SealPicture {
    /// Reads a PNG or JPEG in base64.
    pub(crate) fn parse(text: &str) -> Result<Self, SealPictureError> {
        if text.len() > LARGEST.div_ceil(3) * 4 {
            return Err(SealPictureError::TooLarge);
        }
        let bytes = STANDARD.decode(text).map_err(|_| SealPictureError::Encoding)?;
        if bytes.len() > LARGEST {
            return Err(SealPictureError::TooLarge);
        }
        match bytes.as_slice() {
            [0x89, b'P', b'N', b'G', ..] => Self::of_png(&bytes),
            [0xff, 0xd8, 0xff, ..] => Self::of_jpeg(bytes),
            _ => Err(SealPictureError::Kind),
        }
    }

    fn of_png(bytes: &[u8]) -> Result<Self, SealPictureError> {
        let broken = |_| SealPictureError::Broken;
        let limits = png::Limits { bytes: 2 * MEMORY };
        let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
        // Profiles and texts may be far longer unpacked, and nothing is made of them.
        decoder.set_ignore_iccp_chunk(true);
        decoder.set_ignore_text_chunk(true);
        decoder.set_transformations(Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().map_err(broken)?;
        let (width, height) = reader.info().size();
        let (width, height) = (width as usize, height as usize);
        within(width, height)?;
        let memory = reader.output_buffer_size().filter(|&memory| memory <= MEMORY).ok_or(SealPictureError::Broken)?;
        let mut pixels = vec![0; memory];
        let frame = reader.next_frame(&mut pixels).map_err(broken)?;
        pixels.truncate(frame.buffer_size());
        let (space, inks, has_opacity) = match frame.color_type {
            ColorType::Grayscale => (GREY, 1, false),
            ColorType::GrayscaleAlpha => (GREY, 1, true),
            ColorType::Rgb => (RGB, 3, false),
            ColorType::Rgba => (RGB, 3, true),
            ColorType::Indexed => return Err(SealPictureError::Kind),
        };
        let (samples, opacity) = if has_opacity { parted(&pixels, inks) } else { (pixels, vec![]) };
        let opacity = if opacity.iter().all(|&opacity| opacity == u8::MAX) { None } else { Some(packed(&opacity)?) };
        Ok(Self { width, height, space, filter: "FlateDecode", samples: packed(&samples)?, opacity })
    }

    /// A JPEG stays as it is, once it is known that it can be read.
    fn of_jpeg(bytes: Vec<u8>) -> Result<Self, SealPictureError> {
        let options = DecoderOptions::default().set_max_width(1 << 16).set_max_height(1 << 16);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes.as_slice()), options);
        decoder.decode_headers().map_err(|_| SealPictureError::Broken)?;
        let (width, height) = decoder.dimensions().ok_or(SealPictureError::Broken)?;
        within(width, height)?;
        let space = match decoder.input_colorspace() {
            Some(ColorSpace::Luma) => GREY,
            Some(ColorSpace::YCbCr | ColorSpace::RGB) => RGB,
            _ => return Err(SealPictureError::Inks),
        };
        decoder.decode().map_err(|_| SealPictureError::Broken)?;
        Ok(Self { width, height, space, filter: "DCTDecode", samples: bytes, opacity: None })
    }

    /// Width and height in points when it fills a box as far as its form lets it.
    pub(crate) fn within(&self, width: f32, height: f32) -> (f32, f32) {
        let scale = (width / self.width as f32).min(height / self.height as f32);
        (self.width as f32 * scale, self.height as f32 * scale)
    }

    /// Puts the picture into a file.
    pub(crate) fn add_to(&self, file: &mut Document) -> ObjectId {
        let mut dictionary = self.dictionary(self.space, self.filter);
        if let Some(opacity) = &self.opacity {
            let mask = Stream::new(self.dictionary(GREY, "FlateDecode"), opacity.clone());
            dictionary.set("SMask", Object::Reference(file.add_object(mask)));
        }
        file.add_object(Stream::new(dictionary, self.samples.clone()))
    }

    fn dictionary(&self, space: &str, filter: &str) -> Dictionary {
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Image",
            "Width" => self.width as i64,
            "Height" => self.height as i64,
            "ColorSpace" => space,
            "BitsPerComponent" => 8,
            "Filter" => filter,
        }
    }
}

const RGB: &str = "DeviceRGB";
const GREY: &str = "DeviceGray";

fn within(width: usize, height: usize) -> Result<(), SealPictureError> {
    match (width.min(height), width.max(height)) {
        (0, _) => Err(SealPictureError::Broken),
        (_, longest) if longest > LONGEST_SIDE => Err(SealPictureError::TooManyPixels),
        _ => Ok(()),
    }
}

/// Pixels of so many inks and an opacity each, as inks and opacities.
fn parted(pixels: &[u8], inks: usize) -> (Vec<u8>, Vec<u8>) {
    let (mut samples, mut opacity) = (Vec::with_capacity(pixels.len()), vec![]);
    for pixel in pixels.chunks_exact(inks + 1) {
        samples.extend(pixel.iter().take(inks));
        opacity.extend(pixel.last());
    }
    (samples, opacity)
}

fn packed(samples: &[u8]) -> Result<Vec<u8>, SealPictureError> {
    let packed: Result<Stream, RenderError> = deflated(Dictionary::new(), samples, SHARED_LEVEL);
    packed.map(|stream| stream.content).map_err(|_| SealPictureError::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(color: ColorType, width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
        let mut bytes = vec![];
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        bytes
    }

    fn parse(bytes: &[u8]) -> Result<SealPicture, SealPictureError> {
        SealPicture::parse(&STANDARD.encode(bytes))
    }

    #[test]
    fn a_png_is_colour_and_opacity() {
        let pixels = [[255, 0, 0, 255], [0, 255, 0, 0], [0, 0, 255, 7], [1, 2, 3, 4]].concat();
        let picture = parse(&png(ColorType::Rgba, 2, 2, &pixels)).unwrap();
        assert_eq!((picture.width, picture.height, picture.space), (2, 2, "DeviceRGB"));
        assert!(picture.opacity.is_some());
        let opaque = parse(&png(ColorType::GrayscaleAlpha, 1, 2, &[9, 255, 9, 255])).unwrap();
        assert_eq!((opaque.space, opaque.opacity), ("DeviceGray", None));
        assert_eq!(picture.within(100.0, 50.0), (50.0, 50.0));
    }

    #[test]
    fn what_cannot_be_a_seal_is_refused() {
        let whole = png(ColorType::Grayscale, 1, 3, &[1, 2, 3]);
        let long = png(ColorType::Grayscale, 1501, 1, &[0; 1501]);
        let table: [(&[u8], &str); 6] = [
            (b"", "应为 PNG 或 JPEG 图片"),
            (b"GIF89a", "应为 PNG 或 JPEG 图片"),
            (&whole[..whole.len() - 20], "图片已损坏或不完整"),
            (b"\xff\xd8\xff\xe0\x00\x10JFIF", "图片已损坏或不完整"),
            (&long, "宽和高最多 1500 像素"),
            (&[0; LARGEST + 1], "文件最大 128 KiB"),
        ];
        for (bytes, expected) in table {
            assert_eq!(parse(bytes).unwrap_err().to_string(), expected);
        }
        assert_eq!(SealPicture::parse("印章").unwrap_err().to_string(), "应为 base64 编码");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(which in 0..2_usize, bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let heads: [&[u8]; 2] = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff"];
            let refused = parse(&[heads[which], &bytes].concat());
            proptest::prop_assert!(refused.is_err());
        }
    }
}
