//! Whose fault a refusal is, with the other client as control.

use jiff::Timestamp;

use crate::seen::{PROBE_HOLDS, Probed, Seen};
use crate::{AnswerKind, Client, Mac};

/// What a probe's answer means for the secret that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It got a token.
    Accepted,
    /// The secret is wrong, or the client has lost a grant or a role at the token endpoint.
    Rejected,
    /// A token, and no right to use the API: the client lacks its role.
    Forbidden,
    /// The request cannot work for any client: no secret is to blame.
    Misconfigured,
    /// It may pass: throttled, unavailable, or an answer that was none.
    Passing,
}

impl Verdict {
    /// Whether the secret is not to be used.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Rejected | Self::Forbidden)
    }
}

/// A verdict, or what is needed for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Judged {
    /// The verdict.
    Verdict(Verdict),
    /// The other client must be asked in the same form first.
    NeedsControl,
}

/// Judges one probe of this run. A 400, 401 or 403 that names no `invalid_client` says nothing by itself:
/// if the other client gets a token by the same form, this one is to blame; refused alike, the request is.
/// `control` tells whether the other client has a secret to ask with; without one the secret is blamed, with
/// a text that names the other causes.
pub fn judge(seen: &Seen, probed: &Probed, control: bool) -> Judged {
    let verdict = match probed.answer.kind {
        AnswerKind::Accepted => Verdict::Accepted,
        AnswerKind::Rejected => Verdict::Rejected,
        AnswerKind::Forbidden => Verdict::Forbidden,
        AnswerKind::Misconfigured => Verdict::Misconfigured,
        AnswerKind::Throttled { .. } | AnswerKind::Unavailable | AnswerKind::Protocol => Verdict::Passing,
        AnswerKind::Refused if !control => Verdict::Rejected,
        AnswerKind::Refused => match control_of(seen, probed) {
            None => return Judged::NeedsControl,
            Some(AnswerKind::Accepted | AnswerKind::Forbidden) => Verdict::Rejected,
            Some(AnswerKind::Refused | AnswerKind::Rejected | AnswerKind::Misconfigured) => {
                Verdict::Misconfigured
            }
            Some(_) => Verdict::Passing,
        },
    };
    Judged::Verdict(verdict)
}

/// The answer to the other client nearest in time, if one was asked within [`PROBE_HOLDS`] before or after.
/// A token for any other secret is the best control, also for one of the same client: the form works.
fn control_of(seen: &Seen, probed: &Probed) -> Option<AnswerKind> {
    let near = |other: &&Probed| other.at.duration_since(probed.at).abs() <= PROBE_HOLDS;
    let token = seen
        .probes
        .iter()
        .filter(near)
        .any(|other| other.secret != probed.secret && other.answer.kind == AnswerKind::Accepted);
    if token {
        return Some(AnswerKind::Accepted);
    }
    let mut others = seen.probes.iter().filter(near).filter(|other| other.client != probed.client);
    others.next_back().map(|other| other.answer.kind)
}

impl Seen {
    /// Whether this secret got a token in this run, recently enough to publish it now.
    pub fn accepted_lately(&self, client: Client, secret: Mac, now: Timestamp) -> bool {
        self.lately(client, secret, now).is_some_and(|probed| probed.answer.kind == AnswerKind::Accepted)
    }

    /// The last probe of this secret in this run, if it is recent enough to act on and came after the last
    /// look.
    pub fn lately(&self, client: Client, secret: Mac, now: Timestamp) -> Option<&Probed> {
        self.answers(client, secret)
            .next_back()
            .filter(|probed| probed.current && now.duration_since(probed.at).abs() <= PROBE_HOLDS)
    }
}
