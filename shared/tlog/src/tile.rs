//! Where a log's tiles and bundles of entries are found (tlog-tiles).

use thiserror::Error;
use tlog_tiles::Tile;

use crate::tree::LARGEST;

/// How many hashes or entries a full tile has.
pub const TILE: u64 = 256;
/// The height of a tile: 2^8 hashes.
pub(crate) const HEIGHT: u8 = 8;

/// A path that is none of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a path of a log")]
pub struct PathError;

/// What a log is read by: each has a path behind the log's address, which is its key in the bucket, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The newest checkpoint: the one that changes.
    Checkpoint,
    /// Hashes: the tile of this level and number, of this many.
    Hashes(Tile),
    /// Entries: the bundle of this number, of this many.
    Entries(Tile),
}

impl Resource {
    /// The bundle with this number, of so many entries.
    pub fn entries(number: u64, width: u64) -> Self {
        Self::Entries(tile(0, number, width))
    }

    /// Its path.
    pub fn path(&self) -> String {
        match self {
            Self::Checkpoint => "checkpoint".to_owned(),
            Self::Hashes(tile) => tile.path().replacen("tile/8/", "tile/", 1),
            Self::Entries(tile) => tile.path().replacen("tile/8/0/", "tile/entries/", 1),
        }
    }

    /// Reads a path: what is not written exactly so is none.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        if path == "checkpoint" {
            return Ok(Self::Checkpoint);
        }
        let rest = path.strip_prefix("tile/").ok_or(PathError)?;
        let (what, rest) = rest.split_once('/').ok_or(PathError)?;
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok().filter(|width| *width < TILE).ok_or(PathError)?),
            None => (rest, TILE),
        };
        let mut found: u64 = 0;
        for part in number.split('/').map(|part| part.strip_prefix('x').unwrap_or(part)) {
            let part: u64 = part.parse().map_err(|_| PathError)?;
            found = found.checked_mul(1000).and_then(|found| found.checked_add(part)).ok_or(PathError)?;
        }
        // A tile of a larger log than is read.
        if found > LARGEST || width == 0 {
            return Err(PathError);
        }
        let found = match what {
            "entries" => Self::entries(found, width),
            level => Self::Hashes(tile(level.parse().map_err(|_| PathError)?, found, width)),
        };
        // What is written otherwise is another path.
        if found.path() == path { Ok(found) } else { Err(PathError) }
    }

    /// The same with all that there is place for; itself, when it is full.
    #[must_use]
    pub fn full(self) -> Self {
        let full = |found: Tile| tile(found.level(), found.level_index(), TILE);
        match self {
            Self::Checkpoint => self,
            Self::Hashes(tile) => Self::Hashes(full(tile)),
            Self::Entries(tile) => Self::Entries(full(tile)),
        }
    }
}

/// The tile at a place, of so many hashes, at least one and at most [`TILE`].
pub(crate) fn tile(level: u8, number: u64, width: u64) -> Tile {
    let width = u32::try_from(width.clamp(1, TILE)).unwrap_or(1);
    Tile::new(HEIGHT, level.min(7), number, width, false)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        for (resource, path) in [
            (Resource::Checkpoint, "checkpoint"),
            (Resource::Hashes(tile(0, 1_234_067, 256)), "tile/0/x001/x234/067"),
            (Resource::Hashes(tile(2, 0, 1)), "tile/2/000.p/1"),
            (Resource::entries(273, 112), "tile/entries/273.p/112"),
            (Resource::entries(0, 256), "tile/entries/000"),
        ] {
            assert_eq!(resource.path(), path);
            assert_eq!(Resource::parse(path).unwrap(), resource);
        }
        let none = [
            "",
            "tile",
            "tile/",
            "tile/8/0/000",
            "tile/0/0",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/64/000",
            "tile/00/000",
            "tile/data/000",
            "tile/entries/x000/000",
            "tile/entries/../checkpoint",
            "checkpoint/",
            "tile/0/x001/x234/x067/x067/x067/x067/x067/067",
            "tile/0/999999",
            "tile/entries/data/000",
            "tile/9/0/000",
        ];
        for path in none {
            assert_eq!(Resource::parse(path), Err(PathError), "{path}");
        }
    }
}
