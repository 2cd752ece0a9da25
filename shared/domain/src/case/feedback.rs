//! Feedback (咨询、投诉、建议): from anyone, answered by the platform, followed by a tracking code without an account (R17).

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::character::written;
use crate::workday::WorkCalendar;
use crate::{VerificationCode, china_time};

/// The longest text of either side, in characters.
pub const LONGEST_TEXT: usize = 2000;
/// The longest way to be reached, in characters.
pub const LONGEST_CONTACT: usize = 100;
/// Working days in which the platform answers. The scheme names none; objections have five.
pub const WORKDAYS: u32 = 5;
/// How many one address may send in an hour.
pub const MOST_AN_HOUR: u32 = 10;

/// What someone wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FeedbackKind {
    /// 咨询.
    Enquiry,
    /// 投诉.
    Complaint,
    /// 建议.
    Suggestion,
}

impl FeedbackKind {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Enquiry => "咨询",
            Self::Complaint => "投诉",
            Self::Suggestion => "建议",
        }
    }
}

/// The platform's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reply {
    /// When.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub at: Timestamp,
    /// What.
    pub text: String,
    /// Whether question and answer are shown to everyone.
    pub published: bool,
}

/// A piece of feedback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Feedback {
    /// By which its sender follows it: 100 random bits and a check character.
    pub code: VerificationCode,
    /// What it is.
    pub kind: FeedbackKind,
    /// What it says.
    pub text: String,
    /// How its sender can be reached; only the platform sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// When it came.
    #[schemars(with = "crate::calendar_schema::Moment")]
    pub at: Timestamp,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
}

/// Why feedback or an answer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FeedbackRefusal {
    /// No text, or too long a one.
    #[error("请写明内容，1 至 {LONGEST_TEXT} 字")]
    Text,
    /// Too long a contact.
    #[error("联系方式不超过 {LONGEST_CONTACT} 字")]
    Contact,
    /// It is answered.
    #[error("此反馈已经答复")]
    Answered,
}

impl FeedbackRefusal {
    /// The stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Text => "text-missing",
            Self::Contact => "contact-too-long",
            Self::Answered => "feedback-answered",
        }
    }
}

fn text(text: &str) -> Result<String, FeedbackRefusal> {
    let text = written(text);
    let length = text.chars().count();
    if length == 0 || length > LONGEST_TEXT { Err(FeedbackRefusal::Text) } else { Ok(text.to_owned()) }
}

impl Feedback {
    /// A piece of feedback as it comes in.
    pub fn new(
        code: VerificationCode,
        kind: FeedbackKind,
        words: &str,
        contact: Option<&str>,
        at: Timestamp,
    ) -> Result<Self, FeedbackRefusal> {
        let contact = contact.map(str::trim).filter(|contact| !contact.is_empty());
        if contact.is_some_and(|contact| contact.chars().count() > LONGEST_CONTACT) {
            return Err(FeedbackRefusal::Contact);
        }
        Ok(Self { code, kind, text: text(words)?, contact: contact.map(str::to_owned), at, reply: None })
    }

    /// The last day for the answer.
    pub fn due(&self, calendar: &WorkCalendar) -> Date {
        calendar.after(china_time::date(self.at), WORKDAYS).day
    }

    /// The feedback with the platform's answer; it is answered once.
    pub fn answer(&self, words: &str, published: bool, at: Timestamp) -> Result<Self, FeedbackRefusal> {
        if self.reply.is_some() {
            return Err(FeedbackRefusal::Answered);
        }
        let reply = Reply { at, text: text(words)?, published };
        Ok(Self { reply: Some(reply), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feedback_is_answered_once() {
        let at = "2025-11-03T02:00:00Z".parse().unwrap();
        let new =
            |words: &str, contact| Feedback::new(VerificationCode::drawn(1), FeedbackKind::Enquiry, words, contact, at);
        let feedback = new(" 如何开具？ ", Some(" ")).unwrap();
        assert_eq!((feedback.text.as_str(), &feedback.contact), ("如何开具？", &None));
        let answered = feedback.answer("登录后申请。", true, at).unwrap();
        assert_eq!(answered.answer("又一次", false, at), Err(FeedbackRefusal::Answered));
        assert_eq!(feedback.answer(" ", true, at), Err(FeedbackRefusal::Text));
        assert_eq!(new("", None), Err(FeedbackRefusal::Text));
        assert_eq!(new(&"长".repeat(2001), None), Err(FeedbackRefusal::Text));
        assert_eq!(new("x", Some(&"9".repeat(101))), Err(FeedbackRefusal::Contact));
    }
}
