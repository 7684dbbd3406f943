//! The page for people.

use reqwest::header::CACHE_CONTROL;
use serde_json::{Value, json};
use twinkey_sandbox::{Options, ROLE, Sandbox};

use crate::client::{ask, http, ids, sandbox};

async fn page(sandbox: &Sandbox) -> String {
    http().get(sandbox.portal_url()).send().await.unwrap().text().await.unwrap()
}

fn button(sandbox: &Sandbox, id: &str) -> String {
    format!("{}/clients/{id}/regenerate", sandbox.portal_url())
}

#[tokio::test]
async fn a_new_secret_is_shown_once_on_the_page() {
    let sandbox = sandbox(Options::default()).await;
    let (id, _) = ids(&sandbox);
    let old = sandbox.secret_of(&id).unwrap();
    assert!(page(&sandbox).await.contains(&id));
    assert!(!page(&sandbox).await.contains(&old), "a secret is shown only when it is new");

    let dialog = http().get(button(&sandbox, &id)).send().await.unwrap().text().await.unwrap();
    assert!(dialog.contains("Regenerate Secret"), "{dialog}");
    assert_eq!(sandbox.secret_of(&id).unwrap(), old, "to look at the dialog changes nothing");

    let pressed = http().post(button(&sandbox, &id)).send().await.unwrap();
    assert_eq!(pressed.status(), 200);
    assert_eq!(pressed.headers()[CACHE_CONTROL], "no-store");
    let pressed = pressed.text().await.unwrap();
    let new = sandbox.secret_of(&id).unwrap();
    assert_ne!(new, old);
    assert_eq!(pressed.matches(&new).count(), 1, "{pressed}");
    assert!(!pressed.contains(&old));

    for shown in [page(&sandbox).await, format!("{:?}", sandbox.clients())] {
        assert!(!shown.contains(&new), "{shown}");
    }
    assert_eq!(ask(&sandbox, &id, &new).await, 200);
    assert_eq!(ask(&sandbox, &id, &old).await, 401);
}

#[tokio::test]
async fn an_unknown_client_has_no_page() {
    let sandbox = sandbox(Options::default()).await;
    for request in [http().get(button(&sandbox, "nobody")), http().post(button(&sandbox, "nobody"))] {
        assert_eq!(request.send().await.unwrap().status(), 404);
    }
}

#[tokio::test]
async fn a_name_is_no_markup() {
    let sandbox = sandbox(Options::default()).await;
    let (id, _) = sandbox.add_client("<script>alert('x')</script>\"&");
    let dialog = http().get(button(&sandbox, &id)).send().await.unwrap().text().await.unwrap();
    for shown in [page(&sandbox).await, dialog] {
        assert!(!shown.contains("<script"), "{shown}");
        assert!(shown.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"), "{shown}");
    }
}

#[tokio::test]
async fn the_portal_speaks_json_too() {
    let sandbox = sandbox(Options::default()).await;
    let api = format!("{}/portal/api/clients", sandbox.base_url());
    let added = http().post(&api).json(&json!({ "name": "New" })).send().await.unwrap();
    assert_eq!(added.headers()[CACHE_CONTROL], "no-store");
    let added: Value = added.json().await.unwrap();
    let id = added["client_id"].as_str().unwrap();
    assert_eq!(ask(&sandbox, id, added["client_secret"].as_str().unwrap()).await, 200);

    let list = async || -> Value { http().get(&api).send().await.unwrap().json().await.unwrap() };
    let listed = list().await;
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!(
        listed[2],
        json!({ "id": id, "name": "New", "department": "Integration", "roles": [], "generation": 1 })
    );

    let role = http().post(format!("{api}/{id}/role")).json(&json!({ "has": true })).send().await.unwrap();
    assert_eq!(role.status(), 204);
    assert_eq!(list().await[2]["roles"], json!([ROLE]));

    let fresh: Value =
        http().post(format!("{api}/{id}/regenerate")).send().await.unwrap().json().await.unwrap();
    assert_eq!(ask(&sandbox, id, fresh["client_secret"].as_str().unwrap()).await, 200);
    assert_eq!(list().await[2]["generation"], 2);

    let nobody =
        http().post(format!("{api}/nobody/role")).json(&json!({ "has": true })).send().await.unwrap();
    assert_eq!(nobody.status(), 404);
}
