//! Grids as CSV, in the encodings that units send.

use csv::{Terminator, WriterBuilder};
use encoding_rs::GB18030;

use crate::SampleError;
use crate::layout::{Format, Grid, Layout};

/// The bytes of a CSV file with CRLF line ends, as spreadsheets write it.
pub(crate) fn bytes(grid: &Grid, layout: &Layout) -> Result<Vec<u8>, SampleError> {
    let mut text = vec![];
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(&mut text);
    let width = grid.headers.len();
    // Spreadsheets fill a short row up with empty cells.
    let padded = |cells: &[String]| -> Vec<String> {
        cells.iter().cloned().chain(std::iter::repeat_n(String::new(), width.saturating_sub(cells.len()))).collect()
    };
    if let Some(title) = &grid.title {
        writer.write_record(padded(std::slice::from_ref(title)))?;
    }
    writer.write_record(&grid.headers)?;
    for row in &grid.rows {
        writer.write_record(row.iter().map(|cell| cell.as_ref().map_or_else(String::new, |cell| layout.text(cell))))?;
    }
    if !grid.notes.is_empty() {
        writer.write_record(padded(&grid.notes))?;
    }
    writer.flush().map_err(csv::Error::from)?;
    drop(writer);
    encoded(text, layout.format)
}

fn encoded(utf8: Vec<u8>, format: Format) -> Result<Vec<u8>, SampleError> {
    match format {
        Format::Utf8WithMark => Ok([b"\xef\xbb\xbf", utf8.as_slice()].concat()),
        Format::Gb18030 => {
            let text = String::from_utf8(utf8).map_err(|error| SampleError::NotWhole(error.to_string()))?;
            Ok(GB18030.encode(&text).0.into_owned())
        }
        Format::Utf8 | Format::Xlsx => Ok(utf8),
    }
}
