//! Files that keep the stack's state: whole or not there, whenever the process ends.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::error::StackError;

/// The extension of a file that is being written, and of what is left of it when the process ended meanwhile.
const UNFINISHED: &str = "tmp";

/// [`replace`], with an error for a person.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<(), StackError> {
    replace(file, bytes).map_err(|error| StackError::unwritable(file, error))
}

/// Puts `bytes` in the place of what `file` holds, readable for its owner alone: written beside it, brought to the disk, and
/// renamed. Whoever reads it finds the old or the new, never a part.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = file.with_extension(UNFINISHED);
    let mut open = OpenOptions::new();
    let mut written = open.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    written.write_all(bytes)?;
    written.sync_data()?;
    fs::rename(&unfinished, file)?;
    // The new name is on the disk when its folder is.
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_data()
}

/// Removes what is left in a folder of files whose writing was broken off.
pub(crate) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == UNFINISHED) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_read_in_part() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.json");
        let of = |number: u8| vec![number; 100_000];
        replace(&file, &of(0)).unwrap();
        let read = file.clone();
        let reader = std::thread::spawn(move || {
            let mut last = 0;
            while last < 50 {
                let bytes = fs::read(&read).unwrap();
                last = bytes[0];
                assert!(bytes.len() == 100_000 && bytes.iter().all(|byte| *byte == last));
            }
        });
        for number in 1..=50 {
            replace(&file, &of(number)).unwrap();
        }
        reader.join().unwrap();
    }
}
