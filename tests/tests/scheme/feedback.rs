//! Enquiries, complaints and suggestions: from anyone, answered by the platform (R17).

use serde_json::{Value, json};
use xinzheng_api::feedback::{self, FeedbackState};
use xinzheng_tests::{Answer, TestStack};

async fn send(test: &TestStack, body: &Value) -> Answer {
    test.send(test.post("/feedback", body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_followed_by_its_code_answered_and_published() {
    let test = TestStack::start().await;
    let body = json!({ "kind": "enquiry", "text": "个体工商户能否申请？", "contact": "13900000000" });
    let sent = send(&test, &body).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    let sent = sent.of(&feedback::SEND);
    assert_eq!(sent.state, FeedbackState::Received);
    let code = sent.code.to_string();
    let follow = async || test.send(test.get(&format!("/feedback/{code}"))).await.of(&feedback::FOLLOW);
    assert_eq!(follow().await.reply, None);
    let open =
        async || test.send(test.get("/feedback").bearer_auth(test.operator_token())).await.of(&feedback::OPEN).items;
    let waiting = open().await;
    assert_eq!((waiting[0].contact.as_deref(), waiting.len()), (Some("13900000000"), 1));

    let answer = async |text: &str, publish: bool| {
        let body = json!({ "text": text, "publish": publish });
        let request = test.post(&format!("/feedback/{code}/answer"), &body).header("if-match", "\"1\"");
        test.send(request.bearer_auth(test.operator_token())).await
    };
    assert_eq!(answer(" ", true).await.problem(), "text-missing");
    let first = answer("可以，登录后申请。", true).await;
    assert_eq!((first.status, first.of(&feedback::ANSWER).state), (200, FeedbackState::Answered));
    let second = answer("另一种答复", false).await;
    assert_eq!((second.status, second.problem()), (409, "feedback-answered"));
    assert_eq!(follow().await.reply.unwrap().text, "可以，登录后申请。");
    assert_eq!(open().await, []);
    let questions = test.send(test.get("/questions")).await;
    assert_eq!(questions.of(&feedback::QUESTIONS).items[0].answer.as_deref(), Some("可以，登录后申请。"));
    let text = questions.body.to_string();
    assert!(!text.contains("13900000000") && !text.contains(&code), "neither contact nor code is shown: {text}");
    assert!(test.events().await.iter().any(|(kind, _)| kind == "feedback.answered"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_published_is_seen_by_its_sender_alone() {
    let test = TestStack::start().await;
    let sent = send(&test, &json!({ "kind": "complaint", "text": "办理超期。" })).await.of(&feedback::SEND);
    let path = format!("/feedback/{}/answer", sent.code);
    test.send(test.post(&path, &json!({ "text": "已督办。" })).bearer_auth(test.operator_token())).await;
    assert_eq!(test.send(test.get("/questions")).await.of(&feedback::QUESTIONS).items, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_sends_ten_an_hour() {
    let test = TestStack::start().await;
    for (body, expected) in [
        (json!({ "kind": "enquiry", "text": " " }), (422, "text-missing")),
        (json!({ "kind": "enquiry", "text": "x", "contact": "9".repeat(101) }), (422, "contact-too-long")),
        (json!({ "kind": "praise", "text": "x" }), (400, "body-unreadable")),
    ] {
        let answer = send(&test, &body).await;
        assert_eq!((answer.status, answer.problem()), expected, "what is refused does not count");
    }
    for n in 1..=12 {
        let answer = send(&test, &json!({ "kind": "suggestion", "text": "建议" })).await;
        assert_eq!(answer.status, if n <= 10 { 201 } else { 429 }, "{n}");
    }
    for code in ["1", "0000000-0000000-0000000"] {
        assert_eq!(test.send(test.get(&format!("/feedback/{code}"))).await.problem(), "feedback-unknown");
    }
}
