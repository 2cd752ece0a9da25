//! The compression of a file's streams (zlib).

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Document, Object, Stream};

use crate::error::RenderError;

/// zlib's level for what each report has of its own: 6 costs a tenth more time for two hundredths of the size, the best twice
/// as much.
pub(crate) const LEVEL: u32 = 4;
/// The one for the fonts that reports share, which are compressed once; higher ones gain nothing.
pub(crate) const SHARED_LEVEL: u32 = 6;

/// Compresses every stream but the metadata, which PDF/A wants readable.
pub(crate) fn compress(file: &mut Document, level: u32) -> Result<(), RenderError> {
    for object in file.objects.values_mut() {
        let Object::Stream(stream) = object else { continue };
        let is_metadata = stream.dict.get(b"Type").and_then(Object::as_name).is_ok_and(|name| name == b"Metadata");
        if !is_metadata && !stream.dict.has(b"Filter") {
            *stream = deflated(std::mem::take(&mut stream.dict), &stream.content, level)?;
        }
    }
    Ok(())
}

/// A stream of this content, compressed.
pub(crate) fn deflated(mut dictionary: Dictionary, content: &[u8], level: u32) -> Result<Stream, RenderError> {
    let wrong = |error: std::io::Error| RenderError::File(error.to_string());
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(content.len() / 2), Compression::new(level));
    encoder.write_all(content).map_err(wrong)?;
    dictionary.set("Filter", "FlateDecode");
    let mut stream = Stream::new(dictionary, encoder.finish().map_err(wrong)?);
    stream.allows_compression = false;
    Ok(stream)
}
