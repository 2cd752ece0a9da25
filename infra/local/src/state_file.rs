//! Files that keep the stack's state: whole or not there, whenever the process ends.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::error::StackError;

/// [`replace`], with an error for a person.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<(), StackError> {
    replace(file, bytes).map_err(|error| StackError::unwritable(file, error))
}

/// Puts `bytes` in the place of what `file` holds, readable for its owner alone: written beside it, brought to the disk, and
/// renamed. Whoever reads it finds the old or the new, never a part.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = file.with_extension("tmp");
    let mut open = OpenOptions::new();
    let mut written = open.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    written.write_all(bytes)?;
    written.sync_data()?;
    fs::rename(&unfinished, file)?;
    // The new name is on the disk when its folder is.
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_data())
}
