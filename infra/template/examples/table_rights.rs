//! Compares what the template's roles may write in the table with what was written: nothing missing, nothing to spare.
//!
//! ```text
//! XINZHENG_TABLE_WRITES=written.txt cargo test --workspace
//! cargo run -p xinzheng-template --example table_rights -- template.yaml written.txt
//! ```
//!
//! The local stack refuses what a role may not do, so that what is missing fails a test; what was never done is printed, and
//! the program ends with 1.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a check that may end where it cannot go on"
)]

use std::collections::BTreeSet;
use std::process::ExitCode;

use xinzheng_template::Deployment;

fn main() -> ExitCode {
    let [template, written] = std::env::args().skip(1).collect::<Vec<_>>().try_into().expect("TEMPLATE WRITTEN");
    let template = Deployment::parse(&std::fs::read_to_string(template).expect("the template")).expect("a template");
    let written = std::fs::read_to_string(written).expect("what was written");
    let written: BTreeSet<(&str, &str, &str)> = written
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.next()?, words.next()?))
        })
        .collect();
    assert!(written.len() > 20, "hardly anything was written");
    let (mut rights, mut spare) = (0, vec![]);
    for role in template.functions().iter().filter_map(|function| function.role.as_deref()) {
        let access = template.table_access(role, "RegistryTable");
        for (action, pattern) in access.writes() {
            rights += 1;
            let beginning = pattern.trim_end_matches('*');
            let used = |&(who, what, key): &(&str, &str, &str)| {
                who == role
                    && what == action
                    && (key == beginning || key.starts_with(beginning) && pattern != beginning)
            };
            if !written.iter().any(used) {
                spare.push(format!("{role} may {action} {pattern}, and never does"));
            }
        }
    }
    println!("{rights} rights to write, {} of them to spare", spare.len());
    spare.iter().for_each(|line| println!("{line}"));
    if rights > 20 && spare.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
