//! `xinzheng`: the local stack and its main job.

fn main() -> std::process::ExitCode {
    xinzheng::cli::run()
}
