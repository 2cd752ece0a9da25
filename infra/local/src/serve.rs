//! Serving: the stack from its start until the process is told to end.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::Arguments;
use crate::error::StackError;
use crate::first_start::{self, Summary};
use crate::options::Options;
use crate::stack::Stack;

/// How long what is being done may take when the stack is told to end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Serves the data folder's stack, after the main job at its first start.
pub(crate) async fn serve(arguments: &Arguments) -> Result<(), StackError> {
    let mut signals = Signals::listen()?;
    let options = Options {
        port: arguments.port,
        timestamps: !arguments.no_timestamps,
        print_events: arguments.events,
        ..Options::new(&arguments.data)
    };
    let stack = Stack::start(options).await?;
    let done = tokio::select! {
        done = show(&stack, arguments) => done,
        () = signals.wait() => Ok(()),
    };
    if done.is_ok() {
        signals.wait().await;
    }
    let is_ended = tokio::select! {
        is_ended = stack.end(PATIENCE) => is_ended,
        // Who says it twice does not wait.
        () = signals.again() => false,
    };
    if !is_ended {
        eprintln!("xinzheng: what was still being done is done again after the next start");
    }
    done
}

/// Does the main job when it was not done yet, and then says what it came to and where the stack is served.
async fn show(stack: &Stack, arguments: &Arguments) -> Result<(), StackError> {
    // Written last: a first start that was broken off is done again.
    let results = arguments.data.join("first-report");
    let summary = if results.join("verification.json").exists() {
        stack.idle(|_| {}).await;
        None
    } else {
        let uploads = first_start::uploads(arguments.uploads.as_deref(), &arguments.data, stack)?;
        let summary = first_start::do_main_job(stack, &uploads, &results).await?;
        // What nights work out is there for the first look at the dashboard.
        stack.idle(|_| {}).await;
        stack.run_schedules().await?;
        stack.idle(|_| {}).await;
        Some(summary)
    };
    if arguments.json {
        let served =
            json!({ "address": stack.address, "data": arguments.data, "results": results, "first_start": summary });
        println!("{served}");
    } else {
        tell(stack, arguments, summary.as_ref(), &results);
    }
    Ok(())
}

/// For people.
fn tell(stack: &Stack, arguments: &Arguments, summary: Option<&Summary>, results: &Path) {
    match summary {
        Some(summary) => print!("{}", summary.text()),
        None => println!(
            "The data of earlier runs is in {}; its first report is {}",
            arguments.data.display(),
            results.join("report.pdf").display()
        ),
    }
    println!(
        "\nServing {} until Ctrl-C: open it in a browser, and sign in as whom you like. A token for trying: curl -s {0}/dev/token -d '{{\"role\":\"subject\",\"subject\":\"{1}\"}}'",
        stack.address,
        xinzheng_sample::subject_with_every_kind().uscc
    );
}

/// Ctrl-C and SIGTERM, by which the process is told to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    is_told: bool,
}

impl Signals {
    fn listen() -> Result<Self, StackError> {
        let listen = |kind| signal(kind).map_err(|error| StackError::step("listening for signals")(error.into()));
        let (interrupt, terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate, is_told: false })
    }

    /// Waits until the process is told, or was.
    async fn wait(&mut self) {
        if !self.is_told {
            self.again().await;
        }
    }

    /// Waits until the process is told, again when it was.
    async fn again(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        self.is_told = true;
    }
}
