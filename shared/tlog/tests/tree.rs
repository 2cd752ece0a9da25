//! The tree against its definition (RFC 6962, 2.1), written out here once more; proofs that hold, and none that was altered.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::panic,
    reason = "tests"
)]

use std::collections::HashMap;

use proptest::prelude::*;
use xinzheng_tlog::{Hash, Resource, TILE, Tile, Tree, consistent, edge, included, record_hash};

/// MTH of RFC 6962, by its words; `aws_lc_rs` hashes here, another implementation than the one that is tested.
fn head(leaves: &[Vec<u8>]) -> [u8; 32] {
    use aws_lc_rs::digest::{SHA256, digest};
    let of = |bytes: &[u8]| <[u8; 32]>::try_from(digest(&SHA256, bytes).as_ref()).unwrap();
    match leaves {
        [] => of(b""),
        [leaf] => of(&[&[0], leaf.as_slice()].concat()),
        leaves => {
            let mut half = 1;
            while half * 2 < leaves.len() {
                half *= 2;
            }
            let (left, right) = leaves.split_at(half);
            of(&[&[1], head(left).as_slice(), head(right).as_slice()].concat())
        }
    }
}

fn leaf(number: usize) -> Vec<u8> {
    format!("entry {number}").into_bytes()
}

/// What a bucket holds.
#[derive(Default)]
struct Published(HashMap<String, Vec<u8>>);

impl Published {
    fn read(&self, tiles: Vec<Tile>) -> Tree {
        let mut tree = Tree::default();
        for tile in tiles {
            let path = Resource::from(tile).path();
            let bytes = self.0.get(&path).unwrap_or_else(|| panic!("{path} is not published"));
            tree.add(tile, bytes.clone()).unwrap();
        }
        tree
    }
}

/// Grows a log by batches of these sizes, from its edge alone each time; its leaves and what is published.
fn grown(batches: &[usize]) -> (Vec<Vec<u8>>, Published, Vec<(u64, Hash)>) {
    let (mut leaves, mut published) = (vec![], Published::default());
    let mut heads = vec![(0, Hash(head(&[])))];
    for batch in batches {
        let (size, root) = *heads.last().unwrap();
        let new: Vec<Vec<u8>> = (leaves.len()..leaves.len() + batch).map(leaf).collect();
        let hashes: Vec<Hash> = new.iter().map(|leaf| record_hash(leaf)).collect();
        let growth = published.read(edge(size)).grow(size, root, &hashes).unwrap();
        leaves.extend(new);
        for (tile, bytes) in growth.tiles {
            published.0.insert(Resource::from(tile).path(), bytes);
        }
        assert_eq!((growth.size, growth.root.0), (leaves.len() as u64, head(&leaves)));
        heads.push((growth.size, growth.root));
    }
    (leaves, published, heads)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_tree_that_grows_by_its_edge_is_the_tree_of_its_entries(
        batches in proptest::collection::vec(prop_oneof![0_usize..4, 200..300_usize, 1..40_usize], 1..7),
        chosen in any::<u64>(),
    ) {
        let (leaves, published, heads) = grown(&batches);
        let (size, root) = *heads.last().unwrap();
        for (before, before_root) in &heads {
            let needed = Tree::needed_for_consistency(size, *before).unwrap();
            let proof = published.read(needed).consistency(size, *before).unwrap();
            prop_assert!(consistent(&proof, size, root, *before, *before_root));
            let mut other = *before_root;
            other.0[3] ^= 1;
            prop_assert!(!consistent(&proof, size, root, *before, other));
            if *before > 0 && *before < size {
                prop_assert!(!consistent(&proof[1..], size, root, *before, *before_root));
                prop_assert!(!consistent(&proof, size, before_root.to_owned(), *before, *before_root));
            }
        }
        prop_assume!(size > 0);
        let index = chosen % size;
        let proof = published.read(Tree::needed_for_inclusion(size, index).unwrap()).inclusion(size, index).unwrap();
        let entry = &leaves[index as usize];
        prop_assert!(included(&proof, size, root, index, entry));
        prop_assert!(!included(&proof, size, root, index, b"another"));
        prop_assert!(!included(&proof, size, root, index + size, entry));
        prop_assert!(!included(&[proof.clone(), vec![root]].concat(), size, root, index, entry));
        for (at, _) in proof.iter().enumerate() {
            let mut altered = proof.clone();
            altered[at].0[0] ^= 0x80;
            prop_assert!(!included(&altered, size, root, index, entry));
        }
    }
}

#[test]
fn tiles_are_those_of_the_specification_for_a_log_of_seventy_thousand() {
    let (leaves, published, _) = grown(&[1, 255, 65_000, 4_744]);
    assert_eq!(leaves.len(), 70_000);
    let full = |path: &str| published.0.keys().filter(|key| key.starts_with(path) && !key.contains(".p/")).count();
    assert_eq!((full("tile/0/"), full("tile/1/"), full("tile/2/")), (273, 1, 0));
    for (path, hashes) in [("tile/0/273.p/112", 112), ("tile/1/001.p/17", 17), ("tile/2/000.p/1", 1)] {
        assert_eq!(published.0[path].len(), hashes * 32, "{path}");
    }
    let block = |from: usize| head(&leaves[from..from + TILE as usize]);
    assert_eq!(published.0["tile/1/001.p/17"][..32], block(65_536));
    assert_eq!(published.0["tile/0/001"][..32], head(&leaves[256..257]));
}

#[test]
fn tiles_that_are_not_those_of_the_root_grow_nothing() {
    let (_, published, heads) = grown(&[300]);
    let (size, root) = heads[1];
    for path in ["tile/0/001.p/44", "tile/1/000.p/1"] {
        let mut altered = Published(published.0.clone());
        altered.0.get_mut(path).unwrap()[5] ^= 1;
        assert!(altered.read(edge(size)).grow(size, root, &[record_hash(b"x")]).is_err(), "{path}");
    }
    let mut tree = Tree::default();
    assert!(tree.clone().grow(size, root, &[]).is_err(), "without tiles");
    assert!(tree.add(edge(size)[0], vec![0; 32]).is_err(), "a short tile");
    assert!(tree.grow(1 << 41, root, &[]).is_err(), "a size beyond all");
}
