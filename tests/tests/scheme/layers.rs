//! What lives where: keys, attributes and expressions of the table are known to the store alone.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target" && name != "tests") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn keys_of_the_table_are_known_to_the_store_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let keys = std::fs::read_to_string(root.join("shared/store/src/keys.rs")).unwrap();
    // Every prefix that keys.rs writes, such as SUBJECT# and CONFIG#.
    let prefixes: Vec<&str> = keys
        .split(['"', '`', ' ', '{', '}', '<', '>', ',', '|', '(', ')'])
        .filter_map(|word| word.split_once('#').map(|(prefix, _)| prefix))
        .filter(|prefix| prefix.len() > 2 && prefix.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-'))
        .collect();
    assert!(prefixes.contains(&"SUBJECT") && prefixes.contains(&"AUDIT") && prefixes.len() > 30, "{prefixes:?}");
    let mut files = vec![];
    for folder in ["functions", "shared"] {
        sources(&root.join(folder), &mut files);
    }
    files.retain(|path| !path.starts_with(root.join("shared/store")));
    assert!(files.len() > 150, "{}", files.len());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        for prefix in &prefixes {
            assert!(!text.contains(&format!("{prefix}#")), "{} knows {prefix}#", path.display());
        }
        for word in ["\"pk\"", "\"sk\"", "aws_sdk_dynamodb::types", "condition_expression", "TransactWriteItem::"] {
            assert!(!text.contains(word), "{} knows {word}", path.display());
        }
    }
}

#[test]
fn the_table_knows_nothing_of_what_stands_on_it() {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("shared/store/src");
    let mut files = vec![];
    sources(&store.join("table"), &mut files);
    assert!(files.len() >= 5, "{files:?}");
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let known = ["crate::{Registry, StoreError}", "crate::StoreError", "crate::Registry"];
        let text = known.iter().fold(text, |text, known| text.replace(known, ""));
        assert!(!text.contains("crate::"), "{} knows more of the store", path.display());
    }
}

#[test]
fn conditions_and_calls_stand_in_one_place_of_the_store() {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("shared/store/src");
    let mut files = vec![];
    sources(&store, &mut files);
    files.retain(|path| !path.starts_with(store.join("table")));
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let keys = path.ends_with("keys.rs");
        for word in [".pk()", ".sk()", "Key::new(", "List::new(", "List::between(", "List::of_index("] {
            assert!(keys || !text.contains(word), "{} has {word}", path.display());
        }
        for word in ["table_name(", "_expression(", "begins_with", "transact_write_items", "cancellation_reasons"] {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}
