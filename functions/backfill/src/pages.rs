//! Where a run has the uploads from: the bucket's listing, or its inventory when it has one; or the receipts.

use jiff::Timestamp;
use xinzheng_store::checkpoint::{Checkpoint, InventoryPlace};
use xinzheng_store::inventory::Inventory;
use xinzheng_store::objects::{RECEIPTS, StoredFile};
use xinzheng_store::{Bucket, StoreError};

use crate::App;

/// What keys of uploads begin with.
const UPLOADS: &str = "uploads/";
/// Rows of an inventory that are looked at at once; a listing has pages of as many.
const ROWS: usize = 1_000;

/// What keys of inventories begin with.
const INVENTORIES: &str = "inventory/";

/// The pages of a pass.
pub(crate) enum Pages<'a> {
    /// Of the bucket as it is now.
    Listed,
    /// Of the receipts, in their bucket.
    Received(&'a Bucket),
    /// Of an inventory in this bucket; the rows of the file that is being read.
    Inventoried(&'a Bucket, Inventory, Option<(usize, Vec<StoredFile>)>),
}

/// A page of uploads, or of receipts.
pub(crate) struct Page {
    pub(crate) files: Vec<StoredFile>,
    next: Next,
}

/// Where to go on.
enum Next {
    Listing(Option<String>),
    Inventory(Option<InventoryPlace>),
}

impl<'a> Pages<'a> {
    /// Goes on with what the checkpoint is at; a new pass takes the newest inventory, or the listing while there is none.
    pub(crate) async fn begin(app: &'a App, checkpoint: &mut Checkpoint) -> Result<Self, StoreError> {
        if checkpoint.restoring.is_some() {
            return Ok(Self::Received(&app.intake));
        }
        // A pass that lists goes on listing, and one over an inventory that is made no more begins again.
        let place = checkpoint.inventory.take();
        let (None, Some(bucket)) = (&checkpoint.after, &app.inventories) else { return Ok(Self::Listed) };
        if let Some(place) = place {
            match bucket.inventory(&place.manifest).await {
                Ok(inventory) => {
                    checkpoint.inventory = Some(place);
                    return Ok(Self::Inventoried(bucket, inventory, None));
                }
                // Inventories are forgotten after some time.
                Err(StoreError::NoObject(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let Some(inventory) = bucket.newest_inventory(INVENTORIES).await? else { return Ok(Self::Listed) };
        checkpoint.inventory = Some(InventoryPlace { manifest: inventory.manifest.clone(), file: 0, row: 0 });
        Ok(Self::Inventoried(bucket, inventory, None))
    }

    /// The page at the checkpoint. One ListObjectsV2, or a GetObject for each file of an inventory.
    pub(crate) async fn next(&mut self, app: &App, checkpoint: &Checkpoint) -> Result<Page, StoreError> {
        let (Self::Inventoried(bucket, inventory, read), Some(place)) = (&mut *self, &checkpoint.inventory) else {
            let (bucket, prefix) = match self {
                Self::Received(intake) => (*intake, RECEIPTS),
                _ => (&app.uploads, UPLOADS),
            };
            let page = bucket.list(prefix, checkpoint.after.as_deref()).await?;
            return Ok(Page { files: page.files, next: Next::Listing(page.next) });
        };
        let mut place = place.clone();
        let Some(key) = inventory.files.get(place.file) else {
            return Ok(Page { files: vec![], next: Next::Inventory(None) });
        };
        if read.as_ref().is_none_or(|(file, _)| *file != place.file) {
            *read = Some((place.file, bucket.inventory_file(inventory, key).await?));
        }
        let rows = read.as_ref().map_or(&[][..], |(_, rows)| rows.as_slice());
        let page = rows.iter().skip(place.row).take(ROWS);
        let files = page.filter(|file| file.key.starts_with(UPLOADS)).cloned().collect();
        place.row += ROWS;
        if place.row >= rows.len() {
            (place.file, place.row) = (place.file + 1, 0);
        }
        let goes_on = place.file < inventory.files.len();
        Ok(Page { files, next: Next::Inventory(goes_on.then_some(place)) })
    }
}

impl Page {
    /// The checkpoint behind this page.
    pub(crate) fn gone_on(self, checkpoint: Checkpoint, driven: u64, at: Timestamp) -> Checkpoint {
        let seen = self.files.len() as u64;
        match self.next {
            Next::Listing(next) => checkpoint.gone_on(seen, driven, next, at),
            Next::Inventory(None) => checkpoint.gone_on(seen, driven, None, at),
            Next::Inventory(Some(place)) => Checkpoint {
                seen: checkpoint.seen + seen,
                driven: checkpoint.driven + driven,
                inventory: Some(place),
                ..checkpoint
            },
        }
    }
}
