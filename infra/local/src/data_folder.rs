//! The data folder: all that a stack keeps, and no other stack beside it.

use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::StackError;

const LOCK: &str = "lock";

/// A folder that other stacks are kept from as long as it is open.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Opens the folder, or makes it. It is its owner's alone; one in which others already had something stays as it is, and
    /// what is put into it is the owner's alone.
    pub(crate) fn open(path: &Path) -> Result<Self, StackError> {
        let unwritable = |error: io::Error| StackError::unwritable(path, error);
        let file = path.join(LOCK);
        let is_own = !path.exists() || file.exists() || fs::read_dir(path).map_err(unwritable)?.next().is_none();
        if is_own {
            make(path).map_err(unwritable)?;
        }
        let lock = File::create(&file).map_err(|error| StackError::unwritable(&file, error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StackError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unwritable(error)),
        }
    }

    /// The path of a file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The path of a folder in it, which is made when it is not there, its owner's alone.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, StackError> {
        let folder = self.path.join(name);
        make(&folder).map_err(|error| StackError::unwritable(&folder, error))?;
        Ok(folder)
    }
}

/// Makes a folder with those above it, and lets nobody but its owner into it.
fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o700))
}
