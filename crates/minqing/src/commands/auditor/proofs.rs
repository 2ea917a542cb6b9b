//! Proofs beside the steps of a trace, shown in a line and written as files.

use std::path::Path;

use anyhow::{Context as _, bail};
use audit::{Proof, Trace};
use screen::text::number;

use crate::commands::slip;
use crate::exit::Exit;
use crate::out::{Out, instant};

/// A proof as people read it; the files hold it as tools do.
pub(super) fn line(proof: &Proof, out: &Out) -> String {
    let words = out.words;
    let (slip, shown) = match proof {
        Proof::Holds { slip, shown } => (slip, shown),
        Proof::Fails { why } => return words.proof_fails(why),
    };
    let Some(size) = shown.journal_size else {
        return words.proof_holds(&number(shown.log_size), words.proof_no_journal());
    };
    let witnesses = shown.cosigned.iter().map(|(name, time_s)| {
        let at = instant(Some(time_s.saturating_mul(1_000)));
        format!("{name} ({at})")
    });
    let witnesses: Vec<String> = witnesses.collect();
    let vouched = if witnesses.is_empty() {
        words.proof_unwitnessed().to_owned()
    } else {
        words.proof_witnesses(&witnesses.join(", "))
    };
    let journal = words.proof_journal(&number(slip.position.0), &number(size));
    words.proof_holds(&number(shown.log_size), &format!("{journal}{vouched}"))
}

/// Writes leaves and proofs of every step, a folder for each entry: `<place in the story>-<event>`. Returns how many.
pub(super) fn write(dir: &Path, trace: &Trace) -> anyhow::Result<usize> {
    if dir.exists() {
        bail!(
            "{}: is there already; choose another folder for the proofs",
            dir.display()
        );
    }
    let mut written = 0;
    for (number, step) in (1..).zip(&trace.steps) {
        if let Some(Proof::Holds { slip, .. }) = &step.proof {
            let folder = dir.join(format!("{number:04}-{}", step.event));
            slip::write(&folder, slip).with_context(|| folder.display().to_string())?;
            written += 1;
        }
    }
    Ok(written)
}

/// Whether every step that was to be proved is.
pub(super) fn exit(trace: &Trace) -> Exit {
    let fails = |step: &audit::TraceStep| matches!(step.proof, Some(Proof::Fails { .. }));
    if trace.steps.iter().any(fails) {
        Exit::Differs
    } else {
        Exit::Ok
    }
}
