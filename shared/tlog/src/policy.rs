//! Which logs and witnesses are trusted, and how many of these are asked for (tlog-policy).

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::key::{KeyError, LogKey, WitnessKey};
use crate::proof::ProofError;

/// Why a policy is none; with the number of its line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// A line that is none of a policy.
    #[error("line {0} is none of a policy: log, witness, group or quorum")]
    Line(usize),
    /// A key that is none.
    #[error("line {0}: {1}")]
    Key(usize, KeyError),
    /// A name that is not defined before, or defined twice, or a member twice.
    #[error("line {0}: the name {1} is not defined before, or used twice")]
    Name(usize, String),
    /// There is no quorum, or more than one.
    #[error("a policy has one line `quorum`")]
    Quorum,
}

/// Whom to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// Nobody.
    None,
    /// A witness, by its place among those of the policy.
    Witness(usize),
    /// So many of these.
    Of(usize, Vec<Quorum>),
}

/// Logs, witnesses, and the quorum.
#[derive(Clone, Debug)]
pub struct Policy {
    logs: Vec<(LogKey, Option<String>)>,
    witnesses: Vec<WitnessKey>,
    quorum: Quorum,
}

/// The most lines of a policy, and the longest of it.
const LONGEST: usize = 64 << 10;

impl Policy {
    /// One log; so many of these witnesses are asked for.
    pub fn of(log: LogKey, witnesses: Vec<WitnessKey>, wanted: usize) -> Self {
        let quorum = match wanted {
            0 => Quorum::None,
            wanted => Quorum::Of(wanted, (0..witnesses.len()).map(Quorum::Witness).collect()),
        };
        Self { logs: vec![(log, None)], witnesses, quorum }
    }

    /// Reads a policy file.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let (mut logs, mut witnesses) = (vec![], vec![]);
        let mut names: BTreeMap<String, Quorum> = BTreeMap::new();
        let mut members: BTreeSet<String> = BTreeSet::new();
        let mut quorum = None;
        if text.len() > LONGEST {
            return Err(PolicyError::Line(0));
        }
        for (number, line) in (1..).zip(text.split('\n')) {
            let words: Vec<&str> = line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            let key = |error| PolicyError::Key(number, error);
            match words.as_slice() {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["log", key_of, address @ ..] if address.len() < 2 => {
                    let log = LogKey::parse(key_of).map_err(key)?;
                    if logs.iter().any(|(known, _): &(LogKey, _)| known.to_string() == log.to_string()) {
                        return Err(PolicyError::Name(number, log.origin().to_owned()));
                    }
                    logs.push((log, address.first().map(|address| (*address).to_owned())));
                }
                ["witness", name, key_of, address @ ..] if address.len() < 2 => {
                    let witness = WitnessKey::parse(key_of).map_err(key)?;
                    define(&mut names, number, name, Quorum::Witness(witnesses.len()))?;
                    if witnesses.iter().any(|known: &WitnessKey| known.is_same_key(&witness)) {
                        return Err(PolicyError::Name(number, (*name).to_owned()));
                    }
                    witnesses.push(witness);
                }
                ["group", name, wanted, of @ ..] if !of.is_empty() => {
                    let mut group = vec![];
                    for member in of {
                        let unknown = || PolicyError::Name(number, (*member).to_owned());
                        group.push(names.get(*member).cloned().ok_or_else(unknown)?);
                        if !members.insert((*member).to_owned()) {
                            return Err(unknown());
                        }
                    }
                    let wanted = match *wanted {
                        "all" => group.len(),
                        "any" => 1,
                        digits => digits.parse().map_err(|_| PolicyError::Line(number))?,
                    };
                    if !(1..=group.len()).contains(&wanted) {
                        return Err(PolicyError::Line(number));
                    }
                    define(&mut names, number, name, Quorum::Of(wanted, group))?;
                }
                ["quorum", name] => {
                    let named = match *name {
                        "none" => Quorum::None,
                        name => names.get(name).cloned().ok_or_else(|| PolicyError::Name(number, name.to_owned()))?,
                    };
                    if quorum.replace(named).is_some() {
                        return Err(PolicyError::Quorum);
                    }
                }
                _ => return Err(PolicyError::Line(number)),
            }
        }
        Ok(Self { logs, witnesses, quorum: quorum.ok_or(PolicyError::Quorum)? })
    }

    /// As a policy file; each witness is called by its key's name. `address` is where the log is.
    pub fn written(log: &LogKey, address: &str, witnesses: &[WitnessKey], wanted: usize) -> String {
        let mut text = format!("log {log} {address}\n");
        for (number, witness) in (1..).zip(witnesses) {
            text.push_str(&format!("witness w{number} {witness}\n"));
        }
        if wanted == 0 || witnesses.is_empty() {
            return text + "quorum none\n";
        }
        let names: Vec<String> = (1..=witnesses.len()).map(|number| format!("w{number}")).collect();
        format!("{text}group witnesses {} {}\nquorum witnesses\n", wanted.min(witnesses.len()), names.join(" "))
    }

    /// The witnesses of the policy that have cosigned a checkpoint, when it is one of a log of the policy and there are enough.
    pub fn accepts(&self, checkpoint: &SignedCheckpoint) -> Result<Vec<&str>, ProofError> {
        let (mut cosigned, mut refused) = (None, ProofError::UnknownLog);
        for (log, _) in &self.logs {
            match checkpoint.signed_by(log, &self.witnesses) {
                Ok(found) => cosigned = Some(found),
                Err(CheckpointError::OtherLog(_)) => {}
                // Another key of the same log may have signed it.
                Err(error) => refused = error.into(),
            }
        }
        let cosigned = cosigned.ok_or(refused)?;
        let signed = |place: usize| self.witnesses.get(place).is_some_and(|key| cosigned.contains(&key));
        if is_met(&self.quorum, &signed) {
            Ok(cosigned.into_iter().map(WitnessKey::name).collect())
        } else {
            Err(ProofError::Unwitnessed)
        }
    }
}

fn define(names: &mut BTreeMap<String, Quorum>, number: usize, name: &str, what: Quorum) -> Result<(), PolicyError> {
    if name == "none" || names.insert(name.to_owned(), what).is_some() {
        return Err(PolicyError::Name(number, name.to_owned()));
    }
    Ok(())
}

fn is_met(quorum: &Quorum, signed: &dyn Fn(usize) -> bool) -> bool {
    match quorum {
        Quorum::None => true,
        Quorum::Witness(place) => signed(*place),
        Quorum::Of(wanted, members) => members.iter().filter(|member| is_met(member, signed)).count() >= *wanted,
    }
}
