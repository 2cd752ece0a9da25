//! What the accepted rows of an upload came to: kept by chunk while it is indexed, told in the receipt and in a file of its own
//! when all of it is.

use serde_json::Value;
use xinzheng_domain::RowEffect;
use xinzheng_domain::record::effect::{EFFECTS_HEADER, ReceiptEffect, ReceiptEffects, TOLD};
use xinzheng_domain::spreadsheet_text::inert;

use crate::batch::{Batch, BatchId};
use crate::chunk_name::ChunkName;
use crate::{Bucket, StoreError, objects};

/// What spreadsheets take as the sign of UTF-8.
const MARK: &str = "\u{feff}";

impl Bucket {
    /// Keeps what the rows of a chunk came to, of those that their clerk is to see. One PutObject when there are any.
    pub async fn keep_effects(
        &self,
        batch: &BatchId,
        name: ChunkName,
        effects: &[RowEffect],
    ) -> Result<(), StoreError> {
        let mut lines = vec![];
        for effect in effects.iter().filter(|effect| effect.is_listed()) {
            serde_json::to_writer(&mut lines, effect).map_err(StoreError::damaged("an effect"))?;
            lines.push(b'\n');
        }
        if lines.is_empty() {
            return Ok(());
        }
        self.put(&objects::chunk_effects_key(batch, name), "application/jsonl", lines, &[]).await
    }

    /// Tells in the receipt what all rows came to, and writes those that the clerk is to see into a file. Done again, the
    /// same is written. A ListObjectsV2 for each thousand chunks with such rows, a GetObject for each, one GetObject and a
    /// PutObject or two.
    pub async fn tell_effects(&self, batch: &BatchId, of: &Batch) -> Result<(), StoreError> {
        let key = objects::receipt_key(&of.key, batch);
        let damaged = || StoreError::damaged("a receipt");
        let mut receipt: Value = serde_json::from_slice(&self.get(&key).await?.bytes).map_err(damaged())?;
        let sheets = receipt.get("sheets").cloned().unwrap_or_default();
        let sheets: Vec<String> = serde_json::from_value(sheets).unwrap_or_default();
        let mut told = ReceiptEffects { counts: of.effects.clone(), ..ReceiptEffects::default() };
        let (mut file, mut after, mut in_force) = (None, None, vec![]);
        loop {
            let page = self.list(&objects::effects(batch), after.as_deref()).await?;
            for object in page.files.iter().filter(|object| object.key.ends_with(".jsonl")) {
                let lines = self.get(&object.key).await?.bytes;
                let mut table = String::new();
                for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    let effect: RowEffect = serde_json::from_slice(line).map_err(StoreError::damaged("an effect"))?;
                    let row = ReceiptEffect::of(&effect, &sheets);
                    table.push_str(&written(&row));
                    told.listed += 1;
                    let rows = if effect.effect.is_without_force() { &mut told.rows } else { &mut in_force };
                    if rows.len() < TOLD {
                        rows.push(row);
                    }
                }
                let writer = match &mut file {
                    Some(writer) => writer,
                    None => {
                        let mut writer = self.writer(&objects::effects_key(batch), "text/csv; charset=utf-8");
                        writer.write(format!("{MARK}{}\r\n", EFFECTS_HEADER.join(",")).as_bytes()).await?;
                        file.insert(writer)
                    }
                };
                writer.write(table.as_bytes()).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let room = TOLD.saturating_sub(told.rows.len());
        told.rows.extend(in_force.into_iter().take(room));
        if let Some(writer) = file {
            writer.finish().await?;
            told.file = Some(objects::effects_key(batch));
        }
        if let Some(receipt) = receipt.as_object_mut() {
            receipt.insert("effects".to_owned(), serde_json::to_value(&told).map_err(damaged())?);
        }
        let receipt = serde_json::to_vec_pretty(&receipt).map_err(damaged())?;
        self.put(&key, "application/json", receipt, &[]).await
    }
}

/// A row of the file.
fn written(row: &ReceiptEffect) -> String {
    let cell = |text: String| format!("\"{}\"", inert(&text).replace('"', "\"\""));
    format!("{}\r\n", row.cells().map(cell).join(","))
}
