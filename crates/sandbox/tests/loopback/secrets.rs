//! Which secret counts, and where.

use std::time::Duration;

use twinkey_sandbox::{ErrorStyle, Options, Seen};

use crate::client::{ask, ask_rightly, ids, refusal, request, sandbox};

#[tokio::test]
async fn the_old_secret_is_dead_at_once() {
    let sandbox = sandbox(Options::default()).await;
    let (id, other) = ids(&sandbox);
    let old = sandbox.secret_of(&id).unwrap();
    assert_eq!(ask(&sandbox, &id, &old).await, 200);
    let new = sandbox.regenerate(&id).unwrap();
    assert_ne!(old, new);
    assert_eq!(ask(&sandbox, &id, &old).await, 401);
    assert_eq!(ask(&sandbox, &id, &new).await, 200);
    assert_eq!(ask(&sandbox, &id, "no secret at all").await, 401);
    assert_eq!(ask_rightly(&sandbox, &other).await, 200, "the other client is left alone");
    let seen: Vec<_> = sandbox.requests().iter().map(|seen| (seen.generation, seen.status)).collect();
    assert_eq!(seen, [(Some(1), 200), (Some(1), 401), (Some(2), 200), (None, 401), (Some(1), 200)]);
}

#[tokio::test]
async fn late_nodes_disagree_then_agree() {
    let late = Duration::from_millis(1500);
    let sandbox = sandbox(Options { nodes: 3, late, ..Options::default() }).await;
    let (id, _) = ids(&sandbox);
    let old = sandbox.secret_of(&id).unwrap();
    let new = sandbox.regenerate(&id).unwrap();
    let mut answers = Vec::new();
    for secret in [&new, &new, &new, &old, &old, &old] {
        answers.push(ask(&sandbox, &id, secret).await);
    }
    assert_eq!(answers, [200, 401, 401, 401, 200, 200], "only the first of three nodes knows");
    tokio::time::sleep(late).await;
    for _ in 0..3 {
        assert_eq!(ask(&sandbox, &id, &new).await, 200);
    }
    for _ in 0..3 {
        assert_eq!(ask(&sandbox, &id, &old).await, 401);
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused_in_the_style_that_was_asked_for() {
    for (error_style, expected) in [
        (ErrorStyle::InvalidClient, (401, "invalid_client")),
        (ErrorStyle::Documented, (400, "invalid_request")),
    ] {
        let sandbox = sandbox(Options { error_style, ..Options::default() }).await;
        let (id, _) = ids(&sandbox);
        for id in [id.as_str(), "unknown"] {
            let (status, error) = refusal(request(&sandbox, id, "wrong").send().await.unwrap()).await;
            assert_eq!((status, error.as_str()), expected, "{id}");
        }
    }
}

#[tokio::test]
async fn what_was_asked_is_noted_without_secrets() {
    let sandbox = sandbox(Options::default()).await;
    let (id, _) = ids(&sandbox);
    ask(&sandbox, &id, "Canary").await;
    ask(&sandbox, "Canary", "Canary").await;
    let noted = sandbox.requests();
    let outcome = |seen: &Seen| (seen.client_id.clone(), seen.generation, seen.status, seen.error);
    assert_eq!(outcome(&noted[0]), (Some(id), None, 401, Some("invalid_client")));
    assert_eq!(outcome(&noted[1]), (None, None, 401, Some("invalid_client")));
    let secret = sandbox.secret_of(&noted[0].client_id.clone().unwrap()).unwrap();
    let shown = format!("{noted:?} {:?} {sandbox:?}", sandbox.clients());
    assert!(!shown.contains("Canary") && !shown.contains(&secret), "{shown}");
}

#[tokio::test]
async fn same_seed_same_clients_and_faults() {
    use twinkey_sandbox::Misbehaviour;
    let of_seed = async |seed: u64| {
        let misbehaviour = Some(Misbehaviour::seeded(seed, 500));
        let sandbox = sandbox(Options { seed, misbehaviour, ..Options::default() }).await;
        let (id, _) = ids(&sandbox);
        let secrets = [sandbox.secret_of(&id), sandbox.regenerate(&id)];
        let secret = secrets[1].clone().unwrap();
        let mut met = Vec::new();
        for _ in 0..40 {
            met.push(
                request(&sandbox, &id, &secret).send().await.ok().map(|answer| answer.status().as_u16()),
            );
        }
        (sandbox.clients(), secrets, met)
    };
    let first = of_seed(7).await;
    assert_eq!(first, of_seed(7).await);
    assert!(first.2.contains(&Some(200)), "{:?}", first.2);
    assert!(first.2.iter().any(|met| *met != Some(200)), "{:?}", first.2);
    let other = of_seed(8).await;
    assert_ne!(first.0, other.0);
    assert_ne!(first.1, other.1);
    assert_ne!(first.2, other.2);
}

#[tokio::test]
async fn a_stopped_sandbox_frees_its_port() {
    let first = sandbox(Options::default()).await;
    let address = first.base_url().trim_start_matches("http://").parse().unwrap();
    let (id, _) = ids(&first);
    assert_eq!(ask_rightly(&first, &id).await, 200);
    first.stop().await;
    let second = sandbox(Options { address, ..Options::default() }).await;
    assert_eq!(ids(&second).0, id, "the same seed, the same client");
    assert_eq!(ask_rightly(&second, &id).await, 200);
}
