//! What the template's tables and buckets are called locally.

/// The local name of a table or bucket: `RegistryTable` -> `registry-table`.
pub(crate) fn resource_name(logical_id: &str) -> String {
    let mut name = String::new();
    for character in logical_id.chars() {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(character.to_ascii_lowercase());
    }
    name
}
