//! A tree as it is known by whoever has read all of it once, or trusts its root: what is needed to go on from there.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tlog_tiles::{Hash, Tile};

use crate::tile::Resource;
use crate::tree::{Growth, Tree, TreeError, edge};

/// The size and the root of a tree, with the tiles at its right edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Frontier {
    size: u64,
    root: Hash,
    edge: Vec<(Tile, Vec<u8>)>,
}

impl Frontier {
    /// The tree of nothing.
    pub fn empty() -> Self {
        Self { size: 0, root: tlog_tiles::EMPTY_HASH, edge: vec![] }
    }

    /// A tree of this size and root, by the tiles of [`edge`].
    pub fn of(size: u64, root: Hash, edge: Vec<(Tile, Vec<u8>)>) -> Result<Self, TreeError> {
        let frontier = Self { size, root, edge };
        if frontier.tree()?.root(size)? == root { Ok(frontier) } else { Err(TreeError::Root) }
    }

    /// How many entries it has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Its root.
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// The hashes of the last entries: those that do not fill a tile yet.
    pub fn last(&self) -> Vec<Hash> {
        let leaves = self.edge.iter().find(|(tile, _)| tile.level() == 0);
        let hashes = leaves.map_or(&[][..], |(_, hashes)| hashes);
        hashes.chunks_exact(32).filter_map(|hash| Some(Hash(hash.try_into().ok()?))).collect()
    }

    /// Adds entries by their hashes; the tiles that are new, or longer than they were.
    pub fn append(&mut self, leaves: &[Hash]) -> Result<Growth, TreeError> {
        let growth = self.tree()?.grow(self.size, self.root, leaves)?;
        let known = growth.tiles.iter().chain(&self.edge);
        let edge = edge(growth.size).into_iter().map(|wanted| {
            let same = |(tile, _): &&(Tile, Vec<u8>)| *tile == wanted;
            known.clone().find(same).cloned().ok_or(TreeError::Tile)
        });
        let edge = edge.collect::<Result<_, _>>()?;
        (self.size, self.root, self.edge) = (growth.size, growth.root, edge);
        Ok(growth)
    }

    fn tree(&self) -> Result<Tree, TreeError> {
        let mut tree = Tree::default();
        for (tile, hashes) in &self.edge {
            tree.add(*tile, hashes.clone())?;
        }
        Ok(tree)
    }
}

/// As it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    size: u64,
    root: String,
    /// Hashes of each tile, by its path.
    edge: Vec<(String, Vec<String>)>,
}

impl Serialize for Frontier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hashes = |bytes: &[u8]| {
            bytes.chunks_exact(32).filter_map(|one| Some(Hash(one.try_into().ok()?).to_string())).collect()
        };
        let edge = self.edge.iter().map(|(tile, bytes)| (Resource::from(*tile).path(), hashes(bytes))).collect();
        Kept { size: self.size, root: self.root.to_string(), edge }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Frontier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = serde::de::Error::custom::<&str>;
        let Kept { size, root, edge } = Kept::deserialize(deserializer)?;
        let hash = |text: &String| Hash::parse_hash(text).map(|hash| hash.0).map_err(|_| wrong("not a hash"));
        let edge = edge.iter().map(|(path, hashes)| {
            let Ok(Resource::Hashes(tile)) = Resource::parse(path) else { return Err(wrong("not a tile")) };
            Ok((tile, hashes.iter().map(hash).collect::<Result<Vec<_>, _>>()?.concat()))
        });
        let (edge, root) = (edge.collect::<Result<_, _>>()?, Hash(hash(&root)?));
        Self::of(size, root, edge).map_err(serde::de::Error::custom)
    }
}
