//! Witnesses: others, who see that the log only grows, and say so (tlog-witness).

use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use tracing::{info, warn};
use xinzheng_runtime::environment::{Environment, EnvironmentError};
use xinzheng_tlog::{Consistency, LogKey, Request, SignedCheckpoint, Tree, WitnessKey};

use crate::App;

/// How long a witness has to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer, in bytes.
const LONGEST: usize = 16 << 10;

/// The witnesses that are asked, and how many of them are to have cosigned.
#[derive(Debug)]
pub(crate) struct Witnesses {
    asked: Vec<Witness>,
    keys: Vec<WitnessKey>,
    threshold: usize,
    client: Client,
}

#[derive(Clone, Debug)]
struct Witness {
    address: String,
    key: WitnessKey,
}

/// What the witnesses are thought to know: a size of the log, and that the checkpoint goes on from it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) before: u64,
    pub(crate) consistency: Consistency,
}

/// What a witness said.
#[derive(Debug)]
enum Answer {
    /// Lines with its cosignature.
    Cosigned(Vec<u8>),
    /// It knows a checkpoint of this size.
    Knows(u64),
    /// Nothing that helps.
    Nothing(String),
}

impl Witnesses {
    /// Reads `WITNESS_URLS` and `WITNESS_KEYS`, which belong together in their order, and `WITNESS_THRESHOLD`.
    pub(crate) fn load(environment: &Environment) -> Result<Self, EnvironmentError> {
        let wrong = |name: &str| EnvironmentError::Unreadable(name.to_owned());
        let parts = |name: &str| -> Vec<String> {
            let text = environment.text(name).unwrap_or_default();
            text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
        };
        let addresses = parts("WITNESS_URLS");
        let keys = parts("WITNESS_KEYS").iter().map(|key| WitnessKey::parse(key)).collect::<Result<Vec<_>, _>>();
        let keys = keys.map_err(|_| wrong("WITNESS_KEYS"))?;
        let threshold = environment.value("WITNESS_THRESHOLD")?;
        if addresses.len() != keys.len() {
            return Err(wrong("WITNESS_URLS"));
        }
        if threshold > keys.len() {
            return Err(wrong("WITNESS_THRESHOLD"));
        }
        let client = Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
        let asked = addresses.into_iter().zip(keys.clone()).map(|(address, key)| Witness { address, key });
        Ok(Self { asked: asked.collect(), keys, threshold, client: client.map_err(|_| wrong("WITNESS_URLS"))? })
    }

    pub(crate) fn keys(&self) -> &[WitnessKey] {
        &self.keys
    }

    pub(crate) const fn threshold(&self) -> usize {
        self.threshold
    }

    /// The names of those that have cosigned a checkpoint.
    pub(crate) fn cosigned(&self, checkpoint: &SignedCheckpoint, log: &LogKey) -> Vec<String> {
        let cosigned = checkpoint.signed_by(log, &self.keys).unwrap_or_default();
        cosigned.into_iter().map(|key| key.name().to_owned()).collect()
    }

    /// The same, when they are enough.
    pub(crate) fn enough(&self, checkpoint: &SignedCheckpoint, log: &LogKey) -> Option<Vec<String>> {
        Some(self.cosigned(checkpoint, log)).filter(|cosigned| cosigned.len() >= self.threshold)
    }

    /// Asks all of them at once, from now on.
    pub(crate) fn ask(&self, checkpoint: &SignedCheckpoint, known: &Known) -> Round {
        let asked = self.asked.iter().map(|witness| {
            let (client, witness) = (self.client.clone(), witness.clone());
            let request = request(checkpoint, known);
            // Asked on a task of its own, so that it is asked while the rest is done.
            let asked = tokio::spawn(async move { (add(&client, &witness, request).await, witness) });
            async move { asked.await.ok() }.boxed()
        });
        Round { left: asked.collect() }
    }
}

/// Witnesses that are being asked.
pub(crate) struct Round {
    left: FuturesUnordered<BoxFuture<'static, Option<(Answer, Witness)>>>,
}

impl Round {
    /// The checkpoint with the cosignatures that have come already.
    pub(crate) fn so_far(&mut self, checkpoint: &SignedCheckpoint) -> SignedCheckpoint {
        let mut all = checkpoint.clone();
        let mut back = vec![];
        while let Some(Some(answered)) = self.left.next().now_or_never() {
            match answered {
                Some((Answer::Cosigned(lines), witness)) => {
                    if let Some(cosigned) = all.cosigned(&witness.key, &lines) {
                        all = cosigned;
                    }
                }
                other => back.push(other),
            }
        }
        // Who has said something else is dealt with when there is time.
        back.into_iter().for_each(|answered| self.left.push(async move { answered }.boxed()));
        all
    }

    /// The same, once all have answered or their time is over. A witness that knows another size is asked again, from there.
    pub(crate) async fn rest(mut self, app: &App, checkpoint: SignedCheckpoint) -> SignedCheckpoint {
        let mut all = checkpoint;
        while let Some(answered) = self.left.next().await {
            let Some((mut answer, witness)) = answered else { continue };
            if let Answer::Knows(size) = answer {
                answer = again(app, &witness, &all, size).await;
            }
            match answer {
                Answer::Cosigned(lines) => match all.cosigned(&witness.key, &lines) {
                    Some(cosigned) => all = cosigned,
                    None => warn!(witness = witness.key.name(), "a witness answered with no cosignature of its own"),
                },
                Answer::Knows(size) => warn!(witness = witness.key.name(), size, "a witness knows another size"),
                Answer::Nothing(why) => warn!(witness = witness.key.name(), why, "a witness has not cosigned"),
            }
        }
        all
    }
}

/// Asks a witness that is behind, or ahead: it says which size it knows.
async fn again(app: &App, witness: &Witness, checkpoint: &SignedCheckpoint, size: u64) -> Answer {
    if size > checkpoint.size() {
        // Someone else has brought it a later checkpoint, or the log was set back.
        return Answer::Nothing(format!(
            "it has cosigned {size} entries, and this checkpoint has {}",
            checkpoint.size()
        ));
    }
    let Ok(tiles) = Tree::needed_for_consistency(checkpoint.size(), size) else { return Answer::Knows(size) };
    let consistency = match app.log.tree(tiles).await {
        Ok(tree) => tree.consistency(checkpoint.size(), size),
        Err(error) => return Answer::Nothing(error.to_string()),
    };
    let Ok(consistency) = consistency else { return Answer::Knows(size) };
    info!(witness = witness.key.name(), size, "a witness is asked from where it is");
    add(&app.witnesses.client, witness, request(checkpoint, &Known { before: size, consistency })).await
}

fn request(checkpoint: &SignedCheckpoint, known: &Known) -> Vec<u8> {
    Request { before: known.before, consistency: known.consistency.clone(), checkpoint: checkpoint.clone() }.to_bytes()
}

async fn add(client: &Client, witness: &Witness, request: Vec<u8>) -> Answer {
    let address = format!("{}/add-checkpoint", witness.address.trim_end_matches('/'));
    let sent = client.post(address).header(CONTENT_TYPE, "text/plain; charset=utf-8").body(request).send().await;
    let mut answer = match sent {
        Ok(answer) => answer,
        Err(error) => return Answer::Nothing(error.without_url().to_string()),
    };
    let status = answer.status().as_u16();
    let mut bytes = vec![];
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() <= LONGEST => bytes.extend_from_slice(&chunk),
            Ok(Some(_)) => return Answer::Nothing("its answer is too long".to_owned()),
            Ok(None) => break,
            Err(error) => return Answer::Nothing(error.without_url().to_string()),
        }
    }
    match status {
        200 => Answer::Cosigned(bytes),
        409 => match std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok()) {
            Some(size) => Answer::Knows(size),
            None => Answer::Nothing("it refuses a fork".to_owned()),
        },
        status => Answer::Nothing(format!("it answered {status}")),
    }
}
