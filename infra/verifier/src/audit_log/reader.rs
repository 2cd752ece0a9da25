//! A log over HTTP.

use std::time::Duration;

use reqwest::{Client, StatusCode, Url};
use xinzheng_tlog::{Resource, TILE, Tile, Tree};

use super::{AuditError, Evidence};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest answer in bytes: a bundle of entries that are all as long as they may be.
const LONGEST: usize = 17 << 20;
/// How often what could not be read is asked for.
const ATTEMPTS: u32 = 4;

#[derive(Clone, Debug)]
pub(crate) struct Reader {
    client: Client,
    address: Url,
}

impl Reader {
    pub(crate) fn at(address: &str) -> Result<Self, AuditError> {
        let wrong = || AuditError::Address(address.to_owned());
        let url = Url::parse(&format!("{}/", address.trim_end_matches('/'))).map_err(|_| wrong())?;
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
            return Err(wrong());
        }
        let client = Client::builder().timeout(PATIENCE).build();
        Ok(Self { client: client.map_err(|error| AuditError::Unreadable(error.to_string()))?, address: url })
    }

    /// What stands at a path; `None` when nothing does.
    pub(crate) async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, AuditError> {
        let mut turn = 0;
        loop {
            match self.try_get(path).await {
                Err(_) if turn + 1 < ATTEMPTS => {
                    turn += 1;
                    tokio::time::sleep(Duration::from_millis(200 << turn)).await;
                }
                outcome => return outcome.map_err(|why| AuditError::Unreadable(format!("{path}: {why}"))),
            }
        }
    }

    async fn try_get(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let url = self.address.join(path).map_err(|error| error.to_string())?;
        let answer = self.client.get(url).send().await.map_err(|error| error.without_url().to_string())?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let mut answer = answer.error_for_status().map_err(|error| error.without_url().to_string())?;
        let mut bytes = vec![];
        while let Some(piece) = answer.chunk().await.map_err(|error| error.without_url().to_string())? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > LONGEST {
                return Err("the answer is too long".to_owned());
            }
        }
        Ok(Some(bytes))
    }

    /// A tile or bundle, and whether it is the full one that was read since the partial one has gone.
    async fn whole(&self, resource: Resource) -> Result<(Vec<u8>, bool), AuditError> {
        if let Some(found) = self.get(&resource.path()).await? {
            return Ok((found, false));
        }
        let missing = || AuditError::Unreadable(format!("{} is not there", resource.path()));
        Ok((self.get(&resource.full().path()).await?.ok_or_else(missing)?, true))
    }

    /// The entries of a bundle in a log of this size.
    pub(crate) async fn entries(&self, number: u64, size: u64) -> Result<Vec<Vec<u8>>, AuditError> {
        let width = size.saturating_sub(number * TILE).min(TILE);
        let rewritten = || AuditError::Evidence(Evidence::Rewritten { from: number * TILE, size });
        let (bytes, is_full) = self.whole(Resource::entries(number, width)).await?;
        let found = xinzheng_tlog::entries(&bytes).map_err(|_| rewritten())?;
        let wanted = usize::try_from(width).unwrap_or(usize::MAX);
        if found.len() < wanted || (found.len() > wanted && !is_full) {
            return Err(rewritten());
        }
        Ok(found.into_iter().take(wanted).map(<[u8]>::to_vec).collect())
    }

    /// Reads these tiles.
    pub(crate) async fn tree(&self, tiles: Vec<Tile>) -> Result<Tree, AuditError> {
        let mut tree = Tree::default();
        for tile in tiles {
            let (bytes, _) = self.whole(tile.into()).await?;
            tree.add(tile, bytes).map_err(|error| AuditError::Evidence(Evidence::Tiles(error)))?;
        }
        Ok(tree)
    }
}
