//! The signed webhook, verified by the scheme's own library.

use http::HeaderMap;
use twinkey_notify::{Channel, Delivered, Notice, SigningKey, Webhook};
use twinkey_sandbox::receiver::{Receiver, Taken};

use super::harness::{CANARY, KEY, all_sorts, notice, now, secret, way};

const OLD_KEY: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn hook(receiver: &Receiver, keys: &[&str]) -> Webhook {
    let keys = keys.iter().map(|key| SigningKey::parse(&secret(key)).unwrap()).collect();
    Webhook::new(&secret(&receiver.url(&format!("/webhook/{CANARY}"))), keys, &way()).unwrap()
}

fn verified(taken: &Taken, key: &str) -> bool {
    let mut headers = HeaderMap::new();
    for (name, value) in &taken.headers {
        headers.append(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    standardwebhooks::Webhook::new(key).unwrap().verify(&taken.bytes, &headers).is_ok()
}

#[tokio::test]
async fn every_notice_is_signed_as_the_scheme_says() {
    let receiver = Receiver::start().await.unwrap();
    let hook = hook(&receiver, &[KEY]);
    let all = all_sorts();
    for notice in &all {
        assert_eq!(hook.deliver(notice, now()).await, Ok(Delivered::default()));
    }
    let taken = receiver.taken();
    assert_eq!(taken.len(), all.len());
    for taken in &taken {
        assert!(verified(taken, KEY) && !verified(taken, OLD_KEY));
        assert!(taken.bytes.len() < 20 * 1024);
    }
}

#[tokio::test]
async fn while_the_key_is_replaced_both_verify() {
    let receiver = Receiver::start().await.unwrap();
    hook(&receiver, &[KEY, OLD_KEY]).deliver(&notice(), now()).await.unwrap();
    let taken = receiver.taken();
    assert!(verified(&taken[0], KEY) && verified(&taken[0], OLD_KEY));
}

#[tokio::test]
async fn a_changed_body_does_not_verify() {
    let receiver = Receiver::start().await.unwrap();
    hook(&receiver, &[KEY]).deliver(&notice(), now()).await.unwrap();
    let mut taken = receiver.taken().remove(0);
    taken.bytes[10] ^= 1;
    assert!(!verified(&taken, KEY));
}

#[tokio::test]
async fn a_repeat_bears_the_same_id() {
    let receiver = Receiver::start().await.unwrap();
    let hook = hook(&receiver, &[KEY]);
    for notice in [notice(), notice(), Notice { rung: 1, ..notice() }] {
        hook.deliver(&notice, now()).await.unwrap();
    }
    let ids: Vec<String> = receiver
        .taken()
        .iter()
        .map(|taken| taken.headers.iter().find(|(name, _)| name == "webhook-id").unwrap().1.clone())
        .collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    assert_eq!(receiver.taken()[0].body["data"]["key"], "go-production/regenerate");
}
