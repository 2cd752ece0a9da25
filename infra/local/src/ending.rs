//! The end of a stack: its parts are told, finish what they are doing, and are waited for.

use std::sync::{Arc, Weak};

use tokio::sync::watch;

/// Tells parts of a stack to end. They are told too when it is dropped, and then nobody waits for them.
#[derive(Clone, Debug)]
pub(crate) struct Ending(Arc<watch::Sender<bool>>);

/// Where work comes in from outside, none of which an [`Ending`] waits for before it has come in.
#[derive(Clone, Debug)]
pub(crate) struct Entrance(Weak<watch::Sender<bool>>);

/// What an [`Ending`] waits for, as long as it is held by whoever does it.
#[derive(Clone, Debug)]
pub(crate) struct Work(watch::Receiver<bool>);

impl Default for Ending {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Ending {
    /// Work of a part, which is told of the end.
    pub(crate) fn work(&self) -> Work {
        Work(self.0.subscribe())
    }

    /// Where work comes in.
    pub(crate) fn entrance(&self) -> Entrance {
        Entrance(Arc::downgrade(&self.0))
    }

    /// Tells all parts, and waits until none holds work any more.
    pub(crate) async fn end(&self) {
        self.0.send_replace(true);
        self.0.closed().await;
    }
}

impl Entrance {
    /// Work that comes in; `None` when there is nobody any more who would wait for it.
    pub(crate) fn come_in(&self) -> Option<Work> {
        self.0.upgrade().map(|ending| Work(ending.subscribe()))
    }
}

impl Work {
    /// True when nothing more is to be begun.
    pub(crate) fn is_to_end(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits until nothing more is to be begun.
    pub(crate) async fn ended(&mut self) {
        // An error: who would tell is gone.
        let _told = self.0.wait_for(|told| *told).await;
    }
}
