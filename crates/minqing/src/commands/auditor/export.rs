//! `minqing audit export`: what may leave the machine; with `--raw`, what must not without care.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use audit::{CutAt, EXPORT_KEY_BYTES, FiguresOf, Form, Knowledge, Pseudonyms};
use clap::{Args, ValueEnum};
use event::Day;
use ledger::Query;
use screen::{Figure, Lead, Place, Report, Tone};
use serde_json::json;

use super::ledgers::period;
use super::report::{check, cut, lang, made, present, township, words};
use super::{At, at_work, open};
use crate::clock::random;
use crate::commands::folder;
use crate::exit::Exit;
use crate::out::{Out, hex};

#[derive(Args, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    at: At,
    /// 写到哪个文件 / the file to write
    #[arg(long, value_name = "FILE", required_unless_present = "tlog", conflicts_with = "tlog")]
    out: Option<PathBuf>,
    #[command(flatten)]
    tlog: folder::Tlog,
    /// 导出什么 / what to export
    #[arg(long, value_enum, default_value_t = What::Events)]
    what: What,
    /// 什么格式 / in which form
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
    /// 只算镇里这一天为止收到的 / only what the township had received by this day
    #[arg(long, value_name = "DAY")]
    known: Option<Day>,
    /// 汇总数的时段，第一天；不写就是最后一条收据那一年 / first day of the figures' period; the last receipt's year where absent
    #[arg(long, value_name = "DAY", requires = "to")]
    from: Option<Day>,
    /// 时段的最后一天 / its last day
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<Day>,
    /// 把这次导出的密钥另写一个文件；有它的人能认出谁是谁 / write this export's key into a file: whoever has it can tell who is who
    #[arg(long, value_name = "FILE")]
    key_out: Option<PathBuf>,
    /// 原始事件，含各种编号，给别的程序核对用 / the raw events with all identifiers, for other programs to check
    #[arg(long, group = "whole", conflicts_with_all = ["what", "format", "known", "from", "to", "key_out"])]
    raw: bool,
    /// 连同个人部分 / personal parts too
    #[arg(long, requires = "whole")]
    personal: bool,
}

impl Export {
    /// The file to write; the parser has seen to it that there is one where there is no folder.
    fn file(&self) -> &Path {
        self.out.as_deref().unwrap_or_else(|| Path::new(""))
    }
}

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// 去标识化的事件 / events, de-identified
    Events,
    /// 各村诉求数 / figures of requests, by village
    Requests,
    /// 各村走访覆盖 / coverage by visits, by village
    Coverage,
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// 一行一个 JSON / one JSON object a line
    Ndjson,
    /// 表格软件能打开的 CSV / CSV for office programs
    Csv,
}

impl From<Format> for Form {
    fn from(format: Format) -> Self {
        match format {
            Format::Ndjson => Self::Ndjson,
            Format::Csv => Self::Csv,
        }
    }
}

struct Written {
    lines: u64,
    place: Place,
    cut: Option<CutAt>,
}

pub(super) async fn run(args: &Export, out: &Out) -> anyhow::Result<Exit> {
    if let Some(to) = &args.tlog.tlog {
        return folder::export(&args.at.dir, to, &args.tlog, args.personal, out);
    }
    check(args.at.html.as_deref())?;
    if args.from.is_some() && args.what == What::Events {
        Out::tell(out.words.only_for("--from, --to", "--what requests, --what coverage"));
        return Ok(Exit::Usage);
    }
    if args.key_out.is_some() && args.what != What::Events {
        Out::tell(out.words.only_for("--key-out", "--what events"));
        return Ok(Exit::Usage);
    }
    for file in args.out.iter().chain(&args.key_out) {
        if file.exists() {
            anyhow::bail!(out.words.is_there(&file.display().to_string()));
        }
    }
    let written = if args.raw {
        raw(args)?
    } else {
        de_identified(args, out).await?
    };
    let file = args.file().display().to_string();
    let document = json!({ "entries": written.lines, "file": args.out, "cut": written.cut, "raw": args.raw });
    if out.json || args.at.html.is_some() {
        let words = words(out);
        let limits = if args.raw {
            Vec::new()
        } else {
            vec![words.limit_hidden().to_owned()]
        };
        let report = Report {
            lang: lang(out),
            title: words.export_title().to_owned(),
            place: written.place,
            cuts: written.cut.into_iter().map(|at| cut(at, "")).collect(),
            lead: Lead {
                tone: Tone::Plain,
                sentence: out.words.exported(written.lines, &file),
                meaning: String::new(),
            },
            figures: vec![Figure::count(written.lines, words.rows())],
            limits,
            made: made(out),
            ..Report::default()
        };
        present(out, &args.at, &report, &document)?;
    } else {
        out.line(out.words.exported(written.lines, &file))?;
    }
    if let Some(file) = &args.key_out {
        Out::tell(out.words.exported_with_key(&file.display().to_string()));
    }
    Ok(Exit::Ok)
}

fn raw(args: &Export) -> anyhow::Result<Written> {
    let file = File::create_new(args.file()).with_context(|| args.file().display().to_string())?;
    let lines = audit::export(&args.at.config(), args.personal, &mut BufWriter::new(file))?;
    Ok(Written {
        lines,
        place: Place::default(),
        cut: None,
    })
}

async fn de_identified(args: &Export, out: &Out) -> anyhow::Result<Written> {
    let mut key = [0; EXPORT_KEY_BYTES];
    random(&mut key)?;
    if let Some(file) = &args.key_out {
        keep(file, &key).with_context(|| file.display().to_string())?;
    }
    let config = args.at.config();
    let knowledge = args.known.map_or(Knowledge::Everything, Knowledge::by_day);
    let (what, form, from, to, known_on) = (args.what, args.format.into(), args.from, args.to, args.known);
    let path = args.file().to_owned();
    let work = at_work(out.words.replaying(), out, move |progress| {
        let opened = open(&config, knowledge, false, progress)?;
        let known = &opened.known;
        let file = File::create_new(&path).with_context(|| path.display().to_string())?;
        let mut file = BufWriter::new(file);
        let today = known_on.unwrap_or_else(|| known.last_day());
        let lines = match what {
            What::Events => {
                let pseudonyms = Pseudonyms::new(key);
                audit::export_events(&opened.archive, known, &pseudonyms, form, &mut file)?
            }
            What::Requests | What::Coverage => {
                let of = if what == What::Requests {
                    FiguresOf::Requests
                } else {
                    FiguresOf::Coverage
                };
                let period = period(from, to, today)?;
                audit::export_figures(of, known, period, Query::as_of(today), form, &mut file)?
            }
        };
        file.into_inner().map_err(|error| error.into_error())?.sync_all()?;
        let written = Written {
            lines,
            place: township(&known.book),
            cut: Some(known.cut()),
        };
        opened.archive.close()?;
        Ok(written)
    });
    work.await
}

/// Writes the key of an export, readable by its owner alone.
fn keep(file: &Path, key: &[u8]) -> std::io::Result<()> {
    let mut put = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    put.write_all(format!("{}\n", hex(key)).as_bytes())?;
    put.sync_all()
}
