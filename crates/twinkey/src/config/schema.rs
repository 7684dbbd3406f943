//! The JSON Schema of the configuration, made from the catalogue of keys.

use serde_json::{Map, Value, json};

use super::keys::{self, Key, Kind};

/// The schema as it is checked in and printed (JSON Schema draft 2020-12).
pub fn schema_text() -> String {
    let mut schema = table(keys::ROOT);
    if let Value::Object(members) = &mut schema {
        members.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        members.insert("title".into(), json!("Configuration of Twinkey"));
    }
    format!("{schema:#}\n")
}

fn table(keys: &'static [Key]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        let mut value = kind(&key.kind);
        if let Value::Object(members) = &mut value {
            members.insert("description".into(), json!(key.meaning));
            if let Some(default) = key.default {
                members.insert("default".into(), typed_default(&key.kind, default));
            }
        }
        properties.insert(key.name.into(), value);
    }
    // A preset can fill in what is otherwise needed.
    let has_preset = keys.iter().any(|key| key.name == "preset");
    let needed: Vec<&str> = keys.iter().filter(|key| key.needed && !has_preset).map(|key| key.name).collect();
    json!({ "type": "object", "properties": properties, "required": needed, "additionalProperties": false })
}

fn kind(kind: &'static Kind) -> Value {
    const DURATION: &str = r"^(\s*\d+\s*(ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?))+\s*$";
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Path => json!({ "type": "string", "pattern": "^/" }),
        Kind::Duration => json!({ "type": "string", "pattern": DURATION }),
        Kind::Word(words) => json!({ "type": "string", "enum": words }),
        Kind::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Statuses => {
            json!({ "type": "array", "minItems": 1, "items": { "type": "integer", "minimum": 100, "maximum": 599 } })
        }
        Kind::Pairs => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::Table(keys) => table(keys),
        Kind::Named(keys) => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[a-z0-9][a-z0-9-]{0,63}$" },
            "additionalProperties": table(keys),
        }),
        Kind::Secret(places) => {
            let mut secret = table(places);
            secret["minProperties"] = json!(1);
            secret["maxProperties"] = json!(1);
            secret
        }
        Kind::WordOrTable(word, keys) => json!({ "anyOf": [{ "const": word }, table(keys)] }),
        Kind::WordOrDuration(word) => {
            json!({ "anyOf": [{ "const": word }, { "type": "string", "pattern": DURATION }] })
        }
    }
}

/// A default in the type of its key.
fn typed_default(kind: &Kind, default: &str) -> Value {
    match kind {
        Kind::Integer(..) | Kind::Boolean | Kind::Texts => {
            serde_json::from_str(default).unwrap_or(Value::Null)
        }
        _ => json!(default),
    }
}
