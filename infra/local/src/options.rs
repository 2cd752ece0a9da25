//! What a stack is started with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use xinzheng_runtime::Clock;

use crate::queues::Faults;

/// How a stack is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that keeps everything.
    pub data: PathBuf,
    /// The port of the gateway on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// The clock of the functions.
    pub clock: Clock,
    /// What goes wrong with deliveries on purpose.
    pub faults: Faults,
    /// False to leave the queues' messages undelivered.
    pub deliver: bool,
    /// True to have signatures stamped by the stack's own time-stamping authority.
    pub timestamps: bool,
    /// True while the time-stamping authority answers nobody.
    pub authority_fails: Outage,
    /// True while the witness of the public log answers nobody.
    pub witness_fails: Outage,
    /// Whose calls [`crate::Stack::last_call`] counts.
    pub counted: Counted,
    /// True to print events as they are sent.
    pub print_events: bool,
    /// How long a second lasts after which a message is asked to come again.
    pub second: Duration,
    /// Parameters of the template that are not to have their defaults.
    pub parameters: BTreeMap<String, String>,
}

/// Whose calls are counted, of which one may be the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Those of `log`, which works beside the others whatever they do.
    Log,
    /// Those of all others.
    Others,
}

/// A switch by which a service outside of the deployment answers nobody.
#[derive(Clone, Debug, Default)]
pub struct Outage(Arc<AtomicBool>);

impl Outage {
    /// From now on it fails, or answers again.
    pub fn set(&self, fails: bool) {
        self.0.store(fails, Ordering::Relaxed);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Options {
    /// A stack on this folder, on any free port, by the system's clock, with nothing going wrong.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            port: 0,
            clock: Clock::system(),
            faults: Faults::default(),
            deliver: true,
            timestamps: false,
            authority_fails: Outage::default(),
            witness_fails: Outage::default(),
            counted: Counted::Others,
            print_events: false,
            second: Duration::from_secs(1),
            parameters: BTreeMap::new(),
        }
    }
}
