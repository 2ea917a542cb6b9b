//! One answer, three ways: JSON for scripts, text at a terminal, a page on paper.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use audit::{Book, CutAt};
use event::UnitCode;
use screen::{Cut, Lang, Place, Report};
use serde::Serialize;

use super::At;
use super::text::told;
use crate::clock::wall_ms;
use crate::out::Out;

/// Refuses before long work what would fail after it: the page must be a new file.
pub(super) fn check(html: Option<&Path>) -> anyhow::Result<()> {
    match html {
        Some(file) if file.exists() => {
            anyhow::bail!(
                "{}: is there already; choose another file for the report",
                file.display()
            )
        }
        _ => Ok(()),
    }
}

/// Shows an answer.
pub(super) fn present(out: &Out, at: &At, report: &Report, json: &impl Serialize) -> anyhow::Result<()> {
    if let Some(file) = &at.html {
        write(file, report)?;
    }
    if out.json {
        return out.object(json);
    }
    told(report, out)?;
    match &at.html {
        Some(file) => out.line(out.words.page_written(&file.display().to_string())),
        None => Ok(()),
    }
}

/// Writes the page.
pub(super) fn write(file: &Path, report: &Report) -> anyhow::Result<()> {
    let put = || {
        let mut page = File::create_new(file)?;
        page.write_all(report.html().as_bytes())?;
        page.sync_all()
    };
    put().with_context(|| file.display().to_string())
}

pub(super) fn words(out: &Out) -> screen::Words {
    screen::Words::new(lang(out))
}

pub(super) fn lang(out: &Out) -> Lang {
    out.words.lang().into()
}

/// When and by what a report was made.
pub(super) fn made(out: &Out) -> String {
    let now = i64::try_from(wall_ms()).unwrap_or(i64::MAX);
    words(out).made(&screen::text::instant(now), env!("CARGO_PKG_VERSION"))
}

/// The township; of a mirror of some villages their names behind it.
pub(super) fn township(book: &Book) -> Place {
    let held = book.held.iter().map(|unit| match book.name_of(*unit) {
        "" => unit.to_string(),
        name => name.to_owned(),
    });
    let names: Vec<String> = std::iter::once(book.name.clone()).chain(held).collect();
    Place {
        name: names.join(" · "),
        code: book.township.map(|unit| unit.to_string()).unwrap_or_default(),
    }
}

pub(super) fn place(book: &Book, unit: UnitCode) -> Place {
    Place {
        name: book.name_of(unit).to_owned(),
        code: unit.to_string(),
    }
}

pub(super) fn cut(cut: CutAt, label: &str) -> Cut {
    Cut {
        label: label.to_owned(),
        position: cut.position.map(|position| position.0),
        rule_version: cut.rule_version,
        digest: String::new(),
    }
}
