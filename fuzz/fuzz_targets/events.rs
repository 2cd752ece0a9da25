//! What queues, streams and the HTTP API hand to functions.
#![no_main]

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use aws_lambda_events::sqs::SqsMessage;
use xinzheng_api::token::Claim;
use xinzheng_runtime::{HttpRequest, queue};
use xinzheng_store::changes::StreamEvent;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&kind, bytes)) = bytes.split_first() else { return };
    match kind % 3 {
        0 => {
            let mut message = SqsMessage::default();
            message.body = Some(String::from_utf8_lossy(bytes).into_owned());
            let _objects = queue::objects_created(&message);
        }
        1 => {
            let Ok(event) = serde_json::from_slice::<StreamEvent>(bytes) else { return };
            for record in &event.records {
                let _change = (record.sequence(), record.change(), record.told(), record.reports_told());
            }
        }
        _ => {
            let Ok(event) = serde_json::from_slice::<ApiGatewayV2httpRequest>(bytes) else { return };
            let request = HttpRequest::from(event);
            let _said =
                (request.bytes(), request.cookie("session"), request.claim(Claim::Role), request.query_parameters("q"));
            let _media = request.preferred(&["text/html", "application/json"]);
        }
    }
});
