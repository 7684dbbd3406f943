//! The fields of one document, and their form as JSON at the stores' edge.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// The fields of one document. Every value is treated as a secret: it is wiped when dropped, and `Debug`
/// shows the names of the fields only.
#[derive(Clone, Default)]
pub struct Body(BTreeMap<String, Field>);

/// The value of one field.
#[derive(Clone, Debug)]
pub enum Field {
    /// A JSON string: all that Twinkey writes.
    Text(SecretString),
    /// Anything else that somebody put there. It is kept, letter for letter.
    Other(RawJson),
}

/// A JSON value that is no string, kept as its text. Wiped when dropped, not shown by `Debug`.
#[derive(Clone)]
pub struct RawJson(SecretString);

impl Body {
    /// A document without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The text of one field; `None` if it is absent or no text.
    pub fn text(&self, name: &str) -> Option<&SecretString> {
        match self.0.get(name)? {
            Field::Text(text) => Some(text),
            Field::Other(_) => None,
        }
    }

    /// One field; `None` if it is absent.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.0.get(name)
    }

    /// Sets the text of one field, and leaves all others.
    pub fn set_text(&mut self, name: impl Into<String>, text: SecretString) {
        self.0.insert(name.into(), Field::Text(text));
    }

    /// Takes one field away; whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// The names of the fields, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether both hold the same fields with the same values. White space, the order of members and the
    /// spelling of texts in foreign JSON do not count; numbers are the same digit by digit, because no float
    /// holds them all. Not in constant time.
    pub fn same_meaning(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self
                .0
                .iter()
                .all(|(name, field)| other.0.get(name).is_some_and(|twin| field.same_meaning(twin)))
    }

    /// Reads a document from a JSON object. A name that comes twice counts once, the last.
    ///
    /// # Errors
    /// Whoever wrote the text: it is no JSON object. The error names the position and never the text.
    pub fn from_json(json: &str) -> Result<Self, BodyError> {
        let raw: BTreeMap<String, &RawValue> = serde_json::from_str(json)?;
        raw.into_iter()
            .map(|(name, value)| Ok((name, Field::from_json(value)?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The document as a JSON object, its fields sorted by name.
    pub fn to_json(&self) -> Zeroizing<String> {
        // The room is taken at once: a buffer that grows leaves copies behind that nobody wipes.
        let mut json = Zeroizing::new(Vec::with_capacity(self.json_bytes_at_most()));
        #[expect(
            clippy::expect_used,
            reason = "names are strings, values are JSON, and memory takes every write"
        )]
        serde_json::to_writer(&mut *json, &AsJson(self)).expect("a body is always JSON");
        #[expect(clippy::expect_used, reason = "serde_json writes UTF-8")]
        Zeroizing::new(String::from_utf8(std::mem::take(&mut *json)).expect("JSON is UTF-8"))
    }

    fn json_bytes_at_most(&self) -> usize {
        let escaped = |text: &str| 6 * text.len() + 2;
        let field = |(name, field): (&String, &Field)| {
            escaped(name)
                + 2
                + match field {
                    Field::Text(text) => escaped(text.expose_secret()),
                    Field::Other(json) => json.as_str().len(),
                }
        };
        2 + self.0.iter().map(field).sum::<usize>()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")?;
        f.debug_set().entries(self.names()).finish()
    }
}

impl Field {
    fn from_json(value: &RawValue) -> Result<Self, BodyError> {
        let json = value.get();
        if !json.starts_with('"') {
            return Ok(Self::Other(RawJson(SecretString::from(json))));
        }
        // A text without escapes, the ordinary case, is copied once, into the box that is wiped.
        let text = match serde_json::from_str::<&str>(json) {
            Ok(text) => SecretString::from(text),
            Err(_) => SecretString::from(Zeroizing::new(serde_json::from_str::<String>(json)?).as_str()),
        };
        Ok(Self::Text(text))
    }

    fn same_meaning(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => one.expose_secret() == two.expose_secret(),
            (Self::Other(one), Self::Other(two)) => one.same_meaning(two),
            _ => false,
        }
    }
}

impl RawJson {
    /// The JSON text. It may be as secret as any other field.
    pub fn as_str(&self) -> &str {
        self.0.expose_secret()
    }

    fn same_meaning(&self, other: &Self) -> bool {
        is_same(self.as_str(), other.as_str(), DEEPEST)
    }
}

/// How deep foreign JSON is compared; deeper down only the same text is the same.
const DEEPEST: usize = 64;

fn is_same(one: &str, two: &str, deep: usize) -> bool {
    fn read<'a, T: serde::Deserialize<'a>>(one: &'a str, two: &'a str) -> Option<(T, T)> {
        Some((serde_json::from_str(one).ok()?, serde_json::from_str(two).ok()?))
    }
    if one == two || deep == 0 {
        return one == two;
    }
    let below = |one: &RawValue, two: &RawValue| is_same(one.get(), two.get(), deep - 1);
    match one.as_bytes().first() {
        Some(b'{') => read::<BTreeMap<String, &RawValue>>(one, two).is_some_and(|(one, two)| {
            let twins =
                |(name, value): (&String, &&RawValue)| two.get(name).is_some_and(|twin| below(value, twin));
            one.len() == two.len() && one.iter().all(twins)
        }),
        Some(b'[') => read::<Vec<&RawValue>>(one, two).is_some_and(|(one, two)| {
            one.len() == two.len() && one.iter().zip(&two).all(|(one, two)| below(one, two))
        }),
        Some(b'"') => read::<String>(one, two).is_some_and(|(one, two)| one == two),
        _ => false,
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawJson([REDACTED])")
    }
}

/// A body on its way into JSON. [`Body`] itself has no `Serialize`, so that no derive writes it out by chance.
pub(crate) struct AsJson<'a>(pub(crate) &'a Body);

impl Serialize for AsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.0.len()))?;
        for (name, field) in &self.0.0 {
            match field {
                Field::Text(text) => map.serialize_entry(name, text.expose_secret())?,
                Field::Other(json) => {
                    let raw: &RawValue = serde_json::from_str(json.as_str()).map_err(S::Error::custom)?;
                    map.serialize_entry(name, raw)?;
                }
            }
        }
        map.end()
    }
}

/// A document that is no JSON object. Whoever wrote it is to blame. Says where, never what stands there.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no JSON object (line {line}, column {column})")]
pub struct BodyError {
    /// Line of the fault, from 1.
    pub line: usize,
    /// Column of the fault.
    pub column: usize,
}

impl From<serde_json::Error> for BodyError {
    /// Keeps the position only: the text of serde's error repeats what it read.
    fn from(error: serde_json::Error) -> Self {
        Self { line: error.line(), column: error.column() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CANARY: &str = "canary-7f31";

    #[test]
    fn foreign_fields_come_back_letter_for_letter() {
        let json = r#"{"a":"x","big":123456789012345678901234567890.10,"list":[1, {"b":null}],"no":null,"yes":true}"#;
        let mut body = Body::from_json(json).unwrap();
        assert_eq!(body.to_json().as_str(), json);
        body.set_text("a", "y".into());
        assert_eq!(body.to_json().as_str(), json.replace("\"x\"", "\"y\""));
        assert!(body.text("list").is_none());
        assert!(body.remove("list") && !body.remove("list"));
        assert_eq!(body.names().collect::<Vec<_>>(), ["a", "big", "no", "yes"]);
    }

    #[test]
    fn escapes_survive_both_ways() {
        let text = "quote \" slash \\ line\n tab\t nul\u{0} snow \u{2603} clef \u{1d11e}";
        let mut body = Body::new();
        body.set_text("na\"me\u{1}", text.into());
        let again = Body::from_json(&body.to_json()).unwrap();
        assert_eq!(again.text("na\"me\u{1}").unwrap().expose_secret(), text);
        assert_eq!(
            Body::from_json(r#"{"a":"\u2603"}"#).unwrap().text("a").unwrap().expose_secret(),
            "\u{2603}"
        );
    }

    #[test]
    fn the_room_for_json_is_never_outgrown() {
        let mut body = Body::from_json(r#"{"n":[1,2,3]}"#).unwrap();
        body.set_text("\u{1}\u{2}", "\u{0}".repeat(100).as_str().into());
        assert!(body.to_json().len() <= body.json_bytes_at_most());
        assert_eq!(Body::new().to_json().as_str(), "{}");
    }

    #[test]
    fn same_meaning_ignores_spelling_and_sees_values() {
        let body = |json| Body::from_json(json).unwrap();
        assert!(body(r#"{"a":"x","b":[1,2]}"#).same_meaning(&body(r#"{ "b": [1, 2], "a": "\u0078" }"#)));
        for other in
            [r#"{"a":"x"}"#, r#"{"a":"x","b":[2,1]}"#, r#"{"a":"y","b":[1,2]}"#, r#"{"a":1,"b":[1,2]}"#]
        {
            assert!(!body(r#"{"a":"x","b":[1,2]}"#).same_meaning(&body(other)), "{other}");
        }
    }

    #[test]
    fn foreign_values_that_no_float_and_no_stack_holds_are_told_apart() {
        let body = |value: &str| Body::from_json(&format!(r#"{{"a":{value}}}"#)).unwrap();
        let deep = |value: &str| format!("{}{value}{}", "[".repeat(10_000), "]".repeat(10_000));
        for (one, two) in [
            ("1e998", "1e999"),
            ("12345678901234567890123", "12345678901234567890124"),
            (r#"["\ud800"]"#, r#"["\ud801"]"#),
            (&deep("1"), &deep("2")),
        ] {
            assert!(!body(one).same_meaning(&body(two)));
            assert!(body(one).same_meaning(&body(one)));
        }
    }

    #[test]
    fn neither_debug_nor_errors_show_a_value() {
        let body = Body::from_json(&format!(r#"{{"client_secret":"{CANARY}","n":["{CANARY}"]}}"#)).unwrap();
        let shown = format!("{body:?} {:?} {:?}", body.field("client_secret"), body.field("n"));
        assert!(shown.contains("client_secret") && !shown.contains(CANARY), "{shown}");
        for broken in [format!("\"{CANARY}\""), format!("[\"{CANARY}\"]"), format!(r#"{{"a":"{CANARY}"#)] {
            let error = Body::from_json(&broken).unwrap_err();
            assert!(!format!("{error} {error:?}").contains(CANARY));
        }
    }
    /// A JSON value that somebody may have put into a field.
    fn foreign() -> impl Strategy<Value = String> {
        let text = "[ -~\u{e9}\n\"]{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap());
        let number = "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?";
        let leaf = prop_oneof![text.boxed(), number.boxed(), "null|true|false".boxed()];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let member =
                ("[a-z]{1,3}", inner.clone()).prop_map(|(name, value)| format!("{name:?} : {value}"));
            let list = prop::collection::vec(inner, 0..4).prop_map(|all| format!("[ {} ]", all.join(" , ")));
            let object =
                prop::collection::vec(member, 0..4).prop_map(|all| format!("{{{}}}", all.join(",\n")));
            prop_oneof![list, object]
        })
    }

    proptest! {
        #[test]
        fn any_foreign_field_survives_a_write_of_ours_letter_for_letter(
            values in prop::collection::btree_map("[a-z]{1,4}", foreign(), 0..5), ours in "(?s).{0,30}",
        ) {
            let members: Vec<String> = values.iter().map(|(name, value)| format!("{name:?}: {value}")).collect();
            let mut body = Body::from_json(&format!("{{ {} }}", members.join(", "))).unwrap();
            body.set_text("OURS", ours.as_str().into());
            let again = Body::from_json(&body.to_json()).unwrap();
            prop_assert!(body.same_meaning(&again) && again.same_meaning(&body));
            prop_assert_eq!(again.text("OURS").unwrap().expose_secret(), &ours);
            prop_assert_eq!(again.names().count(), values.len() + 1);
            for (name, value) in &values {
                match again.field(name).unwrap() {
                    Field::Other(json) => prop_assert_eq!(json.as_str(), value),
                    Field::Text(text) => {
                        prop_assert_eq!(text.expose_secret(), &serde_json::from_str::<String>(value).unwrap());
                    }
                }
            }
        }

        #[test]
        fn two_values_have_the_same_meaning_where_their_members_and_digits_are_the_same(
            one in foreign(), two in foreign(),
        ) {
            let body = |value: &str| Body::from_json(&format!(r#"{{"a":{value}}}"#)).unwrap();
            // White space alone: the generator puts some wherever JSON allows it, and none into texts of these.
            let tight = |value: &str| value.replace(" , ", ",").replace("[ ", "[").replace(" ]", "]");
            let plain = !one.contains('"');
            prop_assert!(!plain || body(&one).same_meaning(&body(&tight(&one))), "{}", one);
            for (at, digit) in one.match_indices(|c: char| plain && c.is_ascii_digit()).take(5) {
                let other = if digit == "9" { "8" } else { "9" };
                let changed = format!("{}{other}{}", &one[..at], &one[at + 1..]);
                prop_assert!(!body(&one).same_meaning(&body(&changed)), "{} is no {}", one, changed);
            }
            let same = body(&one).same_meaning(&body(&two));
            prop_assert_eq!(same, body(&two).same_meaning(&body(&one)));
            let value = |json: &str| serde_json::from_str::<serde_json::Value>(json).ok();
            prop_assert!(!same || value(&one) == value(&two), "{} is no {}", one, two);
        }
    }
}
