//! Forgets answers of a long run that no rule can tell from fewer.
//!
//! A run that is suspended again and again asks again and again. Of each secret's answers the rules read: the
//! last one; how far back its trailing tokens reach; and, of those that the record does not know yet, the last
//! token and the refusals after it, counted to three with the first and the last moment.

use twinkey_core::AnswerKind;
use twinkey_core::seen::Probed;

use crate::time::{day, midnight};

/// Keeps what the rules read.
pub fn forget(probes: &mut Vec<Probed>) {
    let kept: Vec<bool> = (0..probes.len()).map(|at| matters(probes, at)).collect();
    let mut kept = kept.into_iter();
    probes.retain(|_| kept.next().unwrap_or(true));
    // The provider of the model names its refusals, so no answer is judged by the one beside it.
    probes.sort_by_key(|probed| (probed.client, probed.secret));
}

/// The age of tokens that clear no refusals: today, or before; and whether two of one secret lie days apart.
pub fn age(probes: &mut [Probed], today: i64, in_normal_form: i64) {
    for at in 0..probes.len() {
        let this = probes[at].clone();
        if !is_token(&this) || !this.noted {
            continue;
        }
        let same = |other: &&Probed| (other.client, other.secret) == (this.client, this.secret);
        let newer = probes[at + 1..].iter().rfind(|other| same(other) && is_token(other));
        let ago = match newer {
            _ if day(this.at) == today => 0,
            None => 1,
            Some(newer) if day(newer.at) == day(this.at) => 1,
            Some(newer) if newer.noted && day(newer.at) != today => 2,
            Some(_) => 1,
        };
        probes[at].at = midnight(today - ago);
    }
    for probed in probes.iter_mut().filter(|probed| is_token(probed) && probed.noted) {
        probed.at = midnight(in_normal_form - (today - day(probed.at)));
    }
}

fn matters(probes: &[Probed], at: usize) -> bool {
    let this = &probes[at];
    let same = |other: &&Probed| (other.client, other.secret) == (this.client, this.secret);
    let later: Vec<&Probed> = probes[at + 1..].iter().filter(same).collect();
    let earlier: Vec<&Probed> = probes[..at].iter().filter(same).collect();
    if later.is_empty() {
        return true;
    }
    if is_token(this) {
        let only_tokens_since = later.iter().all(|later| is_token(later));
        let begins = earlier.last().is_none_or(|before| !is_token(before));
        let oldest_of_the_last_tokens = only_tokens_since && begins;
        let clears_refusals = !this.noted && !later.iter().any(|later| is_token(later) && !later.noted);
        return oldest_of_the_last_tokens || clears_refusals;
    }
    // A refusal: only while no token came after it, and only the first and the last two.
    let cleared = later.iter().any(|later| is_token(later));
    let counted = |other: &&&Probed| !other.noted && !is_token(other);
    let since_token = earlier.iter().rev().take_while(|before| !is_token(before));
    let first = since_token.filter(counted).count() == 0;
    let before_last = later.iter().filter(counted).count() <= 1;
    !this.noted && !cleared && (first || before_last)
}

fn is_token(probed: &Probed) -> bool {
    probed.answer.kind == AnswerKind::Accepted
}
