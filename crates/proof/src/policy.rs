//! Which logs and witnesses somebody trusts, and how many of them must agree (c2sp.org/tlog-policy).
//!
//! One thing is ours: how old cosignatures may be. It stands in a comment, `# minqing: fresh <hours>`, so that the
//! tools of others read the same file.

use std::collections::BTreeSet;

use crate::checkpoint::plain_decimal;
use crate::{Cosigned, KeyKind, PublicKey, VerifierKey, VerifierKeyError};

/// Longest policy that is read, in bytes.
pub const POLICY_BYTES_MAX: usize = 65_536;
/// Most logs of a policy; and most witnesses; and most groups. The page asks for 32 at least.
pub const POLICY_LINES_MAX: usize = 64;
/// Longest age that a policy can ask for, in hours: ten years.
pub const POLICY_FRESH_HOURS_MAX: u64 = 87_600;
/// How far ahead of the verifier's clock a cosignature may be and still count as fresh, in seconds: an hour.
pub const COSIGNED_AHEAD_S_MAX: u64 = 3_600;
/// How the line begins that only we read.
const OURS: &str = "# minqing:";

/// Why a text is no policy, and in which line (from 1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy: {reason}")]
pub struct PolicyError {
    /// The line, from 1; for what is missing, the last one.
    pub line: usize,
    /// What is wrong with it.
    pub reason: PolicyFault,
}

/// What is wrong with a line of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// The file has more than [`POLICY_BYTES_MAX`] bytes.
    #[error("the file is longer than {POLICY_BYTES_MAX} bytes")]
    TooLong,
    /// A control character other than tab and newline; a carriage return is one.
    #[error("a control character; lines end with a newline alone, without carriage return")]
    Control,
    /// The file does not end with a newline.
    #[error("no newline at the end")]
    Unfinished,
    /// The first word is none of the four.
    #[error("expected log, witness, group or quorum")]
    Word,
    /// Too few or too many words.
    #[error("expected {0}")]
    Shape(&'static str),
    /// A verifier key that cannot be read.
    #[error(transparent)]
    Key(#[from] VerifierKeyError),
    /// A log under a key for cosignatures, or the other way round.
    #[error("a {0} needs another type of key")]
    Kind(&'static str),
    /// The same public key a second time.
    #[error("the same key stands on another {0} line")]
    Twice(&'static str),
    /// A name that is taken, or the word `none`.
    #[error("the name {0:?} is taken")]
    Taken(String),
    /// A name that no line before this one defines.
    #[error("no line before this one defines {0:?}")]
    Unknown(String),
    /// A member that another group, or this one, has already.
    #[error("{0:?} is a member of a group already")]
    Member(String),
    /// A threshold that is no number from 1 to the number of members.
    #[error("the threshold must be all, any, or a number from 1 to the number of members")]
    Threshold,
    /// More than [`POLICY_LINES_MAX`] lines of one sort.
    #[error("more than {POLICY_LINES_MAX} {0} lines")]
    Many(&'static str),
    /// A second quorum line, or none.
    #[error("expected one quorum line, no more and no less")]
    Quorum,
    /// A line of ours that is not of the exact form.
    #[error(
        "a line that begins with `{OURS}` must be `{OURS} fresh <hours>`, once, with 1 to {POLICY_FRESH_HOURS_MAX}"
    )]
    Fresh,
}

/// A log of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key; the name in it is the log's.
    pub key: VerifierKey,
    /// Where it is read, as it stands in the file.
    pub url: Option<String>,
}

/// A witness of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name within the policy. Octets that are no UTF-8 are shown as U+FFFD.
    pub name: String,
    /// Its key; the name in it is that of its cosignature lines.
    pub key: VerifierKey,
    /// Where it takes checkpoints (its submission prefix), as it stands in the file.
    pub url: Option<String>,
}

/// Who counts towards a quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
}

/// At least so many of these.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    least: usize,
    members: Vec<Member>,
}

/// A trust policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    quorum: Option<Member>,
    fresh_hours: Option<u64>,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`PolicyError`] with the first line that is wrong.
    pub fn parse(file: &[u8]) -> Result<Self, PolicyError> {
        let at = |line, reason| PolicyError { line, reason };
        if file.len() > POLICY_BYTES_MAX {
            return Err(at(1, PolicyFault::TooLong));
        }
        let mut lines: Vec<&[u8]> = file.split(|byte| *byte == b'\n').collect();
        let count = lines.len();
        if lines.pop().is_some_and(|rest| !rest.is_empty()) {
            return Err(at(count, PolicyFault::Unfinished));
        }
        let mut reading = Reading::default();
        for (number, line) in (1..).zip(lines) {
            reading.line(line).map_err(|reason| at(number, reason))?;
        }
        let quorum = reading.quorum.ok_or(at(count.max(2) - 1, PolicyFault::Quorum))?;
        Ok(Self {
            logs: reading.logs,
            witnesses: reading.witnesses,
            groups: reading.groups,
            quorum,
            fresh_hours: reading.fresh_hours,
        })
    }

    /// The logs, any of which may have signed; none if the reader knows them from elsewhere.
    #[must_use]
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses, in the order of the file.
    #[must_use]
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// The witnesses' keys, for [`cosignatures`](crate::cosignatures).
    #[must_use]
    pub fn witness_keys(&self) -> Vec<VerifierKey> {
        self.witnesses.iter().map(|witness| witness.key.clone()).collect()
    }

    /// How old the cosignatures of a quorum may be, in hours; without a bound `None`.
    #[must_use]
    pub const fn fresh_hours(&self) -> Option<u64> {
        self.fresh_hours
    }

    /// Whether cosignatures of witnesses with these keys are enough.
    #[must_use]
    pub fn quorum(&self, cosigned: &BTreeSet<PublicKey>) -> bool {
        let mut groups: Vec<bool> = Vec::with_capacity(self.groups.len());
        let holds = |member: Member, groups: &[bool]| match member {
            Member::Witness(number) => cosigned.contains(&self.witnesses[number].key.key),
            Member::Group(number) => groups[number],
        };
        for group in &self.groups {
            // Members stand before the group in the file, so they are decided.
            let members = group.members.iter().filter(|member| holds(**member, &groups));
            groups.push(members.count() >= group.least);
        }
        self.quorum.is_none_or(|member| holds(member, &groups))
    }

    /// Whether the quorum stands with those cosignatures alone that are, at `now_s` (seconds since 1970), at most
    /// [`Policy::fresh_hours`] old and at most [`COSIGNED_AHEAD_S_MAX`] ahead. Without a bound age does not matter.
    #[must_use]
    pub fn is_fresh(&self, cosigned: &[Cosigned], now_s: u64) -> bool {
        let fresh = |one: &&Cosigned| {
            self.fresh_hours.is_none_or(|hours| {
                one.time_s <= now_s.saturating_add(COSIGNED_AHEAD_S_MAX)
                    && now_s.saturating_sub(one.time_s) <= hours * 3_600
            })
        };
        self.quorum(&cosigned.iter().filter(fresh).map(|one| one.key).collect())
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    /// Names are octets: nothing about them depends on a character set.
    names: Vec<(Vec<u8>, Member)>,
    members: Vec<Member>,
    quorum: Option<Option<Member>>,
    fresh_hours: Option<u64>,
}

impl Reading {
    fn line(&mut self, line: &[u8]) -> Result<(), PolicyFault> {
        if line
            .iter()
            .any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f)
        {
            return Err(PolicyFault::Control);
        }
        let words: Vec<&[u8]> = line
            .split(|byte| matches!(byte, b' ' | b'\t'))
            .filter(|word| !word.is_empty())
            .collect();
        match &words[..] {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => self.comment(line),
            [b"log", rest @ ..] => self.log(rest),
            [b"witness", rest @ ..] => self.witness(rest),
            [b"group", rest @ ..] => self.group(rest),
            [b"quorum", rest @ ..] => self.quorum(rest),
            _ => Err(PolicyFault::Word),
        }
    }

    /// Comments are passed over, but for ours: a bound that was mistyped must not vanish.
    fn comment(&mut self, line: &[u8]) -> Result<(), PolicyFault> {
        if !line.trim_ascii_start().starts_with(OURS.as_bytes()) {
            return Ok(());
        }
        let hours = std::str::from_utf8(line).ok();
        let hours = hours.and_then(|line| line.strip_prefix(OURS)?.strip_prefix(" fresh "));
        let hours = hours
            .and_then(plain_decimal)
            .filter(|hours| (1..=POLICY_FRESH_HOURS_MAX).contains(hours));
        match (hours, self.fresh_hours) {
            (Some(_), None) => {
                self.fresh_hours = hours;
                Ok(())
            }
            _ => Err(PolicyFault::Fresh),
        }
    }

    fn log(&mut self, words: &[&[u8]]) -> Result<(), PolicyFault> {
        let (key, url) = match words {
            [key] => (key, None),
            [key, url] => (key, Some(shown(url))),
            _ => return Err(PolicyFault::Shape("log <verifier key> [<url>]")),
        };
        let key = read_key(key, KeyKind::Log, "log")?;
        if self.logs.iter().any(|log| log.key.key == key.key) {
            return Err(PolicyFault::Twice("log"));
        }
        push(&mut self.logs, PolicyLog { key, url }, "log").map(drop)
    }

    fn witness(&mut self, words: &[&[u8]]) -> Result<(), PolicyFault> {
        let (name, key, url) = match words {
            [name, key] => (name, key, None),
            [name, key, url] => (name, key, Some(shown(url))),
            _ => return Err(PolicyFault::Shape("witness <name> <verifier key> [<url>]")),
        };
        let key = read_key(key, KeyKind::Cosigner, "witness")?;
        if self.witnesses.iter().any(|witness| witness.key.key == key.key) {
            return Err(PolicyFault::Twice("witness"));
        }
        self.free(name)?;
        let witness = PolicyWitness {
            name: shown(name),
            key,
            url,
        };
        let number = push(&mut self.witnesses, witness, "witness")?;
        self.names.push((name.to_vec(), Member::Witness(number)));
        Ok(())
    }

    fn group(&mut self, words: &[&[u8]]) -> Result<(), PolicyFault> {
        let [name, least, first, rest @ ..] = words else {
            return Err(PolicyFault::Shape("group <name> all|any|<number> <name>..."));
        };
        self.free(name)?;
        let mut members = Vec::new();
        for word in std::iter::once(first).chain(rest) {
            let member = self.named(word)?;
            if self.members.contains(&member) {
                return Err(PolicyFault::Member(shown(word)));
            }
            self.members.push(member);
            members.push(member);
        }
        let least = match *least {
            b"any" => Some(1),
            b"all" => Some(members.len()),
            number => std::str::from_utf8(number)
                .ok()
                .and_then(plain_decimal)
                .and_then(|number| usize::try_from(number).ok())
                .filter(|number| (1..=members.len()).contains(number)),
        };
        let least = least.ok_or(PolicyFault::Threshold)?;
        let number = push(&mut self.groups, Group { least, members }, "group")?;
        self.names.push((name.to_vec(), Member::Group(number)));
        Ok(())
    }

    fn quorum(&mut self, words: &[&[u8]]) -> Result<(), PolicyFault> {
        let [name] = words else {
            return Err(PolicyFault::Shape("quorum <name>, or quorum none"));
        };
        if self.quorum.is_some() {
            return Err(PolicyFault::Quorum);
        }
        self.quorum = Some(if *name == b"none" {
            None
        } else {
            Some(self.named(name)?)
        });
        Ok(())
    }

    fn named(&self, name: &[u8]) -> Result<Member, PolicyFault> {
        let found = self.names.iter().find(|(known, _)| known == name);
        found
            .map(|(_, member)| *member)
            .ok_or_else(|| PolicyFault::Unknown(shown(name)))
    }

    fn free(&self, name: &[u8]) -> Result<(), PolicyFault> {
        if name == b"none" || self.named(name).is_ok() {
            return Err(PolicyFault::Taken(shown(name)));
        }
        Ok(())
    }
}

fn read_key(word: &[u8], kind: KeyKind, what: &'static str) -> Result<VerifierKey, PolicyFault> {
    let text = std::str::from_utf8(word).map_err(|_| PolicyFault::Key(VerifierKeyError::Form("got no UTF-8")))?;
    let key: VerifierKey = text.parse()?;
    if key.kind == kind {
        Ok(key)
    } else {
        Err(PolicyFault::Kind(what))
    }
}

/// Appends within the bound and gives the number of what was appended.
fn push<T>(list: &mut Vec<T>, item: T, what: &'static str) -> Result<usize, PolicyFault> {
    if list.len() == POLICY_LINES_MAX {
        return Err(PolicyFault::Many(what));
    }
    list.push(item);
    Ok(list.len() - 1)
}

fn shown(word: &[u8]) -> String {
    String::from_utf8_lossy(word).into_owned()
}
