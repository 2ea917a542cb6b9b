//! `minqing audit trace`: one household or request. There is no such thing for a cadre.

use std::path::PathBuf;

use audit::{Book, Corrected, Knowledge, Prover, Trace, TraceStep, trace};
use clap::Args;
use event::{ClockQuality, Day, EntityId, EntryMode, Subject, SubjectKind};
use ledger::Effect;
use screen::block::{Change, Entry, Facts, Story, Tag};
use screen::chart::{Mark, Strip};
use screen::reports::{Trace as Given, trace as report};
use screen::{Words, text};

use super::report::{check, cut, lang, made, present, township, words};
use super::{At, at_work, cells, open, proofs};
use crate::commands::folder::policy;
use crate::exit::Exit;
use crate::out::Out;

#[derive(Args, Debug)]
#[command(group(clap::ArgGroup::new("what").required(true)))]
pub(crate) struct TraceArgs {
    #[command(flatten)]
    at: At,
    /// 查哪一户 / the household to trace
    #[arg(long, value_name = "ID", group = "what")]
    household: Option<EntityId>,
    /// 查哪件诉求 / the request to trace
    #[arg(long, value_name = "ID", group = "what")]
    request: Option<EntityId>,
    /// 干部不能这样查；会说明为什么 / a cadre cannot be traced; says why
    #[arg(long, value_name = "ID", group = "what", hide = true)]
    cadre: Option<String>,
    /// 只算镇里这一天为止收到的 / only what the township had received by this day
    #[arg(long, value_name = "DAY")]
    known: Option<Day>,
    /// 每一步都给证明：在来源签名的账里，收据在总台签名的账里 / prove every step: in the log that its origin signed, its receipt in the
    /// journal that the hub signed
    #[arg(long)]
    proofs: bool,
    /// 把每条的叶子和证明写进这个新文件夹 / write leaves and proofs of every entry into this new folder
    #[arg(long, value_name = "FOLDER", requires = "proofs")]
    out: Option<PathBuf>,
    /// 认哪些见证人（c2sp.org/tlog-policy）；各村的机器本来就认 / further witnesses (c2sp.org/tlog-policy); the villages' machines are
    /// known anyway
    #[arg(long, value_name = "FILE", requires = "proofs")]
    policy: Option<PathBuf>,
}

pub(super) async fn run(args: &TraceArgs, out: &Out) -> anyhow::Result<Exit> {
    check(args.at.html.as_deref())?;
    let subject = match (args.household, args.request) {
        (Some(household), _) => Subject::household(household),
        (None, Some(request)) => Subject::request(request),
        (None, None) => {
            Out::tell(out.words.no_cadre_trace());
            return Ok(Exit::Differs);
        }
    };
    let (config, knowledge) = (
        args.at.config(),
        args.known.map_or(Knowledge::Everything, Knowledge::by_day),
    );
    let proves = args.proofs;
    let keys = policy(args.policy.as_ref())?.map_or_else(Vec::new, |(policy, _)| policy.witness_keys());
    if let Some(dir) = args.out.as_ref().filter(|dir| dir.exists()) {
        anyhow::bail!(
            "{}: is there already; choose another folder for the proofs",
            dir.display()
        );
    }
    let traced = at_work(out.words.replaying(), out, move |progress| {
        let opened = open(&config, knowledge, true, progress)?;
        let mut traced = trace(subject, &opened.known, &opened.history, &opened.archive)?;
        if proves {
            let prover = Prover::new(&opened.archive, &opened.known.book, &config, keys)?;
            traced.prove(|origin, sequence| Some(prover.prove(origin, sequence)));
        }
        opened.archive.close()?;
        Ok((traced, opened.known.book))
    });
    let (traced, book) = traced.await?;
    let is_there = !traced.steps.is_empty();
    let mut given = given(&traced, &book, words(out), made(out));
    for (step, entry) in traced.steps.iter().zip(&mut given.story.entries) {
        entry.proof = step
            .proof
            .as_ref()
            .map_or_else(String::new, |proof| proofs::line(proof, out));
    }
    let written = args
        .out
        .as_ref()
        .map(|dir| Ok::<_, anyhow::Error>((proofs::write(dir, &traced)?, dir)));
    let written = written.transpose()?;
    present(out, &args.at, &report(given, lang(out)), &traced)?;
    if let Some((count, dir)) = written.filter(|_| !out.json) {
        out.line(out.words.proofs_written(count, &dir.display().to_string()))?;
    }
    Ok(if is_there { proofs::exit(&traced) } else { Exit::Differs })
}

/// A story as a report takes it.
pub(super) fn given(traced: &Trace, book: &Book, words: Words, made: String) -> Given {
    let subject = traced.subject.map_or_else(String::new, |subject| {
        let word = if subject.kind == SubjectKind::Household {
            words.household()
        } else {
            words.request()
        };
        let unit = traced.unit.map(|unit| unit.to_string()).unwrap_or_default();
        format!("{word} {} · {} {unit}", subject.id, traced.name)
    });
    let ids = |ids: &[EntityId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let days = traced.steps.iter().map(TraceStep::day);
    let span = days.clone().min().zip(days.max());
    Given {
        place: township(book),
        cut: cut(traced.cut, ""),
        subject,
        related: Facts::default()
            .with(words.related_requests(), ids(&traced.requests))
            .with(words.related_households(), ids(&traced.households)),
        exceptions: traced
            .steps
            .iter()
            .filter(|step| step.effect != Effect::Counted)
            .count(),
        strip: Strip {
            title: String::new(),
            marks: traced.steps.iter().map(mark).collect(),
        },
        story: Story {
            entries: traced.steps.iter().map(|step| entry(step, traced, words)).collect(),
        },
        span: span.map(|(first, last)| (first.to_string(), last.to_string())),
        made,
    }
}

fn mark(step: &TraceStep) -> Mark {
    let claimed = step
        .source
        .as_ref()
        .map_or_else(|| step.occurred.start_ms(), |source| source.instant_ms);
    Mark {
        claimed_ms: claimed,
        received_ms: i64::try_from(step.received_at_ms).ok(),
        is_decision: is_decision(step),
    }
}

/// The township's steps, and corrections whoever made them.
fn is_decision(step: &TraceStep) -> bool {
    step.by_hub || step.target().is_some()
}

pub(super) const fn tag(effect: Effect) -> Tag {
    match effect {
        Effect::Counted => Tag::Counted,
        Effect::Conflict(_) => Tag::Conflict,
        Effect::NotUnderstood => Tag::NotUnderstood,
        Effect::Held => Tag::Held,
        Effect::NoEffect(_) => Tag::NoEffect,
    }
}

fn entry(step: &TraceStep, traced: &Trace, words: Words) -> Entry {
    let (day, precision) = text::claim(step.occurred, words.lang());
    let mut what = words.kind(&step.kind).unwrap_or(&step.kind).to_owned();
    if let Some(subject) = traced.subject.filter(|subject| *subject != step.subject) {
        what.push_str(&format!(
            " ({} {})",
            words.about(),
            if subject.kind == step.subject.kind {
                step.subject.id.to_string()
            } else {
                String::new()
            }
        ));
    }
    let actors: Vec<String> = step.actors.iter().map(ToString::to_string).collect();
    let recorder = step.recorder.to_string();
    Entry {
        day,
        precision,
        what,
        who: if actors.is_empty() {
            words.nobody_did(&recorder)
        } else {
            words.did(&actors.join(" "), &recorder)
        },
        facts: facts(step, words),
        tags: vec![Tag::Received, tag(step.effect)],
        why: step
            .effect
            .reason()
            .map_or_else(String::new, |reason| words.reason(reason)),
        record: record(step, words),
        changes: step
            .corrections
            .iter()
            .flat_map(|corrected| changes(corrected, words))
            .collect(),
        proof: String::new(),
        is_decision: is_decision(step),
    }
}

fn facts(step: &TraceStep, words: Words) -> Facts {
    let mut facts = Facts::default();
    for (name, value) in step.facts.as_object().into_iter().flatten() {
        // What a correction puts in place stands beside its target.
        if name != "replacement" {
            facts = facts.with(words.column(name), cells::plain(name, value, words));
        }
    }
    let text = match &step.personal {
        Some(part) if part.here => words.text_kept(),
        Some(_) => words.text_gone(),
        None => "",
    };
    facts.with(words.text(), text)
}

/// Where, when and how it was recorded and received.
fn record(step: &TraceStep, words: Words) -> Facts {
    let machine = words.place_in_log(&step.machine.origin.to_string(), step.machine.sequence.get());
    let machine = match (&*step.machine.name, step.by_hub) {
        ("", true) => format!("{} · {machine}", words.by_township()),
        (name, _) => format!("{name} {machine}"),
    };
    let ms = |ms: u64| text::instant(i64::try_from(ms).unwrap_or(i64::MAX));
    let clock = match step.clock {
        ClockQuality::Ntp => words.clock_ntp(),
        ClockQuality::HubAnchored => words.clock_hub(),
        ClockQuality::Floor => words.clock_floor(),
        ClockQuality::Unknown => words.clock_unknown(),
    };
    let mode = match step.mode {
        EntryMode::Live => "",
        EntryMode::LaterSameDay => words.later_same_day(),
        EntryMode::BatchFromPaper => words.in_batch(),
        EntryMode::Import => words.imported(),
    };
    let carried = step
        .carried_from
        .map(|from| words.place_in_log(&from.origin.to_string(), from.sequence.get()));
    let mut facts = Facts::default()
        .with(words.machine(), machine)
        .with(words.recorded_at(), format!("{} ({clock})", ms(step.recorded_ms)))
        .with(
            words.corrected_clock(),
            step.recorded_corrected_ms.map_or_else(String::new, text::instant),
        )
        .with(words.received_at(), ms(step.received_at_ms))
        .with(words.position(), text::number(step.position.0))
        .with(words.event(), step.event.to_string())
        .with(words.carried(), carried.unwrap_or_default());
    facts = facts.with(words.entered(), mode);
    for copy in &step.copies {
        let what = if copy.same {
            words.duplicate()
        } else {
            words.other_content()
        };
        let place = words.place_in_log(&copy.machine.origin.to_string(), copy.machine.sequence.get());
        let receipt = words.receipt(&text::number(copy.position.0));
        facts = facts.with(what, format!("{place} · {receipt} · {}", ms(copy.received_at_ms)));
    }
    facts
}

fn changes(corrected: &Corrected, words: Words) -> Vec<Change> {
    let effect = if corrected.effect == Effect::Counted {
        words.in_effect()
    } else {
        words.no_effect()
    };
    let who = corrected
        .actors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ");
    let who = if who.is_empty() {
        words.nobody_did(&corrected.recorder.to_string())
    } else {
        words.did(&who, &corrected.recorder.to_string())
    };
    let receipt = words.receipt(&text::number(corrected.position.0));
    let by = format!("{} · {who} · {receipt} · {effect}", corrected.event);
    if corrected.correction == "void" {
        return vec![Change {
            what: String::new(),
            before: words.in_effect().to_owned(),
            after: words.voided().to_owned(),
            by,
        }];
    }
    let fields = corrected.fields.iter().map(|field| Change {
        what: words.column(&field.field),
        before: cells::plain(&field.field, &field.before, words),
        after: cells::plain(&field.field, &field.after, words),
        by: by.clone(),
    });
    fields.collect()
}
