//! Whether an answer is what a schema says: the part of JSON Schema that the hub's document uses. What it does not know it
//! refuses, so that nothing passes unseen; objects may have no property that is not described.

use serde_json::Value;

/// Words of a schema that say nothing about a value.
const SAYS_NOTHING: [&str; 6] = ["description", "example", "examples", "title", "default", "deprecated"];

/// What does not hold, with the place of each.
pub(crate) fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(document, schema, value, "answer", &mut faults);
    faults
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    if let Some(named) = schema["$ref"].as_str() {
        let path = named.strip_prefix('#').expect("a reference within the document");
        let found = document.pointer(path).unwrap_or_else(|| panic!("{named} is not there"));
        return check(document, found, value, at, faults);
    }
    let mut wrong = |what: String| faults.push(format!("{at}: {what}, not {value}"));
    let object = schema.as_object().expect("a schema is an object");
    let mut inner = Vec::new();
    for (word, says) in object {
        match word.as_str() {
            "type" => {
                let types: Vec<&str> = match says {
                    Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
                    one => vec![one.as_str().unwrap()],
                };
                if !types.iter().any(|sort| is(sort, value)) {
                    wrong(format!("{types:?}"));
                }
            }
            "oneOf" => {
                let fits = |one: &&Value| {
                    let mut faults = Vec::new();
                    check(document, one, value, at, &mut faults);
                    faults.is_empty()
                };
                if says.as_array().unwrap().iter().filter(fits).count() != 1 {
                    wrong("one of several".to_owned());
                }
            }
            "enum" => {
                if !says.as_array().unwrap().contains(value) {
                    wrong(says.to_string());
                }
            }
            "minimum" => {
                if value.as_f64().is_some_and(|number| number < says.as_f64().unwrap()) {
                    wrong(format!("at least {says}"));
                }
            }
            "maximum" => {
                if value.as_f64().is_some_and(|number| number > says.as_f64().unwrap()) {
                    wrong(format!("at most {says}"));
                }
            }
            "pattern" => {
                assert_eq!(says, "^[0-9a-f]{64}$", "the only pattern of the document");
                let is_hex = |text: &str| text.len() == 64 && text.bytes().all(|b| b"0123456789abcdef".contains(&b));
                if !value.as_str().is_some_and(is_hex) {
                    wrong("64 hexadecimal digits".to_owned());
                }
            }
            "format" => {
                let fits = match (says.as_str().unwrap(), value) {
                    (_, Value::Null) => true,
                    ("date", day) => day.as_str().is_some_and(|day| day.parse::<event::Day>().is_ok()),
                    ("int32" | "int64" | "uint64", number) => number.is_i64() || number.is_u64(),
                    (other, _) => panic!("the format {other} is not known here"),
                };
                if !fits {
                    wrong(says.to_string());
                }
            }
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(document, says, item, &format!("{at}[{n}]"), &mut inner);
                }
            }
            "properties" => {
                for (name, of) in value.as_object().into_iter().flatten() {
                    match says.get(name) {
                        Some(schema) => check(document, schema, of, &format!("{at}.{name}"), &mut inner),
                        None => inner.push(format!("{at}.{name}: is not described")),
                    }
                }
            }
            "required" => {
                let names = says.as_array().unwrap().iter().filter_map(Value::as_str);
                let missing = names.filter(|name| value.is_object() && value.get(name).is_none());
                inner.extend(missing.map(|name| format!("{at}.{name}: is missing")));
            }
            word if SAYS_NOTHING.contains(&word) => {}
            other => panic!("the word {other} is not known here: {schema}"),
        }
    }
    faults.extend(inner);
}

fn is(sort: &str, value: &Value) -> bool {
    match sort {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other} is not known here"),
    }
}
