//! What goes wrong, on request.

use serde::{Deserialize, Serialize};

use crate::Misbehaviour;

/// One way to go wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum Fault {
    /// This status with an empty JSON object.
    Status {
        /// The status, 200 to 599.
        status: u16,
    },
    /// 429, with a `Retry-After` as given.
    Throttle {
        /// Seconds, or an HTTP date (RFC 9110 section 10.2.3).
        retry_after: Option<String>,
    },
    /// An HTML page.
    Html {
        /// Its status, 200 to 599.
        status: u16,
    },
    /// The right answer, this much later.
    Slow {
        /// Milliseconds.
        millis: u64,
    },
    /// The connection is reset without an answer.
    Cut,
    /// 200 with nothing in it.
    Empty,
    /// 200 with half a JSON object.
    Malformed,
    /// 200 with a body that never ends.
    Endless,
    /// 307 to this address.
    Redirect {
        /// Where to.
        to: String,
    },
    /// A right secret is refused as a wrong one is; at the API, a good token.
    FalseRefusal,
}

/// Where a fault is met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoint {
    /// The token endpoint.
    #[default]
    Token,
    /// The API.
    Api,
}

/// A fault that waits for its requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    #[serde(flatten)]
    pub(crate) fault: Fault,
    /// Where; the token endpoint unless said.
    #[serde(default)]
    pub(crate) on: Endpoint,
    /// Only this client.
    pub(crate) client: Option<String>,
    /// How often; without a number until all faults are ended.
    pub(crate) times: Option<u32>,
}

impl Order {
    fn fits(&self, on: Endpoint, client: Option<&str>) -> bool {
        self.on == on && self.client.as_deref().is_none_or(|wanted| Some(wanted) == client)
    }
}

/// The faults that wait, first come, first served; then the stream.
pub(crate) struct Faults {
    orders: Vec<Order>,
    stream: Option<Misbehaviour>,
}

impl Faults {
    pub(crate) fn new(stream: Option<Misbehaviour>) -> Self {
        Self { orders: Vec::new(), stream }
    }

    pub(crate) fn add(&mut self, order: Order) {
        if order.times != Some(0) {
            self.orders.push(order);
        }
    }

    pub(crate) fn orders(&self) -> &[Order] {
        &self.orders
    }

    pub(crate) fn misbehave(&mut self, stream: Option<Misbehaviour>) {
        self.stream = stream;
    }

    pub(crate) fn clear(&mut self) {
        self.orders.clear();
        self.stream = None;
    }

    /// The fault that a request of this client meets, if it meets one.
    pub(crate) fn meet(&mut self, on: Endpoint, client: Option<&str>) -> Option<Fault> {
        let Some(at) = self.orders.iter().position(|order| order.fits(on, client)) else {
            return self.stream.as_mut().filter(|_| on == Endpoint::Token)?.next_fault();
        };
        let order = &mut self.orders[at];
        let fault = order.fault.clone();
        if let Some(left) = &mut order.times {
            *left -= 1;
            if *left == 0 {
                self.orders.remove(at);
            }
        }
        Some(fault)
    }
}
