//! `GET /api`: the document, to be read and tried in a browser.

use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use link::ProblemKind;
use pages::Visitor;
use screen::office::Here;
use screen::township::{ApiField, ApiOperation, ApiPage, ApiProblem, ApiSchema, api};
use serde_json::Value;

use super::super::Web;
use super::document::document;

pub(super) async fn show(State(web): State<Web>, visitor: Visitor) -> Response {
    let frame = visitor.frame(&web, Here::Nowhere, "/api");
    // The document is ours: what cannot be written as JSON would be found by its tests.
    let document = serde_json::to_value(document()).unwrap_or_default();
    Html(api(&frame, &page(&document))).into_response()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn page(document: &Value) -> ApiPage {
    ApiPage {
        title: text(&document["info"]["title"]),
        description: text(&document["info"]["description"]),
        version: text(&document["info"]["version"]),
        operations: operations(document),
        schemas: schemas(document),
        problems: ProblemKind::all().iter().map(|kind| problem(*kind)).collect(),
    }
}

fn problem(kind: ProblemKind) -> ApiProblem {
    ApiProblem {
        slug: kind.slug().to_owned(),
        status: kind.status(),
        zh: kind.title_zh().to_owned(),
        en: kind.title_en().to_owned(),
    }
}

fn operations(document: &Value) -> Vec<ApiOperation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| one(path, method, operation))
    });
    operations.collect()
}

fn one(path: &str, method: &str, operation: &Value) -> ApiOperation {
    let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
    let fields = parameters.iter().map(|parameter| ApiField {
        name: text(&parameter["name"]),
        sort: format!("{} · {}", text(&parameter["in"]), sort(&parameter["schema"]).0),
        schema: None,
        required: parameter["required"] == true,
        example: text(&parameter["example"]),
        description: text(&parameter["description"]),
    });
    let responses = operation["responses"].as_object().into_iter().flatten();
    let responses = responses.map(|(status, response)| ApiField {
        name: status.clone(),
        description: text(&response["description"]),
        schema: response["content"]
            .as_object()
            .and_then(|content| content.values().next())
            .and_then(|content| sort(&content["schema"]).1),
        ..ApiField::default()
    });
    ApiOperation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        tag: text(&operation["tags"][0]),
        summary: text(&operation["summary"]),
        parameters: fields.collect(),
        responses: responses.collect(),
        example: example(path, &parameters),
    }
}

/// The address of the example: every parameter with its own example.
fn example(path: &str, parameters: &[&Value]) -> String {
    let (mut address, mut query) = (path.to_owned(), Vec::new());
    for parameter in parameters {
        let (name, value) = (text(&parameter["name"]), text(&parameter["example"]));
        if parameter["in"] == "path" {
            address = address.replace(&format!("{{{name}}}"), &value);
        } else if !value.is_empty() {
            query.push(format!("{name}={value}"));
        }
    }
    if query.is_empty() {
        address
    } else {
        format!("{address}?{}", query.join("&"))
    }
}

/// A schema in a word or two, and the named one behind it.
fn sort(schema: &Value) -> (String, Option<String>) {
    if let Some(named) = schema["$ref"].as_str() {
        let name = named.rsplit('/').next().unwrap_or_default().to_owned();
        return (name.clone(), Some(name));
    }
    if let Some(parts) = schema["oneOf"].as_array() {
        let parts: Vec<_> = parts.iter().map(sort).collect();
        let words: Vec<&str> = parts.iter().map(|(word, _)| word.as_str()).collect();
        return (words.join(" | "), parts.iter().find_map(|(_, named)| named.clone()));
    }
    let of = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect::<Vec<_>>().join(" | "),
        one => text(one),
    };
    if of == "array" {
        let (item, named) = sort(&schema["items"]);
        return (format!("[{item}]"), named);
    }
    match schema["format"].as_str() {
        Some(format) => (format!("{of} ({format})"), None),
        None => (of, None),
    }
}

fn schemas(document: &Value) -> Vec<ApiSchema> {
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let schemas = schemas.map(|(name, schema)| {
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let fields = schema["properties"].as_object().into_iter().flatten();
        let fields = fields.map(|(field, of)| {
            let (sort, named) = sort(of);
            ApiField {
                name: field.clone(),
                sort,
                schema: named,
                required: required.contains(&field.as_str()),
                example: String::new(),
                description: text(&of["description"]),
            }
        });
        ApiSchema {
            name: name.clone(),
            description: text(&schema["description"]),
            fields: fields.collect(),
            values: schema["enum"].as_array().into_iter().flatten().map(text).collect(),
        }
    });
    schemas.collect()
}
