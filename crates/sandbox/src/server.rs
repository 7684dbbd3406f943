//! The routes, and the faults over HTTP.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router, middleware};
use serde::Deserialize;
use tokio::sync::watch;

use crate::connection::{Door, Peer};
use crate::faults::Order;
use crate::guard::guard;
use crate::nodes::Nodes;
use crate::state::{Shared, locked};
use crate::{Fault, api, portal, portal_json, token};

/// Serves until told to stop.
pub(crate) async fn serve(door: Door, state: Shared, mut stopped: watch::Receiver<bool>) {
    let router = Router::new()
        .route("/as/token.oauth2", post(token::ask))
        .route("/{region}/v2/captain/{*path}", any(api::call))
        .route("/faults", get(faults).post(break_it).delete(heal))
        .merge(portal::routes())
        .merge(portal_json::routes())
        .layer(middleware::from_fn_with_state(state.clone(), guard))
        .with_state(state);
    let stop = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    let service = router.into_make_service_with_connect_info::<Peer>();
    let _ = axum::serve(door, service).with_graceful_shutdown(stop).await;
}

/// What can be asked for at `/faults`: `{"late-nodes": …}`, `{"clock-ahead": seconds}`, or
/// `{"fault": "status", "status": 503, "client": ID, "times": 3, "on": "api"}`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Wanted {
    LateNodes {
        #[serde(rename = "late-nodes")]
        late_nodes: Lateness,
    },
    Clock {
        #[serde(rename = "clock-ahead")]
        clock_ahead: i64,
    },
    Fault(Order),
}

#[derive(Deserialize)]
struct Lateness {
    nodes: u32,
    late: u32,
    seconds: u32,
}

/// More nodes than this are a mistake.
const MOST_NODES: u32 = 1000;

async fn break_it(State(state): State<Shared>, Json(wanted): Json<Wanted>) -> Response {
    let mut state = locked(&state);
    match wanted {
        Wanted::LateNodes { late_nodes: Lateness { nodes, late, seconds } } => {
            if !(1..=MOST_NODES).contains(&nodes) || late > nodes {
                return unfit("late-nodes takes 1 to 1000 nodes, and not more late ones than nodes");
            }
            let lag = Duration::from_secs(u64::from(seconds));
            state.clients.nodes = Nodes { count: nodes, late: Some(late), lag };
        }
        Wanted::Clock { clock_ahead } => state.clock_ahead = clock_ahead,
        Wanted::Fault(order) => {
            if let Fault::Status { status } | Fault::Html { status } = order.fault
                && !(200..600).contains(&status)
            {
                return unfit("a status is 200 to 599");
            }
            state.faults.add(order);
        }
    }
    StatusCode::NO_CONTENT.into_response()
}

fn unfit(why: &'static str) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(serde_json::json!({ "error": why }))).into_response()
}

async fn faults(State(state): State<Shared>) -> Json<Vec<Order>> {
    Json(locked(&state).faults.orders().to_vec())
}

async fn heal(State(state): State<Shared>) -> StatusCode {
    locked(&state).heal();
    StatusCode::NO_CONTENT
}
