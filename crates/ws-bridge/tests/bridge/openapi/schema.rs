//! As much of JSON Schema as our description uses, read more strictly: a key that is not described is an error.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a reference leads to; anything else is what it is.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(place) => document.pointer(&place[1..]).unwrap_or_else(|| panic!("{place} leads nowhere")),
        None => schema,
    }
}

/// Fails the test where `value`, which stands at `at`, is not as described.
pub(super) fn conforms(document: &Value, schema: &Value, at: &str, value: &Value) {
    let schema = resolve(document, schema);
    if let Value::Object(members) = value {
        assert!(may_be(schema, "object") || schema["allOf"].is_array(), "{at} is an object: {schema}");
        let described = keys(document, schema);
        let others = &schema["additionalProperties"];
        if described.is_empty() && others.is_null() {
            return; // whatever it holds
        }
        for (key, (schema, required)) in &described {
            assert!(!required || members.contains_key(*key), "{at} lacks {key}");
            if let Some(member) = members.get(*key) {
                conforms(document, schema, &format!("{at}.{key}"), member);
            }
        }
        for (key, member) in members.iter().filter(|(key, _)| !described.contains_key(key.as_str())) {
            assert!(others.is_object(), "{at} has {key}, which is not described");
            conforms(document, others, &format!("{at}.{key}"), member);
        }
        return;
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) | Value::Object(_) => "array",
    };
    assert!(may_be(schema, kind) || kind == "integer" && may_be(schema, "number"), "{at} is {value}: {schema}");
    if let (Some(number), Some(least)) = (value.as_f64(), schema["minimum"].as_f64()) {
        assert!(number >= least && number <= schema["maximum"].as_f64().unwrap_or(f64::MAX), "{at} is {value}");
    }
    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
        conforms(document, &schema["items"], &format!("{at}[{place}]"), item);
    }
}

fn may_be(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind))
}

/// The keys of an object, and whether each has to be there.
fn keys<'a>(document: &'a Value, schema: &'a Value) -> BTreeMap<&'a str, (&'a Value, bool)> {
    let schema = resolve(document, schema);
    let of_parts = schema["allOf"].as_array().into_iter().flatten().flat_map(|part| keys(document, part));
    let required = |key| schema["required"].as_array().is_some_and(|keys| keys.iter().any(|one| one == key));
    let own = schema["properties"].as_object().into_iter().flatten();
    of_parts.chain(own.map(|(key, schema)| (key.as_str(), (schema, required(key))))).collect()
}
