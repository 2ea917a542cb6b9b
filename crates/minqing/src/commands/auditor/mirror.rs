//! `minqing audit mirror`: the copy, and if wanted what the hub serves at that moment.

use std::path::PathBuf;

use anyhow::Context as _;
use audit::{Archive, Knowledge, Served};
use clap::Args;
use event::UnitCode;
use link::Enrolment;
use screen::{Figure, Lead, Report, Tone};
use serde_json::json;

use super::report::{check, lang, made, present, words};
use super::{At, report};
use crate::clock::surroundings;
use crate::exit::Exit;
use crate::out::Out;

#[derive(Args, Debug)]
pub(crate) struct Mirror {
    #[command(flatten)]
    at: At,
    /// 总台发的登记文件 / the enrolment file from the hub
    #[arg(long, value_name = "FILE")]
    enrolment: Option<PathBuf>,
    /// 只要这些村（12 位代码，可以写几次）：账本全要，事件只要它们的；第一次镜像时定下 / only these villages (12 digits;
    /// may be given more than once): every record, and their events alone; settled by the first call
    #[arg(long, value_name = "CODE")]
    unit: Vec<UnitCode>,
    /// 把总台此刻给出的摘要存下，离线重算时比 / keep the digests that the hub serves now, to compare with offline
    #[arg(long, value_name = "FILE")]
    digests: Option<PathBuf>,
    /// 连同各行，离线也能说出差在哪一行 / with the rows behind them, so that a difference can be named offline
    #[arg(long, requires = "digests")]
    rows: bool,
}

pub(super) async fn run(args: &Mirror, out: &Out) -> anyhow::Result<Exit> {
    check(args.at.html.as_deref())?;
    let config = args.at.config();
    if let Some(file) = &args.enrolment {
        let enrolment = Enrolment::load(file).with_context(|| file.display().to_string())?;
        audit::enrol(&config, &enrolment, &surroundings()?).await?;
    }
    let bar = out.bar(out.words.mirroring(), 0);
    let mut told = |done: audit::Mirrored| {
        bar.set_length(done.of);
        bar.set_position(done.held);
    };
    let units = (!args.unit.is_empty()).then_some(&args.unit[..]);
    let mirrored = audit::mirror(&config, units, &mut told).await?;
    bar.finish_and_clear();
    let work = config.clone();
    let book = tokio::task::spawn_blocking(move || {
        let archive = Archive::open(&work)?;
        let book = archive.book(Knowledge::Everything)?;
        archive.close()?;
        anyhow::Ok(book)
    });
    let book = book.await??;
    if let Some(file) = &args.digests {
        let day = event::Day::of_instant(i64::try_from(book.last_ms).unwrap_or(i64::MAX));
        let served = Served::ask(&audit::client(&config)?, book.cut, args.rows.then_some(day)).await?;
        served.save(file)?;
    }
    let words = words(out);
    let sentence = out.words.mirrored(mirrored.records, mirrored.entries, mirrored.held);
    let report = Report {
        lang: lang(out),
        title: words.mirror_title().to_owned(),
        place: report::township(&book),
        lead: Lead {
            tone: Tone::Plain,
            sentence: sentence.clone(),
            meaning: String::new(),
        },
        figures: vec![
            Figure::count(mirrored.records, words.journal()),
            Figure::count(mirrored.entries, words.events()),
        ],
        limits: vec![words.limit_copy().to_owned()],
        made: made(out),
        ..Report::default()
    };
    if out.json || args.at.html.is_some() {
        present(out, &args.at, &report, &json!(mirrored))?;
    } else {
        out.line(sentence)?;
    }
    Ok(Exit::Ok)
}
