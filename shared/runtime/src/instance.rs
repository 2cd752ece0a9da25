//! A function as it stands in a process: what it works with, made anew when one of its secrets has changed, without a restart.
//!
//! Secrets are read again beside the requests, which go on with what there is. Only one that comes when that is older than
//! [`OLDEST`], as after a pause, waits for it, for no longer than [`PATIENCE`]. What cannot be read, or is refused by the
//! function, leaves it with what it had, and is told: by the log, and by the metric `SecretsUnread`.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tracing::{error, info};

use crate::environment::EnvironmentError;
use crate::lambda::Start;
use crate::secrets::Secrets;

/// After how long secrets are read again.
pub const FRESH: SignedDuration = SignedDuration::from_mins(5);
/// How old they are at most when a request is carried out with them, unless they cannot be read.
pub const OLDEST: SignedDuration = SignedDuration::from_mins(10);
/// When what failed is tried again.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// The longest that a request waits.
const PATIENCE: Duration = Duration::from_secs(3);

type Loading<A> = Pin<Box<dyn Future<Output = Result<A, EnvironmentError>> + Send>>;

/// A function that was started.
pub struct Instance<A> {
    start: Start,
    load: Box<dyn Fn(Start) -> Loading<A> + Send + Sync>,
    held: Mutex<Held<A>>,
    reading: Arc<tokio::sync::Mutex<()>>,
}

/// What a function works with.
struct Held<A> {
    app: Arc<A>,
    /// What it was made with.
    secrets: Secrets,
    /// Since when they are known to be these.
    known: Timestamp,
    /// When they were last looked at.
    tried: Timestamp,
}

impl<A> fmt::Debug for Instance<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Instance(..)")
    }
}

impl<A: Send + Sync + 'static> Instance<A> {
    /// Reads the secrets and starts the function. A BatchGetSecretValue, and what `load` takes.
    ///
    /// # Errors
    ///
    /// When a secret cannot be read, or `load` refuses.
    pub async fn start<L, F>(start: Start, load: L) -> Result<Arc<Self>, EnvironmentError>
    where
        L: Fn(Start) -> F + Send + Sync + 'static,
        F: Future<Output = Result<A, EnvironmentError>> + Send + 'static,
    {
        let now = start.clock.now();
        let secrets = start.secrets.read(&start.environment, now).await?;
        let app = Box::pin(load(Start { secrets: secrets.clone(), ..start.clone() })).await?;
        let held = Held { app: Arc::new(app), secrets, known: now, tried: now };
        let load = Box::new(move |start| Box::pin(load(start)) as Loading<A>);
        Ok(Arc::new(Self { start, load, held: Mutex::new(held), reading: Arc::default() }))
    }

    /// What the function works with now. No call that is waited for, unless what there is is too old.
    pub async fn app(self: &Arc<Self>) -> Arc<A> {
        let now = self.start.clock.now();
        // A clock that was put back says as little as one that went on.
        let since = |then: Timestamp| now.duration_since(then).abs();
        let (known, tried) = self.with(|held| (held.known, held.tried));
        if since(known) >= FRESH && since(tried) >= AGAIN {
            self.begin_reading();
            if since(known) >= OLDEST {
                // What lasts longer goes on beside the request.
                let _late = tokio::time::timeout(PATIENCE, self.reading.lock()).await;
            }
        }
        self.with(|held| Arc::clone(&held.app))
    }

    fn begin_reading(self: &Arc<Self>) {
        let Ok(one_at_a_time) = Arc::clone(&self.reading).try_lock_owned() else { return };
        let this = Arc::clone(self);
        tokio::spawn(async move {
            this.read_again().await;
            drop(one_at_a_time);
        });
    }

    async fn read_again(&self) {
        let (environment, now) = (&self.start.environment, self.start.clock.now());
        let before = self.with(|held| held.secrets.clone());
        let (secrets, mut unread) = before.read_again(environment, now).await;
        if !secrets.are_those(&before) {
            match (self.load)(Start { secrets: secrets.clone(), ..self.start.clone() }).await {
                Ok(app) => {
                    info!(event = "secrets-taken-up", "secrets have changed, and the function works with them");
                    self.with(|held| (held.app, held.secrets) = (Arc::new(app), secrets));
                }
                Err(error) => unread.push(error),
            }
        }
        for error in &unread {
            error!(event = "secrets-unread", %error, "the function goes on with the secrets that it had");
        }
        if !unread.is_empty()
            && let Ok(namespace) = environment.text("METRICS_NAMESPACE")
        {
            self.start.metrics.tell(namespace, now, &[("SecretsUnread", unread.len() as u64)]);
        }
        self.with(|held| {
            held.tried = now;
            if unread.is_empty() {
                held.known = now;
            }
        });
    }

    fn with<T>(&self, look: impl FnOnce(&mut Held<A>) -> T) -> T {
        look(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use tokio::sync::Semaphore;

    use super::*;
    use crate::environment::Environment;
    use crate::services::Services;
    use crate::{Clock, Metrics};

    /// What a function is started in: its secret, whether it can be read, its clock, what it tells.
    #[derive(Clone, Default)]
    struct World {
        secret: Arc<Mutex<String>>,
        fails: Arc<AtomicBool>,
        seconds: Arc<AtomicI64>,
        told: Arc<Mutex<Vec<String>>>,
    }

    impl World {
        fn start(&self) -> Start {
            let sdk =
                SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("cn-north-1"));
            let sdk = sdk.build();
            let (world, seconds, told) = (self.clone(), Arc::clone(&self.seconds), Arc::clone(&self.told));
            let secrets = Secrets::kept_by(move || match world.fails.load(Ordering::SeqCst) {
                true => Err("away".to_owned()),
                false => Ok(BTreeMap::from([("PORTAL_KEY_SECRET".to_owned(), world.secret.lock().unwrap().clone())])),
            });
            let variables = [("PORTAL_KEY_SECRET", "arn"), ("METRICS_NAMESPACE", "test")];
            Start {
                environment: Environment::of(variables.map(|(name, text)| (name.to_owned(), text.to_owned()))),
                services: Services::new(&sdk),
                secrets,
                clock: Clock::of(move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).unwrap()),
                metrics: Metrics::of(move |line| told.lock().unwrap().push(line.to_owned())),
                sdk,
            }
        }

        fn change(&self, secret: &str) {
            *self.secret.lock().unwrap() = secret.to_owned();
        }

        fn pass(&self, minutes: i64) {
            self.seconds.fetch_add(minutes * 60, Ordering::SeqCst);
        }

        fn told(&self) -> usize {
            self.told.lock().unwrap().iter().filter(|line| line.contains("\"SecretsUnread\":1")).count()
        }
    }

    /// A function that holds its secret, and refuses one.
    async fn load(start: Start) -> Result<String, EnvironmentError> {
        let secret = start.secrets.portal_key()?.to_owned();
        let refused = || EnvironmentError::Secret { name: "PORTAL_KEY_SECRET".to_owned(), why: "short".to_owned() };
        Some(secret).filter(|secret| secret != "refused").ok_or_else(refused)
    }

    async fn at_rest(instance: &Instance<String>) {
        drop(instance.reading.lock().await);
    }

    #[tokio::test]
    async fn a_secret_that_changes_is_taken_up_within_its_time() {
        let world = World::default();
        world.change("one");
        let instance = Instance::start(world.start(), load).await.unwrap();
        world.change("two");
        world.pass(4);
        assert_eq!(*instance.app().await, "one", "it was read a moment ago");
        at_rest(&instance).await;
        assert_eq!(*instance.app().await, "one");
        world.pass(2);
        assert_eq!(*instance.app().await, "one", "who asks does not wait");
        at_rest(&instance).await;
        assert_eq!(*instance.app().await, "two");
        world.change("three");
        world.pass(11);
        assert_eq!(*instance.app().await, "three", "after a pause it is read first");
        // A clock that was put back does not keep what is old.
        world.change("four");
        world.pass(-600);
        assert_eq!(*instance.app().await, "four");
        assert_eq!(world.told(), 0);
    }

    #[tokio::test]
    async fn what_cannot_be_read_or_is_refused_leaves_what_there_is_and_is_told() {
        let world = World::default();
        world.change("one");
        let instance = Instance::start(world.start(), load).await.unwrap();
        world.fails.store(true, Ordering::SeqCst);
        world.change("two");
        for (minutes, told) in [(11, 1), (0, 1), (1, 2)] {
            world.pass(minutes);
            assert_eq!(*instance.app().await, "one");
            at_rest(&instance).await;
            assert_eq!(world.told(), told, "once a minute");
        }
        world.fails.store(false, Ordering::SeqCst);
        world.change("refused");
        world.pass(1);
        assert_eq!(*instance.app().await, "one");
        assert_eq!(world.told(), 3);
        world.change("two");
        world.pass(1);
        assert_eq!(*instance.app().await, "two");
        assert_eq!(world.told(), 3);
    }

    #[tokio::test]
    async fn a_function_does_not_start_without_its_secrets() {
        let world = World::default();
        world.change("refused");
        assert!(Instance::start(world.start(), load).await.is_err());
        world.fails.store(true, Ordering::SeqCst);
        assert!(Instance::start(world.start(), load).await.is_err());
    }

    #[tokio::test]
    async fn it_is_read_once_however_many_ask() {
        let world = World::default();
        world.change("one");
        let (gate, loaded) = (Arc::new(Semaphore::new(1)), Arc::new(AtomicI64::new(0)));
        let (waits, counted) = (Arc::clone(&gate), Arc::clone(&loaded));
        let slow = move |start| {
            let (waits, counted) = (Arc::clone(&waits), Arc::clone(&counted));
            async move {
                counted.fetch_add(1, Ordering::SeqCst);
                waits.acquire().await.unwrap().forget();
                load(start).await
            }
        };
        let instance = Instance::start(world.start(), slow).await.unwrap();
        world.change("two");
        world.pass(6);
        for _ in 0..20 {
            assert_eq!(*instance.app().await, "one", "while it is made, what there is is used");
            tokio::task::yield_now().await;
        }
        gate.add_permits(1);
        at_rest(&instance).await;
        assert_eq!(*instance.app().await, "two");
        assert_eq!(loaded.load(Ordering::SeqCst), 2);
    }
}
