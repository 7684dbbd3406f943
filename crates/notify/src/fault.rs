//! What fails until somebody does something: who, and what.

/// Why a delivery fails however often it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The address leads nowhere any more: the webhook was deleted, its channel archived, its flow turned off.
    Address,
    /// The receiver does not know us: key, user name or password.
    Login,
    /// The receiver knows no such person.
    Recipient,
    /// The receiver does not take a message like this.
    Message,
    /// The connection cannot be trusted or made as configured: certificates, TLS, proxy.
    Connection,
    /// The program cannot be started, or says that it failed.
    Program,
}

impl Fault {
    /// Who must do what.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Address => {
                "make a new webhook at the receiver, and put its address where the configuration points"
            }
            Self::Login => {
                "put the key or the password that the receiver knows where the configuration points"
            }
            Self::Recipient => "correct the addresses in the configuration",
            Self::Message => {
                "the receiver takes no such message: see that the address is one for this kind of channel, and report it if it is"
            }
            Self::Connection => {
                "see to the certificate at the receiver, or correct CA file, proxy and kind of TLS"
            }
            Self::Program => {
                "run the program by hand, with a JSON document on its standard input, to see why"
            }
        }
    }
}
