//! `minqing hub seal`, `seals`, `sealed`: figures of a period as they were, and as they are.

use clap::Args;
use event::{Day, PersonId};
use serde_json::{Value, json};

use super::{At, ask};
use crate::exit::Exit;
use crate::out::{Out, instant, number, ratio};

#[derive(Args, Debug)]
pub(crate) struct Period {
    /// 时段起 / first day of the period
    #[arg(long, value_name = "DAY")]
    from: Day,
    /// 时段止 / last day of the period
    #[arg(long, value_name = "DAY")]
    to: Day,
}

#[derive(Args, Debug)]
pub(crate) struct Seal {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    period: Period,
    /// 谁来封存（人员编号） / who seals (a person's identifier)
    #[arg(long, value_name = "PERSON")]
    recorder: PersonId,
    /// 再封一次：旧的还在，新的写明替哪一个 / seal anew: the old seal stays, the new one names it
    #[arg(long)]
    again: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Sealed {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    period: Period,
}

pub(super) async fn seal(args: &Seal, out: &Out) -> anyhow::Result<Exit> {
    let asked = json!({
        "from": args.period.from, "to": args.period.to, "recorder": args.recorder, "again": args.again
    });
    let (seal, _) = ask(&args.at.dir, "POST", "/seal", Some(&asked)).await?;
    if out.json {
        out.object(&seal)?;
        return Ok(Exit::Ok);
    }
    line(&seal, out)?;
    Ok(Exit::Ok)
}

pub(super) async fn seals(args: &At, out: &Out) -> anyhow::Result<Exit> {
    let (answer, _) = ask(&args.dir, "GET", "/seals", None).await?;
    if out.json {
        out.object(&answer)?;
        return Ok(Exit::Ok);
    }
    let seals = answer["seals"].as_array().cloned().unwrap_or_default();
    if seals.is_empty() {
        out.line(out.words.no_rows())?;
    }
    seals.iter().try_for_each(|seal| line(seal, out))?;
    Ok(Exit::Ok)
}

fn line(seal: &Value, out: &Out) -> anyhow::Result<()> {
    let text = |key: &str| seal[key].as_str().unwrap_or_default().to_owned();
    let root = text("root");
    out.line(out.words.seal_line(
        &text("from"),
        &text("to"),
        &number(&seal["position"]),
        &number(&seal["rule"]),
    ))?;
    out.line(out.words.seal_root(&root, &number(&seal["count"]), &text("event")))?;
    if let Some(before) = seal["supersedes"].as_str() {
        out.line(out.words.seal_instead(before))?;
    }
    Ok(())
}

/// Sealed figures with today's beside them. Differences do not make the command fail: a correction is right and proper.
pub(super) async fn sealed(args: &Sealed, out: &Out) -> anyhow::Result<Exit> {
    let path = format!("/sealed?from={}&to={}", args.period.from, args.period.to);
    let (answer, _) = ask(&args.at.dir, "GET", &path, None).await?;
    if out.json {
        out.object(&answer)?;
        return Ok(Exit::Ok);
    }
    line(&answer["seal"], out)?;
    out.line(out.words.seal_known(&instant(answer["seal"]["known_at_ms"].as_u64())))?;
    let mut rows = Vec::new();
    for unit in answer["units"].as_array().into_iter().flatten() {
        let name = unit["unit"].as_str().unwrap_or_default();
        for (side, word) in [("sealed", out.words.sealed()), ("now", out.words.now())] {
            let figures = &unit[side];
            if side == "now" && unit["changed"] != json!(true) {
                continue;
            }
            rows.push(vec![
                name.to_owned(),
                word.to_owned(),
                number(&figures["requests"]["raised"]),
                number(&figures["requests"]["closed"]),
                number(&figures["requests"]["open"]),
                number(&figures["requests"]["overdue"]),
                ratio(&figures["requests"]["on_time"]),
                ratio(&figures["coverage"]["coverage"]),
            ]);
        }
    }
    out.table(&out.words.sealed_head(), 2, &rows)?;
    Ok(Exit::Ok)
}
