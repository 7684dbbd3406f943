//! Slips of the hand, each with what it is and what to do instead.

use twinkey_core::Client;
use twinkey_core::seen::Oddity;
use twinkey_core::slips::Slip;

use super::{Names, upper};

/// What a slip is, for the client that the text was meant for.
pub(super) fn slip(names: &Names<'_>, client: Client, found: &Slip) -> String {
    let this = upper(client);
    match found {
        Slip::Odd(oddity) => odd(*oddity),
        Slip::SameAgain => format!(
            "This is the secret that {this} has already. Regenerate {} first, then copy what the portal shows.",
            names.label(client)
        ),
        Slip::OldAgain => {
            format!("This is the secret that {this} had before its last regeneration. Copy the newest one.")
        }
        Slip::OtherClients(other) => format!(
            "This is the secret of {}. The wrong row was copied; {this} is {}.",
            names.labelled(*other),
            names.label(client)
        ),
        Slip::SameId => {
            "Both clients would have the same client id. Compare the two rows in the portal.".to_owned()
        }
        Slip::ActiveId => {
            format!(
                "{this} is live, and the client id of a live client cannot change while its secret works. Name the other client."
            )
        }
        Slip::NoId => format!("No client id is known for {this} yet. Give it with --client-id."),
    }
}

fn odd(oddity: Oddity) -> String {
    let what = match oddity {
        Oddity::Empty => return "Nothing was pasted.".to_owned(),
        Oddity::TooLong => return "The text is longer than any secret: over 4096 bytes.".to_owned(),
        Oddity::SurroundingSpace => "white space at its beginning or end".to_owned(),
        Oddity::Control(at) => format!("a control character at position {at}"),
        Oddity::NonAscii(at) => format!("a character at position {at} that no secret has (not ASCII)"),
    };
    format!("The text has {what}. Copy it again, from the first to the last character.")
}
