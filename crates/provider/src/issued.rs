//! A token as it was issued (RFC 6749 section 5.1), and tokens that must not show.

use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Map, Value};

/// The longest token lifetime that is believed, in seconds: 30 days.
const LONGEST: i64 = 30 * 24 * 3600;

/// A token that was issued.
pub(crate) struct Issued {
    pub(crate) token: SecretString,
    /// `expires_in`, if it made sense.
    pub(crate) lifetime: Option<SignedDuration>,
    pub(crate) warnings: Vec<String>,
}

/// Reads a success to a request for `scope`.
///
/// # Errors
/// It holds no token that can be used: says what is missing.
pub(crate) fn issued(object: &Map<String, Value>, scope: Option<&str>) -> Result<Issued, &'static str> {
    // Null and an empty text are how some providers say that there is no error.
    if object.get("error").is_some_and(|error| !error.is_null() && error.as_str() != Some("")) {
        return Err("an error that is no text");
    }
    let text = |name| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let token = text("access_token");
    if token.is_empty() {
        return Err("JSON without access_token");
    }
    if !text("token_type").eq_ignore_ascii_case("bearer") {
        return Err("a token of another type than Bearer");
    }
    let mut warnings = Vec::new();
    let mut unusable = |odd| {
        warnings.push(format!("expires_in {odd}; the drain counts with the configured token-lifetime"));
    };
    let lifetime = lifetime(object.get("expires_in")).map_err(&mut unusable).ok();
    if lifetime.is_some() && object.get("expires_in").is_some_and(Value::is_string) {
        warnings.push("expires_in is a text, not a number".to_owned());
    }
    warnings.extend(narrower(object.get("scope"), scope));
    Ok(Issued { token: SecretString::from(token), lifetime, warnings })
}

/// `expires_in`: whole seconds above zero. A number in quotes is taken; nothing else is believed.
fn lifetime(value: Option<&Value>) -> Result<SignedDuration, &'static str> {
    let seconds = match value {
        None | Some(Value::Null) => return Err("is missing"),
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    match seconds {
        Some(seconds @ 1..=LONGEST) => Ok(SignedDuration::from_secs(seconds)),
        _ => Err("makes no sense"),
    }
}

/// The asked scopes that were not granted. A provider that grants what was asked need not repeat it
/// (RFC 6749 section 5.1).
fn narrower(granted: Option<&Value>, asked: Option<&str>) -> Option<String> {
    let granted = granted?.as_str()?;
    let missing: Vec<_> = asked?
        .split_whitespace()
        .filter(|scope| granted.split_whitespace().all(|granted| granted != *scope))
        .collect();
    let said = || format!("the token lacks the scope that was asked for: {}", missing.join(" "));
    (!missing.is_empty()).then(said)
}

/// The tokens of an answer: they must not show either, whatever the rest of it says.
pub(crate) fn tokens(json: Option<&Value>) -> Vec<SecretString> {
    let tokens = ["access_token", "refresh_token", "id_token"].into_iter();
    tokens.filter_map(|name| json?.get(name)?.as_str()).map(SecretString::from).collect()
}

/// Whether a body that could not be read as a token names one all the same, such as half a JSON object.
pub(crate) fn may_hold_token(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["access_token", "refresh_token", "id_token", "accesstoken"].iter().any(|name| lower.contains(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_lifetime_that_makes_no_sense_is_not_believed() {
        let read = |expires_in: Value| {
            let body = json!({ "access_token": "t", "token_type": "Bearer", "expires_in": expires_in });
            let issued = issued(body.as_object().unwrap(), None).unwrap();
            (issued.lifetime.map(|lifetime| lifetime.as_secs()), issued.warnings.len())
        };
        assert_eq!(read(json!(3600)), (Some(3600), 0));
        assert_eq!(read(json!(LONGEST)), (Some(LONGEST), 0));
        assert_eq!(read(json!("3600")), (Some(3600), 1));
        for value in [
            json!(0),
            json!(-5),
            json!(1e99),
            json!(LONGEST + 1),
            json!(u64::MAX),
            json!(null),
            json!("soon"),
            json!("-1"),
            json!([]),
            json!(3.5),
        ] {
            assert_eq!(read(value.clone()), (None, 1), "{value}");
        }
    }

    #[test]
    fn a_scope_that_was_not_granted_is_named() {
        let granted = |scope: Value, asked| narrower(Some(&scope), asked);
        assert_eq!(granted(json!("b a"), Some("a b")), None);
        assert_eq!(granted(json!("a"), None), None);
        assert_eq!(granted(json!(["a"]), Some("b")), None, "not a scope of the RFC: nothing is said");
        assert_eq!(narrower(None, Some("a")), None);
        let said = granted(json!("ab"), Some("a ab b"));
        assert_eq!(said.as_deref(), Some("the token lacks the scope that was asked for: a b"));
    }
    proptest! {
        #[test]
        fn a_lifetime_is_whole_seconds_up_to_thirty_days_or_not_believed(
            seconds in prop_oneof![any::<i64>(), -2..4i64, LONGEST - 2..LONGEST + 3], quoted: bool,
        ) {
            let expires_in = if quoted { json!(seconds.to_string()) } else { json!(seconds) };
            let believed = (1..=LONGEST).contains(&seconds).then(|| SignedDuration::from_secs(seconds));
            prop_assert_eq!(lifetime(Some(&expires_in)).ok(), believed);
        }

        #[test]
        fn exactly_the_scopes_that_are_missing_are_named(
            asked in prop::collection::vec("[a-c]{1,2}", 0..5), granted in prop::collection::vec("[a-c]{1,2}", 0..5),
        ) {
            let missing: Vec<&str> =
                asked.iter().filter(|scope| !granted.contains(scope)).map(String::as_str).collect();
            let said = narrower(Some(&json!(granted.join("  "))), Some(&asked.join(" ")));
            let named = said.map_or(String::new(), |said| said.rsplit(": ").next().unwrap_or_default().to_owned());
            prop_assert_eq!(named, missing.join(" "));
        }
    }
}
