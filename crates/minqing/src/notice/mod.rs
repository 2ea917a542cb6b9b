//! A tree head for the notice board: the state of the township's log at a month's end, as a page of text and as a page
//! to print. Once it hangs in public, nobody can put another history in its place.
//!
//! Only what was verified is printed: the log's signature, and the cosignatures of witnesses that were named.

mod code;

use proof::{NoteError, SignedCheckpoint, VerifierKey, cosignatures, day_code};

pub(crate) use crate::notice::code::Held;
use crate::notice::code::code_of;
use crate::out::{hex, instant, number};
use crate::words::Words;

/// What a notice is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// Name of the township.
    pub(crate) township: &'a str,
    /// The month, `2026-08`.
    pub(crate) month: &'a str,
    /// Key of the log; its name is in it.
    pub(crate) log: &'a VerifierKey,
    /// The witnesses whose cosignatures are printed, with the names that people know them by.
    pub(crate) witnesses: &'a [(String, VerifierKey)],
}

/// A notice, twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// For a terminal, a typewriter, a radio.
    pub(crate) text: String,
    /// One HTML file that needs no other: to be printed.
    pub(crate) html: String,
    /// What the QR code on it holds.
    pub(crate) held: Held,
}

/// Makes the notice of a checkpoint.
///
/// # Errors
/// [`NoteError`]: the note is not this log's, or a cosignature of a named witness is wrong. Nothing is printed then.
pub(crate) fn print_checkpoint(note: &str, about: &About<'_>, words: Words) -> Result<Notice, NoteError> {
    let checkpoint = SignedCheckpoint::verify(note, &about.log.name, &about.log.key)?;
    let keys: Vec<_> = about.witnesses.iter().map(|(_, key)| key.clone()).collect();
    let witnesses = cosignatures(note, &keys)?.into_iter().map(|one| {
        let known = about.witnesses.iter().find(|(_, key)| key.key == one.key);
        let name = known.map_or(&one.name, |(name, _)| name);
        format!("{name}  {} (UTC+8)", instant(Some(one.time_s.saturating_mul(1_000))))
    });
    let (svg, held) = code_of(note, &about.log.key)?;
    let root = hex(&checkpoint.root);
    let groups: Vec<&str> = (0..root.len()).step_by(4).map(|at| &root[at..at + 4]).collect();
    let page = Page {
        about,
        words,
        rows: vec![
            (words.notice_log(), vec![checkpoint.name.clone()]),
            (words.notice_size(), vec![number(&checkpoint.size.into())]),
            (
                words.notice_root(),
                vec![checkpoint.body().lines().nth(2).unwrap_or_default().to_owned()],
            ),
            (
                words.notice_groups(),
                groups.chunks(8).map(|row| row.join(" ")).collect(),
            ),
            (words.notice_code(), vec![day_code(checkpoint.size, &checkpoint.root)]),
        ],
        witnesses: witnesses.collect(),
        note,
    };
    let (text, html) = (page.text(), page.html(&svg, held));
    Ok(Notice { text, html, held })
}

struct Page<'a> {
    about: &'a About<'a>,
    words: Words,
    rows: Vec<(&'static str, Vec<String>)>,
    witnesses: Vec<String>,
    note: &'a str,
}

impl Page<'_> {
    fn title(&self) -> String {
        self.words.notice_title(self.about.township, self.about.month)
    }

    /// The witnesses' lines, or that there are none.
    fn witnesses(&self) -> Vec<&str> {
        match &self.witnesses[..] {
            [] => vec![self.words.notice_unwitnessed()],
            lines => lines.iter().map(String::as_str).collect(),
        }
    }

    fn text(&self) -> String {
        let mut lines = vec![self.title(), String::new()];
        for (label, values) in &self.rows {
            lines.push((*label).to_owned());
            lines.extend(values.iter().map(|value| format!("    {value}")));
        }
        lines.push(self.words.notice_witnesses().to_owned());
        lines.extend(self.witnesses().iter().map(|line| format!("    {line}")));
        lines.extend([String::new(), self.words.notice_check().to_owned()]);
        lines.extend(self.words.notice_steps().map(|step| format!("    {step}")));
        lines.extend([String::new(), self.words.notice_limits().to_owned(), String::new()]);
        lines.extend([
            self.words.notice_note().to_owned(),
            "-----".to_owned(),
            self.note.trim_end().to_owned(),
        ]);
        lines.push("-----\n".to_owned());
        lines.join("\n")
    }

    fn html(&self, svg: &str, held: Held) -> String {
        let row = |(label, values): &(&str, Vec<String>)| {
            let values: Vec<_> = values.iter().map(|value| escaped(value)).collect();
            format!("<dt>{label}</dt><dd>{}</dd>\n", values.join("<br>"))
        };
        let rows: String = self.rows.iter().map(row).collect();
        let witnesses: Vec<_> = self.witnesses().into_iter().map(escaped).collect();
        let steps: String = self
            .words
            .notice_steps()
            .iter()
            .map(|step| format!("<li>{}</li>\n", escaped(step)))
            .collect();
        let caption = match held {
            Held::Note => self.words.notice_holds_all(),
            Held::WithoutCosignatures => self.words.notice_holds_bare(),
            Held::Nothing => self.words.notice_holds_nothing(),
        };
        let (title, lang) = (escaped(&self.title()), self.words.tag());
        format!(
            "<!doctype html>\n<html lang=\"{lang}\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             <h1>{title}</h1>\n<dl>\n{rows}<dt>{}</dt><dd>{}</dd>\n</dl>\n\
             <figure>{svg}<figcaption>{caption}</figcaption></figure>\n\
             <h2>{}</h2>\n<ol>\n{steps}</ol>\n<p>{}</p>\n<h2>{}</h2>\n<pre>{}</pre>\n</html>\n",
            self.words.notice_witnesses(),
            witnesses.join("<br>"),
            self.words.notice_check(),
            self.words.notice_limits(),
            self.words.notice_note(),
            escaped(self.note),
        )
    }
}

/// One sheet of A4. Figures that are copied by hand are wide apart.
const STYLE: &str = "@page{size:A4;margin:16mm}body{font:11pt/1.5 sans-serif;max-width:178mm;margin:0 auto;color:#000}\
h1{font-size:17pt}h2{font-size:12pt;margin:1em 0 .2em}dt{font-weight:bold}dd{margin:0 0 .4em;font-family:monospace;\
overflow-wrap:anywhere}figure{margin:1em 0;break-inside:avoid}figure svg{width:90mm;height:90mm}\
pre{font-size:8pt;white-space:pre-wrap;overflow-wrap:anywhere}ol{margin:0}";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use proof::{KeyKind, OriginKey, add_line, cosign};

    use super::code::tests::{note, scanned};
    use super::*;
    use crate::words::Lang;

    fn key(seed: u8, name: &str, kind: KeyKind) -> VerifierKey {
        let (name, key) = (name.to_owned(), OriginKey::from_seed([seed; 32]).public());
        VerifierKey { name, kind, key }
    }

    fn printed(note: &str, lang: Lang) -> Result<Notice, NoteError> {
        let log = key(1, "minqing/journal/60000000000000000000000000", KeyKind::Log);
        let witnesses = [("<县>".to_owned(), key(2, "witness.example/0", KeyKind::Cosigner))];
        let about = About {
            township: "禾渡镇",
            month: "2026-08",
            log: &log,
            witnesses: &witnesses,
        };
        print_checkpoint(note, &about, Words::new(lang))
    }

    fn cosigned() -> String {
        let line = cosign(
            &note(),
            "witness.example/0",
            &OriginKey::from_seed([2; 32]),
            1_790_000_000,
        );
        add_line(&note(), &line).unwrap()
    }

    #[test]
    fn a_notice_says_everything_in_both_languages() {
        for (lang, words) in [
            (Lang::Zh, ["禾渡镇", "树根", "见证", "抄写码"]),
            (Lang::En, ["禾渡镇", "Root", "Witnesses", "Code"]),
        ] {
            let notice = printed(&cosigned(), lang).unwrap();
            for page in [&notice.text, &notice.html] {
                for word in words {
                    assert!(page.contains(word), "{word}: {page}");
                }
                for fact in [
                    "2026-08",
                    "12,345",
                    "minqing/journal/60000000000000000000000000",
                    "qampqampqampqampqampqampqampqampqampqampqak=",
                    "a9a9 a9a9 a9a9 a9a9 a9a9 a9a9 a9a9 a9a9",
                    "2026-09-21 22:13 (UTC+8)",
                    &day_code(12_345, &[0xa9; 32]),
                    "minqing audit verify --checkpoint",
                ] {
                    assert!(page.contains(fact), "{fact}: {page}");
                }
            }
            assert!(
                notice.text.contains(cosigned().trim_end()),
                "the note itself can be typed off"
            );
            assert_eq!(
                (notice.held, String::from_utf8(scanned(&notice.html)).unwrap()),
                (Held::Note, cosigned())
            );
        }
    }

    #[test]
    fn the_printed_page_needs_nothing_else_and_is_escaped() {
        let html = printed(&cosigned(), Lang::Zh).unwrap().html;
        assert!(html.contains("&lt;县&gt;  2026") && !html.contains("<县>"));
        for foreign in ["<script", "<link", "src=", "href=", "url(", "@import"] {
            assert!(!html.contains(foreign), "{foreign}");
        }
    }

    #[test]
    fn nothing_unverified_is_printed() {
        assert!(
            printed(&note(), Lang::Zh).unwrap().text.contains("没有"),
            "it says that nobody has cosigned it"
        );
        assert!(printed(&note().replace("12345", "12346"), Lang::Zh).is_err());
        let other = note().replace("12345", "12346");
        let wrong = cosign(
            &other,
            "witness.example/0",
            &OriginKey::from_seed([2; 32]),
            1_790_000_000,
        );
        assert!(matches!(
            printed(&(note() + &wrong), Lang::Zh),
            Err(NoteError::Cosignature(_))
        ));
        let stranger = cosign(
            &note(),
            "stranger.example",
            &OriginKey::from_seed([9; 32]),
            1_790_000_000,
        );
        let page = printed(&(note() + &stranger), Lang::En).unwrap().text;
        let before_the_note = page.split("-----").next().unwrap();
        assert!(!before_the_note.contains("stranger"), "{before_the_note}");
    }
}
