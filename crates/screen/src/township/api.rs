//! The API to be read in a browser: operations, parameters, answers, and a link that tries each one.

use maud::{Markup, html};

use crate::office::Frame;
use crate::{Words, text};

/// One parameter, one answer or one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiField {
    /// Its name, or the status of an answer.
    pub name: String,
    /// What it is, in a word or two.
    pub sort: String,
    /// The schema behind it.
    pub schema: Option<String>,
    /// Whether it is always there, or must be.
    pub required: bool,
    /// An example.
    pub example: String,
    /// What it means.
    pub description: String,
}

/// One operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiOperation {
    /// The method, in capitals.
    pub method: String,
    /// The address.
    pub path: String,
    /// Its group.
    pub tag: String,
    /// What it does.
    pub summary: String,
    /// Its parameters.
    pub parameters: Vec<ApiField>,
    /// Its answers, by status.
    pub responses: Vec<ApiField>,
    /// The address with the examples in it.
    pub example: String,
}

/// One named schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiSchema {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// Its fields.
    pub fields: Vec<ApiField>,
    /// Its values, where it is one of a few.
    pub values: Vec<String>,
}

/// One type of problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiProblem {
    /// Its word.
    pub slug: String,
    /// Its HTTP status.
    pub status: u16,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What stands on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiPage {
    /// Its title.
    pub title: String,
    /// What it is.
    pub description: String,
    /// Its version.
    pub version: String,
    /// The operations.
    pub operations: Vec<ApiOperation>,
    /// The schemas, by name.
    pub schemas: Vec<ApiSchema>,
    /// The types of problems.
    pub problems: Vec<ApiProblem>,
}

fn sort(field: &ApiField) -> Markup {
    html! {
        @match &field.schema {
            Some(named) => a href=(format!("#schema-{named}")) { code { @if field.sort.is_empty() { (named) } @else { (field.sort) } } },
            None => code { (field.sort) },
        }
    }
}

fn operation(at: usize, one: &ApiOperation, w: Words) -> Markup {
    let id = format!("op{at}");
    html! {
        section aria-labelledby=(id) {
            div.sh { h2 id=(id) { (one.method) " " code { (one.path) } } span.s { (one.tag) } }
            p lang="en" { (text::visible(&one.summary)) }
            @if !one.parameters.is_empty() {
                div.scrollx tabindex="0" role="region" aria-label=(w.api_parameters()) {
                    table.dense {
                        caption { (w.api_parameters()) }
                        thead { tr { th scope="col" { (w.api_name()) } th scope="col" { (w.api_sort()) } th scope="col" { (w.api_required()) }
                            th scope="col" { (w.api_example()) } th scope="col" { (w.api_means()) } } }
                        tbody { @for field in &one.parameters { tr {
                            th scope="row" { code { (field.name) } } td { (sort(field)) }
                            td { @if field.required { (w.api_yes()) } @else { (text::DASH) } }
                            td { code { (field.example) } } td lang="en" { (text::visible(&field.description)) }
                        } } }
                    }
                }
            }
            table.dense.api-answers {
                caption { (w.api_answers()) }
                thead { tr { th scope="col" { (w.api_status()) } th scope="col" { (w.api_sort()) } th scope="col" { (w.api_means()) } } }
                tbody { @for field in &one.responses { tr {
                    th scope="row" { (field.name) } td { (sort(field)) } td lang="en" { (text::visible(&field.description)) }
                } } }
            }
            @if one.method == "GET" { p.gap-s { (w.api_try()) " " a href=(one.example) { code { (one.example) } } } }
        }
    }
}

fn schema(one: &ApiSchema, w: Words) -> Markup {
    let id = format!("schema-{}", one.name);
    html! {
        section aria-labelledby=(id) {
            h3 id=(id) { code { (one.name) } }
            @if !one.description.is_empty() { p lang="en" { (text::visible(&one.description)) } }
            @if !one.values.is_empty() { p { code { (one.values.join(" | ")) } } }
            @if !one.fields.is_empty() {
                div.scrollx tabindex="0" role="region" aria-label=(one.name) {
                    table.dense {
                        thead { tr { th scope="col" { (w.api_name()) } th scope="col" { (w.api_sort()) } th scope="col" { (w.api_always()) }
                            th scope="col" { (w.api_means()) } } }
                        tbody { @for field in &one.fields { tr {
                            th scope="row" { code { (field.name) } } td { (sort(field)) }
                            td { @if field.required { (w.api_yes()) } @else { (text::DASH) } }
                            td lang="en" { (text::visible(&field.description)) }
                        } } }
                    }
                }
            }
        }
    }
}

/// The page.
#[must_use]
pub fn api(frame: &Frame, page: &ApiPage) -> String {
    let w = frame.words();
    let body = html! {
        div.head {
            div { h1 { (w.api_title()) } p.m lang="en" { (text::visible(&page.title)) " · " (page.version) } }
            div.acts { a.btn href="/api/v1/openapi.json" { (w.api_document()) } }
        }
        div.one {
            p { (w.api_session()) }
            p.gap-s lang="en" { (text::visible(&page.description)) }
        }
        @for (at, one) in page.operations.iter().enumerate() { (operation(at, one, w)) }
        section aria-labelledby="schemas" {
            div.sh { h2 #schemas { (w.api_schemas()) } }
            @for one in &page.schemas { (schema(one, w)) }
        }
        section aria-labelledby="problems" {
            div.sh { h2 #problems { (w.api_problems()) } span.s { "application/problem+json · RFC 9457" } }
            div.scrollx tabindex="0" role="region" aria-label=(w.api_problems()) {
                table.dense {
                    thead { tr { th scope="col" { "urn:minqing:problem:" } th.n scope="col" { (w.api_status()) } th scope="col" { (w.api_means()) } } }
                    tbody { @for one in &page.problems { tr {
                        th scope="row" { code { (one.slug) } } td.n { (one.status) }
                        td { @if frame.lang == crate::Lang::Zh { (one.zh) } @else { (one.en) } }
                    } } }
                }
            }
        }
    };
    frame.around(w.api_title(), false, &body)
}
