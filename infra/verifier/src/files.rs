//! Which files are meant.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::VerifierError;

/// How deep folders are looked into.
const DEPTH: usize = 64;

/// The files that are named, and the PDF files of folders, in the order of their names. Links in folders are not
/// followed.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, VerifierError> {
    let mut files = vec![];
    for path in paths {
        if path.is_dir() {
            look_into(path, DEPTH, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn look_into(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), VerifierError> {
    let unreadable = |error| VerifierError::Unreadable { path: folder.to_owned(), error };
    let mut entries = fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(unreadable)?;
        let path = entry.path();
        if kind.is_dir() && depth > 0 {
            look_into(&path, depth - 1, files)?;
        } else if kind.is_file() && path.extension().is_some_and(|end| end.eq_ignore_ascii_case("pdf")) {
            files.push(path);
        }
    }
    Ok(())
}
