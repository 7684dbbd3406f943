//! The portal for people: plain forms, as the provider's documentation describes its screens.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;

use crate::page::{self, Notice};
use crate::state::{DEPARTMENT, Shared, State as Everything, locked};

/// The portal's pages.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/portal") }))
        .route("/portal", get(list))
        .route("/portal/portal.css", get(style))
        .route("/portal/new", get(new).post(add))
        .route("/portal/clients/{id}", get(client))
        .route("/portal/clients/{id}/role", post(role))
        .route("/portal/clients/{id}/disabled", post(disable))
        .route("/portal/clients/{id}/regenerate", get(confirm).post(regenerate))
}

async fn list(State(state): State<Shared>) -> Response {
    list_of(&locked(&state), None)
}

async fn client(State(state): State<Shared>, Path(id): Path<String>) -> Response {
    client_of(&locked(&state), &id, None)
}

async fn new() -> Response {
    shown(page::new())
}

#[derive(Deserialize)]
struct NewClient {
    name: String,
    department: Option<String>,
}

/// A new client, without the role; its secret is shown once.
async fn add(State(state): State<Shared>, Form(new): Form<NewClient>) -> Response {
    let department = new.department.filter(|text| !text.trim().is_empty());
    let mut state = locked(&state);
    let (id, secret) = state.clients.add(&new.name, department.as_deref().unwrap_or(DEPARTMENT));
    let notice = Notice::Secret { what: "Client added.", client_id: id.clone(), secret };
    client_of(&state, &id, Some(notice))
}

/// The confirmation dialog.
async fn confirm(State(state): State<Shared>, Path(id): Path<String>) -> Response {
    let mut state = locked(&state);
    let ticket = state.tickets.issue();
    state.clients.view(&id).map_or_else(missing, |client| shown(page::confirm(&client, &ticket)))
}

/// The button in the dialog: the new secret is shown on this page, once.
async fn regenerate(State(state): State<Shared>, Path(id): Path<String>, body: Bytes) -> Response {
    let mut state = locked(&state);
    let ticket = url::form_urlencoded::parse(&body).find(|(name, _)| name == "ticket");
    if ticket.is_some_and(|(_, ticket)| !state.tickets.take(&ticket)) {
        return list_of(&state, Some(Notice::Again));
    }
    let Some(secret) = state.regenerate(&id) else { return missing() };
    let what = "The secret was regenerated; the old one is invalid from now on.";
    list_of(&state, Some(Notice::Secret { what, client_id: id, secret }))
}

#[derive(Deserialize)]
struct Switch {
    on: bool,
}

async fn role(State(state): State<Shared>, Path(id): Path<String>, Form(has): Form<Switch>) -> Response {
    let mut state = locked(&state);
    state.set_role(&id, has.on);
    client_of(&state, &id, Some(Notice::Done(if has.on { "Role added." } else { "Role removed." })))
}

async fn disable(State(state): State<Shared>, Path(id): Path<String>, Form(off): Form<Switch>) -> Response {
    let mut state = locked(&state);
    if !state.set_disabled(&id, off.on) {
        return missing();
    }
    let what = if off.on { "Client disabled: it gets no tokens." } else { "Client enabled." };
    list_of(&state, Some(Notice::Done(what)))
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("portal.css")).into_response()
}

fn list_of(state: &Everything, notice: Option<Notice>) -> Response {
    shown(page::list(&state.clients.views(), notice.as_ref()))
}

fn client_of(state: &Everything, id: &str, notice: Option<Notice>) -> Response {
    state.clients.view(id).map_or_else(missing, |client| shown(page::client(&client, notice.as_ref())))
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, shown(page::missing())).into_response()
}

fn shown(page: String) -> Response {
    ([(CACHE_CONTROL, "no-store")], Html(page)).into_response()
}
