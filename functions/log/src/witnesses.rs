//! Witnesses: others, who see that the log only grows, and say so (tlog-witness).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};
use xinzheng_runtime::environment::{Environment, EnvironmentError};
use xinzheng_tlog::{Consistency, LogKey, Request, SignedCheckpoint, Tree, WitnessKey};

use crate::App;

/// How long entries that come next may wait for witnesses that answered the last time.
const HURRIED: Duration = Duration::from_secs(1);
/// How long a witness has to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer, in bytes.
const LONGEST: usize = 16 << 10;

/// The witnesses that are asked, and how many of them are to have cosigned.
#[derive(Debug)]
pub(crate) struct Witnesses {
    asked: Vec<Arc<Witness>>,
    keys: Vec<WitnessKey>,
    threshold: usize,
    client: Client,
}

#[derive(Debug)]
struct Witness {
    address: String,
    key: WitnessKey,
    /// Whether it answered when it was last asked: who did not is asked, and not waited for.
    answers: AtomicBool,
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
        let client = xinzheng_roots::client().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
        let asked = addresses
            .into_iter()
            .zip(keys.clone())
            .map(|(address, key)| Arc::new(Witness { address, key, answers: AtomicBool::new(true) }));
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

    /// The same, when they are enough: with a threshold of 0 one of them, when there are any.
    pub(crate) fn enough(&self, checkpoint: &SignedCheckpoint, log: &LogKey) -> Option<Vec<String>> {
        Some(self.cosigned(checkpoint, log))
            .filter(|cosigned| cosigned.len() >= self.threshold.max(usize::from(!self.keys.is_empty())))
    }

    /// Asks all of them at once, from now on.
    pub(crate) fn ask(&self, checkpoint: &SignedCheckpoint, known: &Known) -> Round {
        let asked = self.asked.iter().map(|witness| {
            let (client, asked) = (self.client.clone(), Arc::clone(witness));
            let request = request(checkpoint, known);
            // Asked on a task of its own, so that it is asked while the rest is done.
            let answer = tokio::spawn(async move { add(&client, &asked, request).await });
            (Arc::clone(witness), Said::Waiting(answer))
        });
        Round { asked: asked.collect() }
    }
}

/// What a witness has said so far.
enum Said {
    Waiting(JoinHandle<Answer>),
    Answered(Answer),
}

/// Witnesses that are being asked.
pub(crate) struct Round {
    asked: Vec<(Arc<Witness>, Said)>,
}

impl Round {
    /// The checkpoint with the cosignatures that have come already.
    pub(crate) async fn so_far(&mut self, checkpoint: &SignedCheckpoint) -> SignedCheckpoint {
        let mut all = checkpoint.clone();
        for (witness, said) in std::mem::take(&mut self.asked) {
            let answer = match said {
                Said::Waiting(answer) if !answer.is_finished() => {
                    self.asked.push((witness, Said::Waiting(answer)));
                    continue;
                }
                Said::Waiting(answer) => answer.await.unwrap_or_else(|error| Answer::Nothing(error.to_string())),
                Said::Answered(answer) => answer,
            };
            match &answer {
                Answer::Cosigned(lines) => match all.cosigned(&witness.key, lines) {
                    Some(cosigned) => all = cosigned,
                    None => self.asked.push((witness, Said::Answered(answer))),
                },
                // Who has said something else is dealt with when there is time.
                Answer::Knows(_) | Answer::Nothing(_) => self.asked.push((witness, Said::Answered(answer))),
            }
        }
        all
    }

    /// The same, once all have answered, or `patience` is over. A witness that knows another size is asked again, from there.
    /// Without patience who did not answer the last time is not waited for.
    pub(crate) async fn rest(
        self,
        app: &App,
        checkpoint: SignedCheckpoint,
        patience: Option<Duration>,
    ) -> SignedCheckpoint {
        let until = Instant::now() + patience.unwrap_or(HURRIED);
        let mut all = checkpoint;
        for (witness, said) in self.asked {
            let name = witness.key.name();
            let mut answer = match said {
                Said::Answered(answer) => answer,
                Said::Waiting(answer)
                    if patience.is_none() && !witness.answers.load(Ordering::Relaxed) && !answer.is_finished() =>
                {
                    continue;
                }
                Said::Waiting(answer) => match timeout_at(until, answer).await {
                    Ok(answered) => answered.unwrap_or_else(|error| Answer::Nothing(error.to_string())),
                    Err(_) => Answer::Nothing("it does not answer".to_owned()),
                },
            };
            if let Answer::Knows(size) = answer {
                let asked = timeout_at(until, again(app, &witness, &all, size)).await;
                answer = asked.unwrap_or_else(|_| Answer::Nothing("it does not answer".to_owned()));
            }
            let cosigned = match &answer {
                Answer::Cosigned(lines) => all.cosigned(&witness.key, lines),
                Answer::Knows(_) | Answer::Nothing(_) => None,
            };
            witness.answers.store(cosigned.is_some(), Ordering::Relaxed);
            match (cosigned, answer) {
                (Some(cosigned), _) => all = cosigned,
                (None, Answer::Cosigned(_)) => {
                    warn!(witness = name, "a witness answered with no cosignature of its own")
                }
                (None, Answer::Knows(size)) => warn!(witness = name, size, "a witness knows another size"),
                (None, Answer::Nothing(why)) => warn!(witness = name, why, "a witness has not cosigned"),
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
