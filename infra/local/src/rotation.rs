//! Another key signs reports from now on; certificates of those before stay published.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use xinzheng_signature::rotated;

use crate::data_folder::DataFolder;
use crate::error::StackError;
use crate::{secrets, state_file};

/// Gives the stack of a data folder another key. The stack must have ended.
pub fn rotate_local(data: &Path, now: Timestamp) -> Result<(), StackError> {
    if !data.exists() {
        return Err(StackError::step("rotating the key")(format!("{} is not there", data.display()).into()));
    }
    secrets::rotate(&DataFolder::open(data)?, now)
}

/// Writes the signing secret of a deployment in which the key of `next` follows that of `current`.
pub(crate) fn rotate_secret(current: &Path, next: &Path, out: &Path, now: Timestamp) -> Result<(), StackError> {
    let read = |path: &Path| {
        let unread =
            |error: std::io::Error| StackError::step("reading a secret")(format!("{}: {error}", path.display()).into());
        fs::read_to_string(path).map_err(unread)
    };
    let secret = rotated(&read(current)?, &read(next)?, now).map_err(StackError::Rotation)?;
    state_file::write(out, secret.as_bytes())
}
