//! Chats.

use twinkey_notify::{Channel, Delivered, Slack, Teams};
use twinkey_sandbox::receiver::Receiver;

use super::harness::{CANARY, all_sorts, now, secret, way};

#[tokio::test]
async fn slack_takes_every_notice() {
    let receiver = Receiver::start().await.unwrap();
    let slack = Slack::new(&secret(&receiver.url(&format!("/slack/T0/B0/{CANARY}"))), &way()).unwrap();
    for notice in all_sorts() {
        let delivered = slack.deliver(&notice, now()).await;
        assert_eq!(delivered, Ok(Delivered::default()), "{:?}", receiver.complaints());
    }
    let text = receiver.taken()[1].body.to_string();
    for part in
        ["can be regenerated", "twinkey regenerate go-production", "c0c0c0c0", "Do not press anything"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn teams_takes_every_notice() {
    let receiver = Receiver::start().await.unwrap();
    let url = receiver.url(&format!("/teams/workflows/0a1b2c3d/triggers/manual?sig={CANARY}"));
    let teams = Teams::new(&secret(&url), &way()).unwrap();
    for notice in all_sorts() {
        let delivered = teams.deliver(&notice, now()).await;
        assert_eq!(delivered, Ok(Delivered::default()), "{:?}", receiver.complaints());
    }
    let card = &receiver.taken()[1].body["attachments"][0]["content"];
    let text = card.to_string();
    for part in ["can be regenerated", "twinkey regenerate go-production", "c0c0c0c0", "Action.OpenUrl"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn the_receiver_refuses_what_the_vendors_would() {
    let receiver = Receiver::start().await.unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let wrong = [
        ("/slack/x", serde_json::json!({ "text": "" })),
        (
            "/slack/x",
            serde_json::json!({ "text": "x", "blocks": [{ "type": "header", "text": { "type": "mrkdwn", "text": "x" } }] }),
        ),
        (
            "/slack/x",
            serde_json::json!({ "text": "x", "blocks": [{ "type": "header", "text": { "type": "plain_text", "text": "x".repeat(151) } }] }),
        ),
        ("/teams/x", serde_json::json!({ "text": "an old card" })),
        (
            "/teams/x",
            serde_json::json!({ "type": "message", "attachments": [{ "contentType": "application/vnd.microsoft.card.adaptive", "content": { "type": "AdaptiveCard", "version": "2.0", "body": [] } }] }),
        ),
        (
            "/v2/enqueue",
            serde_json::json!({ "routing_key": "short", "event_action": "resolve", "dedup_key": "k" }),
        ),
    ];
    for (path, body) in wrong {
        let answer = client.post(receiver.url(path)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
    }
    assert_eq!(receiver.complaints().len(), 6);
}
