//! What there is to know of each kind of problem: what `GET /problems` answers.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::problem::{self, Fault};
use crate::publication::{ProblemAnswer, ProblemKind, Problems};

/// What each code means, in English.
static MEANINGS: LazyLock<BTreeMap<String, String>> = LazyLock::new(meanings);

#[expect(clippy::expect_used, reason = "part of the program, and read in its tests")]
fn meanings() -> BTreeMap<String, String> {
    serde_json::from_str(include_str!("../data/problems.json")).expect("what problems mean is JSON")
}

impl Problems {
    /// Every kind of problem, in the catalogue's order.
    pub fn all() -> Self {
        let mut problems: Vec<ProblemKind> = vec![];
        for fault in problem::ALL {
            let answer = answer(fault);
            match problems.iter_mut().find(|kind| kind.code == fault.code) {
                Some(known) => known.answers.push(answer),
                None => problems.push(ProblemKind {
                    kind: fault.kind(),
                    code: fault.code.to_owned(),
                    description: meaning(fault.code).unwrap_or_default().to_owned(),
                    answers: vec![answer],
                }),
            }
        }
        Self { problems }
    }

    /// The kind with this code.
    pub fn one(code: &str) -> Option<ProblemKind> {
        Self::all().problems.into_iter().find(|kind| kind.code == code)
    }
}

/// What a code means; `None` when `data/problems.json` does not say.
pub fn meaning(code: &str) -> Option<&'static str> {
    MEANINGS.get(code).map(String::as_str)
}

/// The codes that `data/problems.json` has.
pub fn explained() -> impl Iterator<Item = &'static str> {
    MEANINGS.keys().map(String::as_str)
}

fn answer(fault: &Fault) -> ProblemAnswer {
    ProblemAnswer { status: fault.status, title: fault.title.to_owned(), hint: fault.hint.map(str::to_owned) }
}
