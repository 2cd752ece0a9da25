//! The table and the buckets, made from the template's own definitions.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, TimeToLiveSpecification,
};
use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use xinzheng_runtime::Services;
use xinzheng_template::{Deployment, Index, KeyRole, TableDefinition};

use crate::error::StackError;
use crate::resource_name::resource_name;

/// Makes whatever of the template's tables and buckets is not there yet.
pub(crate) async fn provision(template: &Deployment, services: &Services) -> Result<(), StackError> {
    for table in template.tables() {
        create_table(services, table).await?;
    }
    for bucket in template.buckets() {
        let created = services.s3.create_bucket().bucket(resource_name(&bucket.logical_id)).send().await;
        match created.map_err(|error| error.into_service_error()) {
            Ok(_) | Err(CreateBucketError::BucketAlreadyOwnedByYou(_) | CreateBucketError::BucketAlreadyExists(_)) => {}
            Err(error) => return Err(StackError::provision(&bucket.logical_id, &error)),
        }
    }
    Ok(())
}

async fn create_table(services: &Services, table: &TableDefinition) -> Result<(), StackError> {
    let wrong = |error: BuildError| StackError::provision(&table.logical_id, &error);
    let mut create = services
        .dynamodb
        .create_table()
        .table_name(resource_name(&table.logical_id))
        .billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in &table.attributes {
        let attribute = AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::from(kind.as_str()));
        create = create.attribute_definitions(attribute.build().map_err(wrong)?);
    }
    for element in key_schema(&table.key).map_err(wrong)? {
        create = create.key_schema(element);
    }
    for index in &table.local_indexes {
        let built = LocalSecondaryIndex::builder()
            .index_name(&index.name)
            .set_key_schema(Some(key_schema(&index.key).map_err(wrong)?))
            .projection(projection(index));
        create = create.local_secondary_indexes(built.build().map_err(wrong)?);
    }
    for index in &table.global_indexes {
        let built = GlobalSecondaryIndex::builder()
            .index_name(&index.name)
            .set_key_schema(Some(key_schema(&index.key).map_err(wrong)?))
            .projection(projection(index));
        create = create.global_secondary_indexes(built.build().map_err(wrong)?);
    }
    if let Some(view) = &table.stream {
        let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(view.as_str().into());
        create = create.stream_specification(stream.build().map_err(wrong)?);
    }
    match create.send().await.map_err(|error| error.into_service_error()) {
        Ok(_) => {}
        Err(CreateTableError::ResourceInUseException(_)) => return Ok(()),
        Err(error) => return Err(StackError::provision(&table.logical_id, &error)),
    }
    if let Some(attribute) = &table.ttl {
        let specification = TimeToLiveSpecification::builder().attribute_name(attribute).enabled(true);
        services
            .dynamodb
            .update_time_to_live()
            .table_name(resource_name(&table.logical_id))
            .time_to_live_specification(specification.build().map_err(wrong)?)
            .send()
            .await
            .map_err(|error| StackError::provision(&table.logical_id, &error.into_service_error()))?;
    }
    Ok(())
}

fn key_schema(key: &[(String, KeyRole)]) -> Result<Vec<KeySchemaElement>, BuildError> {
    let kind = |role: &KeyRole| match role {
        KeyRole::Hash => KeyType::Hash,
        KeyRole::Range => KeyType::Range,
    };
    key.iter()
        .map(|(name, role)| KeySchemaElement::builder().attribute_name(name).key_type(kind(role)).build())
        .collect()
}

fn projection(index: &Index) -> Projection {
    match &index.projection {
        xinzheng_template::Projection::All => Projection::builder().projection_type(ProjectionType::All).build(),
        xinzheng_template::Projection::KeysOnly => {
            Projection::builder().projection_type(ProjectionType::KeysOnly).build()
        }
        xinzheng_template::Projection::Include(attributes) => Projection::builder()
            .projection_type(ProjectionType::Include)
            .set_non_key_attributes(Some(attributes.clone()))
            .build(),
    }
}
