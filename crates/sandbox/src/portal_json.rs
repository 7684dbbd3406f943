//! The portal for programs: the same buttons as JSON. The provider documents no such thing; it is for scripts
//! and tests that play the person.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ClientView;
use crate::state::{DEPARTMENT, Shared, locked};

/// The portal's buttons.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/portal/api/clients", get(list).post(add))
        .route("/portal/api/clients/{id}", delete(remove))
        .route("/portal/api/clients/{id}/regenerate", post(regenerate))
        .route("/portal/api/clients/{id}/role", post(role))
        .route("/portal/api/clients/{id}/disabled", post(disable))
}

/// All clients, without secrets.
async fn list(State(state): State<Shared>) -> Json<Vec<ClientView>> {
    Json(locked(&state).clients.views())
}

#[derive(Deserialize)]
struct NewClient {
    name: String,
    department: Option<String>,
}

/// A new client, without the role; its secret is shown once.
async fn add(State(state): State<Shared>, Json(new): Json<NewClient>) -> Response {
    let department = new.department.as_deref().unwrap_or(DEPARTMENT);
    let (id, secret) = locked(&state).clients.add(&new.name, department);
    (StatusCode::CREATED, once(json!({ "client_id": id, "client_secret": secret }))).into_response()
}

/// A new secret, shown once.
async fn regenerate(State(state): State<Shared>, Path(id): Path<String>) -> Response {
    match locked(&state).regenerate(&id) {
        Some(secret) => once(json!({ "client_id": id, "client_secret": secret })),
        None => done(false),
    }
}

async fn remove(State(state): State<Shared>, Path(id): Path<String>) -> Response {
    done(locked(&state).remove(&id))
}

#[derive(Deserialize)]
struct Role {
    has: bool,
}

/// Gives the role, or takes it away.
async fn role(State(state): State<Shared>, Path(id): Path<String>, Json(role): Json<Role>) -> Response {
    done(locked(&state).set_role(&id, role.has))
}

#[derive(Deserialize)]
struct Disabled {
    disabled: bool,
}

async fn disable(
    State(state): State<Shared>,
    Path(id): Path<String>,
    Json(body): Json<Disabled>,
) -> Response {
    done(locked(&state).set_disabled(&id, body.disabled))
}

fn done(found: bool) -> Response {
    if found {
        return StatusCode::NO_CONTENT.into_response();
    }
    (StatusCode::NOT_FOUND, Json(json!({ "error": "there is no such client" }))).into_response()
}

fn once(answer: Value) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}
