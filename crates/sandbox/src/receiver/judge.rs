//! Small questions about a document.

use serde_json::Value;

/// Why a vendor would refuse it.
pub(super) type Judged = Result<(), String>;

/// A text of 1 to so many characters.
pub(super) fn text<'v>(value: &'v Value, name: &str, most: usize) -> Result<&'v str, String> {
    let text = value[name].as_str().ok_or_else(|| format!("{name} is no text"))?;
    match text.chars().count() {
        0 => Err(format!("{name} is empty")),
        long if long > most => Err(format!("{name} has {long} characters, at most {most} are taken")),
        _ => Ok(text),
    }
}

/// One of some words; may be left out.
pub(super) fn word(value: &Value, name: &str, words: &[&str]) -> Judged {
    match value.get(name) {
        None => Ok(()),
        Some(Value::String(word)) if words.contains(&word.as_str()) => Ok(()),
        Some(other) => Err(format!("{name} is {other}, none of {words:?}")),
    }
}

/// No key but these.
pub(super) fn only(value: &Value, keys: &[&str]) -> Judged {
    let object = value.as_object().ok_or("there is no object where one belongs")?;
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(format!("{key} is no key here")),
        None => Ok(()),
    }
}

/// A list of 1 to so many items.
pub(super) fn list<'v>(value: &'v Value, name: &str, most: usize) -> Result<&'v [Value], String> {
    let list = value[name].as_array().ok_or_else(|| format!("{name} is no list"))?;
    match list.len() {
        0 => Err(format!("{name} is empty")),
        long if long > most => Err(format!("{name} has {long} items, at most {most} are taken")),
        _ => Ok(list),
    }
}
