//! The tree over all entries (RFC 6962, 2.1), known by tiles: how it grows, and what proves that an entry is in it, and that
//! a larger one goes on from a smaller.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use thiserror::Error;
use tlog_tiles::{
    EMPTY_HASH, Error as TileError, HASH_SIZE, Hash, HashReader, Tile, check_record, check_tree, node_hash,
    prove_record, prove_tree, record_hash, stored_hash_index, stored_hashes_for_record_hash, tree_hash,
};

use crate::tile::{HEIGHT, Resource, TILE, tile};

/// The most entries of a log that is read: 2^40. Beyond it numbers of hashes would not fit.
pub const LARGEST: u64 = 1 << 40;

/// Why nothing can be said of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TreeError {
    /// A size or an index is not one of the tree.
    #[error("no such size or index")]
    NoSuchSize,
    /// A tile that is needed is missing, or not as long as it should be.
    #[error("a tile is missing or has not the length that it should have")]
    Tile,
    /// The tiles are not those of the root.
    #[error("the tiles are not those of the root")]
    Root,
}

/// The tiles at the right edge of a tree of this size, that are not full: whoever wants to add to it needs these alone.
pub fn edge(size: u64) -> Vec<Tile> {
    let levels = (0..8_u8).map(|level| (level, size.checked_shr(u32::from(HEIGHT) * u32::from(level)).unwrap_or(0)));
    let partial = levels.filter(|(_, hashes)| hashes % TILE > 0);
    partial.map(|(level, hashes)| tile(level, hashes / TILE, hashes % TILE)).collect()
}

/// Tiles of a tree that were read.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// By level and number: the hashes of a tile, as many as are known.
    tiles: HashMap<(u8, u64), Vec<u8>>,
    /// Hashes by the crate's numbers, that are in no tile yet.
    new: HashMap<u64, Hash>,
}

/// What a tree grows by.
#[derive(Clone, Debug)]
pub struct Growth {
    /// How many entries there are.
    pub size: u64,
    /// The root of the tree of all of them.
    pub root: Hash,
    /// The tiles that are new, or longer than they were.
    pub tiles: Vec<(Tile, Vec<u8>)>,
}

/// That a tree goes on from a smaller one, as hashes (RFC 6962, 2.1.2).
pub type Consistency = Vec<Hash>;

/// Learns which hashes are asked for, and has none.
#[derive(Default)]
struct Asked(RefCell<Vec<u64>>);

impl HashReader for Asked {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, TileError> {
        self.0.borrow_mut().extend_from_slice(indexes);
        Err(TileError::IndexesNotInTree)
    }
}

impl Asked {
    /// The tiles that the hashes are in, each as wide as it is in a tree of this size.
    fn tiles(self, size: u64) -> Vec<Tile> {
        let mut found: Vec<Tile> = vec![];
        for index in self.0.into_inner() {
            let place = Tile::from_index(HEIGHT, index);
            let hashes = size.checked_shr(u32::from(HEIGHT) * u32::from(place.level())).unwrap_or(0);
            let behind = hashes.saturating_sub(place.level_index().saturating_mul(TILE));
            let wide = tile(place.level(), place.level_index(), behind);
            if !found.contains(&wide) {
                found.push(wide);
            }
        }
        found
    }
}

impl HashReader for Tree {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, TileError> {
        let one = |index: &u64| {
            if let Some(hash) = self.new.get(index) {
                return Ok(*hash);
            }
            let place = Tile::from_index(HEIGHT, *index);
            let hashes = self.tiles.get(&(place.level(), place.level_index())).ok_or(TileError::InvalidTile)?;
            let width = u64::try_from(hashes.len() / HASH_SIZE).unwrap_or(0);
            if width < u64::from(place.width()) {
                return Err(TileError::InvalidTile);
            }
            tile(place.level(), place.level_index(), width).hash_at_index(hashes, *index)
        };
        indexes.iter().map(one).collect()
    }
}

impl Tree {
    /// Adds a tile that was read; it may be longer than what is asked for.
    pub fn add(&mut self, place: Tile, mut hashes: Vec<u8>) -> Result<(), TreeError> {
        let wanted = usize::try_from(place.width()).map_err(|_| TreeError::Tile)? * HASH_SIZE;
        if hashes.len() < wanted {
            return Err(TreeError::Tile);
        }
        hashes.truncate(wanted);
        self.tiles.insert((place.level(), place.level_index()), hashes);
        Ok(())
    }

    /// The root of the tree of the first `size` entries.
    pub fn root(&self, size: u64) -> Result<Hash, TreeError> {
        match size {
            0 => Ok(EMPTY_HASH),
            size if size > LARGEST => Err(TreeError::NoSuchSize),
            size => tree_hash(size, self).map_err(|_| TreeError::Tile),
        }
    }

    /// Adds entries by their hashes ([`record_hash`]) behind the first `size`, whose root must be `root`. The tiles of
    /// [`edge`] must have been added.
    pub fn grow(&mut self, size: u64, root: Hash, leaves: &[Hash]) -> Result<Growth, TreeError> {
        let added = u64::try_from(leaves.len()).map_err(|_| TreeError::NoSuchSize)?;
        let grown = size.checked_add(added).filter(|grown| *grown <= LARGEST).ok_or(TreeError::NoSuchSize)?;
        if self.root(size)? != root {
            return Err(TreeError::Root);
        }
        for (number, leaf) in (size..).zip(leaves) {
            let hashes = stored_hashes_for_record_hash(number, *leaf, self).map_err(|_| TreeError::Tile)?;
            self.new.extend((stored_hash_index(0, number)..).zip(hashes));
        }
        let tiles = Tile::new_tiles(HEIGHT, size, grown).into_iter().map(|tile| {
            let bytes = tile.read_data(self).map_err(|_| TreeError::Tile)?;
            Ok((tile, bytes))
        });
        Ok(Growth { size: grown, root: self.root(grown)?, tiles: tiles.collect::<Result<_, TreeError>>()? })
    }

    /// The tiles that prove the entry with this index in a tree of this size.
    pub fn needed_for_inclusion(size: u64, index: u64) -> Result<Vec<Tile>, TreeError> {
        if index >= size || size > LARGEST {
            return Err(TreeError::NoSuchSize);
        }
        let asked = Asked::default();
        let _ = prove_record(size, index, &asked);
        Ok(asked.tiles(size))
    }

    /// That the entry with this index is in the tree of this size (RFC 6962, 2.1.1): hashes from its neighbour to the root.
    pub fn inclusion(&self, size: u64, index: u64) -> Result<Vec<Hash>, TreeError> {
        if index >= size || size > LARGEST {
            return Err(TreeError::NoSuchSize);
        }
        prove_record(size, index, self).map_err(|_| TreeError::Tile)
    }

    /// The tiles that prove that a tree of this size goes on from a smaller one.
    pub fn needed_for_consistency(size: u64, before: u64) -> Result<Vec<Tile>, TreeError> {
        if before > size || size > LARGEST {
            return Err(TreeError::NoSuchSize);
        }
        if before == 0 {
            return Ok(vec![]);
        }
        let asked = Asked::default();
        let _ = prove_tree(size, before, &asked);
        Ok(asked.tiles(size))
    }

    /// The same, with those that show whether they are tiles of the tree ([`Self::is_of`]).
    pub fn needed_for_growth(size: u64, before: u64) -> Result<Vec<Tile>, TreeError> {
        let mut needed = Self::needed_for_consistency(size, before)?;
        needed.extend(edge(size));
        let mut at = 0;
        while let Some(place) = needed.get(at).copied() {
            if u64::from(place.width()) == TILE {
                let (level, number) = (place.level() + 1, place.level_index() / TILE);
                let hashes = size.checked_shr(u32::from(HEIGHT) * u32::from(level)).unwrap_or(0);
                needed.push(tile(level, number, hashes.saturating_sub(number * TILE)));
            }
            at += 1;
        }
        let mut seen = HashSet::new();
        needed.retain(|place| seen.insert((place.level(), place.level_index())));
        Ok(needed)
    }

    /// Whether the tiles are those of the tree of this size and root: each full one by its hash in the one above it, and those
    /// at the edge by the root. All of [`Self::needed_for_growth`] must have been added.
    pub fn is_of(&self, size: u64, root: Hash) -> bool {
        let held_above = |(&(level, number), hashes): (&(u8, u64), &Vec<u8>)| {
            if hashes.len() < WHOLE {
                return true;
            }
            let above = self.tiles.get(&(level + 1, number / TILE));
            let at = usize::try_from(number % TILE).unwrap_or(0) * HASH_SIZE;
            above.and_then(|above| above.get(at..at + HASH_SIZE)).is_some_and(|above| *above == of_tile(hashes).0)
        };
        self.root(size) == Ok(root) && self.tiles.iter().all(held_above)
    }

    /// That the tree of this size goes on from a smaller one; nothing has to be proven of an empty one.
    pub fn consistency(&self, size: u64, before: u64) -> Result<Consistency, TreeError> {
        if before > size || size > LARGEST {
            return Err(TreeError::NoSuchSize);
        }
        if before == 0 { Ok(vec![]) } else { prove_tree(size, before, self).map_err(|_| TreeError::Tile) }
    }
}

/// The bytes of a tile that is full.
const WHOLE: usize = 256 * HASH_SIZE;

/// The hash of a full tile: the one that stands for it in the tile above.
fn of_tile(hashes: &[u8]) -> Hash {
    let mut level: Vec<Hash> =
        hashes.chunks_exact(HASH_SIZE).filter_map(|hash| Some(Hash(hash.try_into().ok()?))).collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .filter_map(|pair| if let [left, right] = pair { Some(node_hash(*left, *right)) } else { None })
            .collect();
    }
    level.first().copied().unwrap_or(EMPTY_HASH)
}

/// Whether the tree of this size and root has the entry at this index.
pub fn included(proof: &[Hash], size: u64, root: Hash, index: u64, entry: &[u8]) -> bool {
    index < size && size <= LARGEST && check_record(&proof.to_vec(), size, root, index, record_hash(entry)).is_ok()
}

/// Whether the tree of this size and root goes on from the one of `before`.
pub fn consistent(proof: &[Hash], size: u64, root: Hash, before: u64, before_root: Hash) -> bool {
    match before {
        0 => proof.is_empty() && before_root == EMPTY_HASH,
        before if before > size || size > LARGEST => false,
        before => check_tree(&proof.to_vec(), size, root, before, before_root).is_ok(),
    }
}

impl From<Tile> for Resource {
    fn from(tile: Tile) -> Self {
        Self::Hashes(tile)
    }
}
