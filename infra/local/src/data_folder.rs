//! The data folder: all that a stack keeps, and no other stack beside it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::StackError;

/// A folder that other stacks are kept from as long as it is open.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Opens the folder, or makes it.
    pub(crate) fn open(path: &Path) -> Result<Self, StackError> {
        fs::create_dir_all(path).map_err(|error| StackError::unwritable(path, error))?;
        let file = path.join("lock");
        let lock = File::create(&file).map_err(|error| StackError::unwritable(&file, error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StackError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(StackError::unwritable(path, error)),
        }
    }

    /// The path of a file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The path of a folder in it, which is made when it is not there.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, StackError> {
        let folder = self.path.join(name);
        fs::create_dir_all(&folder).map_err(|error| StackError::unwritable(&folder, error))?;
        Ok(folder)
    }
}
