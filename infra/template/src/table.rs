//! DynamoDB tables.

use crate::node::Node;
use crate::{DeploymentError, Problem};

/// An `AWS::DynamoDB::Table`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableDefinition {
    /// Its logical id.
    pub logical_id: String,
    /// Attributes that keys use: name, and `S`, `N` or `B`.
    pub attributes: Vec<(String, String)>,
    /// Its key.
    pub key: Vec<(String, KeyRole)>,
    /// Indexes that share its partition key.
    pub local_indexes: Vec<Index>,
    /// Indexes with a partition key of their own.
    pub global_indexes: Vec<Index>,
    /// Attribute that holds the second of the Unix epoch after which an item is forgotten.
    pub ttl: Option<String>,
    /// What its stream holds of a changed item (`NEW_IMAGE`, …), if it has one.
    pub stream: Option<String>,
}

/// A secondary index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: Vec<(String, KeyRole)>,
    /// What it copies of an item.
    pub projection: Projection,
}

/// What an attribute is to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRole {
    /// It chooses the partition.
    Hash,
    /// It orders the partition.
    Range,
}

/// What an index copies of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projection {
    /// Everything.
    All,
    /// The keys of table and index.
    KeysOnly,
    /// The keys and these attributes.
    Include(Vec<String>),
}

impl TableDefinition {
    pub(crate) fn read(resource: &Node<'_>) -> Result<Self, DeploymentError> {
        let properties = resource.need("Properties")?;
        let mut attributes = Vec::new();
        for attribute in properties.need("AttributeDefinitions")?.items()? {
            let name = attribute.need("AttributeName")?.text()?;
            attributes.push((name.to_owned(), attribute.need("AttributeType")?.text()?.to_owned()));
        }
        let ttl =
            properties.at("TimeToLiveSpecification").filter(|ttl| ttl.at("Enabled").is_some_and(|on| on.is_true()));
        Ok(Self {
            logical_id: resource.resource().to_owned(),
            attributes,
            key: read_key(&properties)?,
            local_indexes: read_indexes(&properties, "LocalSecondaryIndexes")?,
            global_indexes: read_indexes(&properties, "GlobalSecondaryIndexes")?,
            ttl: ttl.map(|ttl| ttl.need("AttributeName")?.text().map(str::to_owned)).transpose()?,
            stream: properties
                .at("StreamSpecification.StreamViewType")
                .map(|view| view.text().map(str::to_owned))
                .transpose()?,
        })
    }
}

fn read_indexes(properties: &Node<'_>, list: &str) -> Result<Vec<Index>, DeploymentError> {
    let read = |index: &Node<'_>| {
        Ok(Index {
            name: index.need("IndexName")?.text()?.to_owned(),
            key: read_key(index)?,
            projection: read_projection(&index.need("Projection")?)?,
        })
    };
    properties.items_at(list)?.iter().map(read).collect()
}

fn read_key(node: &Node<'_>) -> Result<Vec<(String, KeyRole)>, DeploymentError> {
    let read = |part: &Node<'_>| {
        let role = part.need("KeyType")?;
        let role = match role.text()? {
            "HASH" => KeyRole::Hash,
            "RANGE" => KeyRole::Range,
            _ => return Err(role.fail(Problem::Expected("HASH or RANGE"))),
        };
        Ok((part.need("AttributeName")?.text()?.to_owned(), role))
    };
    node.need("KeySchema")?.items()?.iter().map(read).collect()
}

fn read_projection(node: &Node<'_>) -> Result<Projection, DeploymentError> {
    let kind = node.need("ProjectionType")?;
    match kind.text()? {
        "ALL" => Ok(Projection::All),
        "KEYS_ONLY" => Ok(Projection::KeysOnly),
        "INCLUDE" => {
            let names = node.need("NonKeyAttributes")?.items()?;
            let names = names.iter().map(|name| name.text().map(str::to_owned)).collect::<Result<_, _>>()?;
            Ok(Projection::Include(names))
        }
        _ => Err(kind.fail(Problem::Expected("ALL, KEYS_ONLY or INCLUDE"))),
    }
}
