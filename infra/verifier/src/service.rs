//! What the service that issued reports says of them (`POST /verify`).

use std::collections::HashMap;
use std::time::Duration;

use reqwest::{Client, Url};
use serde::{Deserialize, Serialize};
use serde_json::json;
use xinzheng_proof::Judgement;

use crate::error::VerifierError;

/// The most questions that it takes at once.
const QUESTIONS: usize = 100;
/// Of how many parts that a file begins with it is asked.
const BEFORE: usize = 40;
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes of an answer.
const ANSWER: usize = 64 << 20;

pub(crate) struct Service {
    client: Client,
    address: Url,
}

/// How a report stands, by the service.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Standing {
    /// `valid`, `withdrawn` and so on; `unknown` of a file that was not issued there.
    pub(crate) status: String,
    /// The same, for people.
    pub(crate) title: String,
    pub(crate) number: Option<String>,
    /// Which version of the report's file it is; left out when others have added to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// What the file has otherwise than the service.
    pub(crate) differences: Vec<Difference>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Difference {
    /// The data in it.
    Content,
    Number,
    Pages,
    /// The digest of what was signed.
    File,
}

/// As much of an answer as is looked at.
#[derive(Debug, Deserialize)]
struct Answer {
    query: String,
    status: String,
    title: Option<String>,
    number: Option<String>,
    content: Option<Digest>,
    file: Option<IssuedFile>,
    #[serde(default)]
    versions: Vec<IssuedVersion>,
}

#[derive(Debug, Deserialize)]
struct Digest {
    sha256: String,
}

#[derive(Debug, Deserialize)]
struct IssuedFile {
    pages: usize,
}

#[derive(Debug, Deserialize)]
struct IssuedVersion {
    sha256: String,
    title: String,
}

#[derive(Debug, Deserialize)]
struct Answers {
    results: Vec<Answer>,
}

impl Service {
    /// The service at an address over HTTPS, or on this machine.
    pub(crate) fn at(address: &str) -> Result<Self, VerifierError> {
        let wrong = || VerifierError::Address(address.to_owned());
        let url = Url::parse(&format!("{}/", address.trim_end_matches('/'))).map_err(|_| wrong())?;
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
            return Err(wrong());
        }
        let client = Client::builder().timeout(PATIENCE).build().map_err(|error| failed(&error))?;
        Ok(Self { client, address: url })
    }

    /// The certificates that it publishes, in PEM.
    pub(crate) async fn certificates(&self) -> Result<String, VerifierError> {
        let bytes = self.answer(self.client.get(self.url(".well-known/certificates.pem")?)).await?;
        String::from_utf8(bytes).map_err(|error| VerifierError::Service(error.to_string()))
    }

    /// How reports stand, in their order.
    pub(crate) async fn standings(&self, judgements: &[&Judgement]) -> Result<Vec<Standing>, VerifierError> {
        let wholes = judgements.iter().map(|judgement| judgement.document.sha256.as_str()).collect();
        let mut answers = self.answers(wholes).await?;
        // Only of what is not known as a whole is asked what it begins with: look-ups in vain are counted.
        let is_unknown = |judgement: &&&Judgement| {
            answers.get(&judgement.document.sha256).is_none_or(|answer: &Answer| answer.file.is_none())
        };
        let parts = judgements.iter().filter(is_unknown).flat_map(|judgement| digests(judgement).skip(1)).collect();
        answers.extend(self.answers(parts).await?);
        judgements.iter().map(|judgement| standing(judgement, &answers)).collect()
    }

    /// What it says of each of these digests.
    async fn answers(&self, mut questions: Vec<&str>) -> Result<HashMap<String, Answer>, VerifierError> {
        questions.sort_unstable();
        questions.dedup();
        let mut answers = HashMap::new();
        for questions in questions.chunks(QUESTIONS) {
            let body = json!({ "sha256": questions }).to_string();
            let request = self.client.post(self.url("verify")?).header("content-type", "application/json").body(body);
            let read: Answers = serde_json::from_slice(&self.answer(request).await?)
                .map_err(|error| VerifierError::Service(error.to_string()))?;
            answers.extend(read.results.into_iter().map(|answer| (answer.query.clone(), answer)));
        }
        Ok(answers)
    }

    fn url(&self, path: &str) -> Result<Url, VerifierError> {
        self.address.join(path).map_err(|error| VerifierError::Service(error.to_string()))
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, VerifierError> {
        let answer = request.send().await.and_then(reqwest::Response::error_for_status);
        let mut answer = answer.map_err(|error| failed(&error))?;
        let mut bytes = vec![];
        while let Some(piece) = answer.chunk().await.map_err(|error| failed(&error))? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > ANSWER {
                return Err(VerifierError::Service("its answer is too long".to_owned()));
            }
        }
        Ok(bytes)
    }
}

fn failed(error: &reqwest::Error) -> VerifierError {
    VerifierError::Service(error.to_string())
}

/// The digests that a file may be known by: its own, and those of what it was before something was added, the latest first.
fn digests(judgement: &Judgement) -> impl Iterator<Item = &str> {
    let document = &judgement.document;
    let before = document.revisions.iter().rev().map(|revision| revision.sha256.as_str());
    std::iter::once(document.sha256.as_str()).chain(before.filter(|before| *before != document.sha256).take(BEFORE))
}

fn standing(judgement: &Judgement, answers: &HashMap<String, Answer>) -> Result<Standing, VerifierError> {
    if !answers.contains_key(&judgement.document.sha256) {
        return Err(VerifierError::Service("it does not answer what it was asked".to_owned()));
    }
    let known: Vec<&Answer> = digests(judgement).filter_map(|digest| answers.get(digest)).collect();
    Ok(match known.iter().find(|answer| answer.file.is_some()) {
        None => Standing {
            status: "unknown".to_owned(),
            title: "平台没有签发过这个文件".to_owned(),
            number: None,
            version: None,
            differences: vec![],
        },
        Some(answer) => Standing {
            status: answer.status.clone(),
            title: answer.title.clone().unwrap_or_default(),
            number: answer.number.clone(),
            version: version(judgement, answer),
            differences: differences(judgement, answer),
        },
    })
}

fn differences(judgement: &Judgement, answer: &Answer) -> Vec<Difference> {
    let document = &judgement.document;
    let data = document.data.as_ref();
    let is_own = |issued: &IssuedVersion| digests(judgement).any(|own| own == issued.sha256);
    let content = answer.content.as_ref().zip(data).is_some_and(|(issued, data)| issued.sha256 != data.sha256);
    let number = answer.number.as_ref().zip(document.number.as_ref()).is_some_and(|(issued, own)| issued != own);
    let pages = answer.file.as_ref().is_some_and(|file| Some(file.pages) != document.pages);
    let file = !answer.versions.iter().any(is_own);
    [(content, Difference::Content), (number, Difference::Number), (pages, Difference::Pages), (file, Difference::File)]
        .into_iter()
        .filter_map(|(differs, what)| differs.then_some(what))
        .collect()
}

/// Which version the file is as a whole, for people.
fn version(judgement: &Judgement, answer: &Answer) -> Option<String> {
    let whole = answer.versions.iter().find(|version| version.sha256 == judgement.document.sha256);
    whole.map(|version| version.title.clone())
}

impl Standing {
    pub(crate) fn is_good(&self) -> bool {
        self.status == "valid" && self.differences.is_empty()
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let different: Vec<_> = self.differences.iter().map(|difference| difference.title()).collect();
        let version = match &self.version {
            Some(version) => format!("（{version}）"),
            None if self.number.is_some() => "（在签发的文件之后有他人附加的内容）".to_owned(),
            None => String::new(),
        };
        if different.is_empty() {
            return format!("{}{version}", self.title);
        }
        format!("{}{version}，但{}与签发时不一致", self.title, different.join("、"))
    }
}

impl Difference {
    const fn title(self) -> &'static str {
        match self {
            Self::Content => "数据",
            Self::Number => "编号",
            Self::Pages => "页数",
            Self::File => "文件摘要",
        }
    }
}
