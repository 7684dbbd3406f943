//! The portal: a page for people, and the same as JSON.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::clients::ClientView;
use crate::{Shared, locked};

const STYLE: &str = include_str!("portal.css");

/// The list of clients.
pub(crate) async fn page(State(state): State<Shared>) -> Response {
    shown(&list_of(&locked(&state).views(), None))
}

/// The confirmation dialog.
pub(crate) async fn confirm(State(state): State<Shared>, Path(id): Path<String>) -> Response {
    let Some(client) = locked(&state).view(&id) else { return StatusCode::NOT_FOUND.into_response() };
    shown(&format!(
        "<section class=dialog><h2>Regenerate Secret</h2><p>The secret of <b>{name}</b> ({id}) will stop \
         working at once. Applications that use it can no longer authenticate.</p>\
         <form method=post><button>Regenerate Secret</button> <a href=/portal>Cancel</a></form></section>",
        name = escaped(&client.name),
        id = escaped(&client.id),
    ))
}

/// The button in the dialog: the new secret is shown on this page, once.
pub(crate) async fn regenerate(State(state): State<Shared>, Path(id): Path<String>) -> Response {
    let mut state = locked(&state);
    let Some(secret) = state.regenerate(&id) else { return StatusCode::NOT_FOUND.into_response() };
    shown(&list_of(&state.views(), Some((&id, &secret))))
}

/// All clients, without secrets.
pub(crate) async fn list(State(state): State<Shared>) -> Json<Vec<ClientView>> {
    Json(locked(&state).views())
}

/// What a new client needs.
#[derive(Deserialize)]
pub(crate) struct NewClient {
    name: String,
}

/// A new client, without the role; its secret is shown once.
pub(crate) async fn add(State(state): State<Shared>, Json(new): Json<NewClient>) -> Response {
    let (id, secret) = locked(&state).add(&new.name, false);
    once(json!({ "client_id": id, "client_secret": secret }))
}

/// A new secret, shown once.
pub(crate) async fn regenerate_json(State(state): State<Shared>, Path(id): Path<String>) -> Response {
    match locked(&state).regenerate(&id) {
        Some(secret) => once(json!({ "client_id": id, "client_secret": secret })),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Whether a client has its role.
#[derive(Deserialize)]
pub(crate) struct Role {
    has: bool,
}

/// Gives the role, or takes it away.
pub(crate) async fn role(
    State(state): State<Shared>,
    Path(id): Path<String>,
    Json(role): Json<Role>,
) -> StatusCode {
    if locked(&state).set_role(&id, role.has) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

fn once(answer: serde_json::Value) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

fn list_of(clients: &[ClientView], fresh: Option<(&str, &str)>) -> String {
    let alert = fresh.map_or_else(String::new, |(id, secret)| {
        format!(
            "<p class=alert role=status>The secret was regenerated. Copy it now, it is not shown again.<br>\
             <code>{}</code> <small>({})</small></p>",
            escaped(secret),
            escaped(id),
        )
    });
    let rows: String = clients.iter().map(row).collect();
    format!(
        "{alert}<nav><span>Users</span><b>Clients</b><span>Roles</span></nav>\
         <table><thead><tr><th>Name<th>Client ID<th>Department<th>Roles<th></thead><tbody>{rows}</tbody></table>"
    )
}

fn row(client: &ClientView) -> String {
    let roles = if client.roles.is_empty() { "none".to_owned() } else { client.roles.join(", ") };
    format!(
        "<tr><td>{name}<td><code>{id}</code><td>{department}<td>{roles}<td>\
         <details><summary aria-label=\"Actions for {name}\">&#8942;</summary>\
         <a href=\"/portal/clients/{id}/regenerate\">Regenerate Secret</a></details></tr>",
        name = escaped(&client.name),
        id = escaped(&client.id),
        department = escaped(&client.department),
        roles = escaped(&roles),
    )
}

fn shown(content: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Account management (sandbox)</title><style>{STYLE}</style>\
         <header><h1>Account management</h1><p class=warning>Sandbox: no place for real secrets</p></header>\
         <main>{content}</main></html>"
    );
    ([(CACHE_CONTROL, "no-store")], Html(page)).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
