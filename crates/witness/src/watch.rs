//! One log that is watched: what was cosigned of it last, and whether the next checkpoint continues that.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use proof::{
    AddCheckpoint, Hash, OriginKey, SignedCheckpoint, VerifierKey, check_consistency, cosign, cosignatures, empty_root,
};
use sha2::{Digest as _, Sha256};

use crate::folder::replace;
use crate::{Answer, Seen, WitnessError};

/// Most files of evidence that are kept of one log. The first ones say what there is to say.
pub const EVIDENCE_FILES_MAX: usize = 64;

/// The memory of one log.
#[derive(Debug)]
pub(crate) struct Watch {
    log: VerifierKey,
    file: PathBuf,
    evidence: PathBuf,
    head: Head,
}

/// The newest cosigned checkpoint; that of the empty tree, if none was cosigned yet.
#[derive(Clone, Debug)]
struct Head {
    size: u64,
    root: Hash,
    time_s: u64,
    note: Option<String>,
}

/// Whether a checkpoint may be cosigned.
enum Judged {
    Continues,
    /// The log has another size here.
    OtherSize,
    /// The same size under another root.
    OtherRoot,
    /// The proof does not hold.
    NoProof(String),
}

impl Watch {
    /// Reads what was cosigned of `log` by `witness`.
    pub(crate) fn open(
        logs: &Path,
        evidence: &Path,
        log: VerifierKey,
        witness: &VerifierKey,
    ) -> Result<Self, WitnessError> {
        // Names of logs may hold anything that a file name may not.
        let id: String = Sha256::digest(&log.name)[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let file = logs.join(format!("{id}.note"));
        let head = match fs::read_to_string(&file) {
            Ok(note) => Head::read(note, &log, witness).map_err(|reason| WitnessError::Memory {
                path: file.clone(),
                log: log.name.clone(),
                reason,
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => Head {
                size: 0,
                root: empty_root(),
                time_s: 0,
                note: None,
            },
            Err(error) => return Err(WitnessError::file(&file, error)),
        };
        let evidence = evidence.join(id);
        Ok(Self {
            log,
            file,
            evidence,
            head,
        })
    }

    pub(crate) fn seen(&self) -> Seen {
        let Head {
            size,
            root,
            time_s,
            ref note,
        } = self.head;
        let log = self.log.clone();
        Seen {
            log,
            size,
            root,
            time_s,
            note: note.clone(),
        }
    }

    /// Judges a request, and stores and cosigns the checkpoint if it continues the last one. The caller holds the log
    /// for itself meanwhile, so that nothing comes between the comparison and the storing.
    pub(crate) fn add(
        &mut self,
        request: &AddCheckpoint,
        name: &str,
        key: &OriginKey,
        now_s: u64,
    ) -> io::Result<Answer> {
        let note = request.checkpoint.note();
        let checkpoint = match SignedCheckpoint::verify(note, &self.log.name, &self.log.key) {
            Ok(checkpoint) => checkpoint,
            Err(error) => return Ok(Answer::Unsigned(error.to_string())),
        };
        if request.old > checkpoint.size {
            return Ok(Answer::Malformed("the old size is above the checkpoint's".to_owned()));
        }
        match self.judge(request, checkpoint.size, &checkpoint.root) {
            Judged::Continues => {}
            Judged::OtherSize => return Ok(Answer::Conflict(self.head.size)),
            Judged::OtherRoot => {
                self.keep_evidence(request, "fork");
                return Ok(Answer::Conflict(self.head.size));
            }
            Judged::NoProof(words) => {
                // The head itself with a proof that is none shows nothing about the log.
                if checkpoint.size != self.head.size {
                    self.keep_evidence(request, "unproven");
                }
                return Ok(Answer::Inconsistent(words));
            }
        }
        // A clock that was set back must not make a later tree seem the earlier one.
        let time_s = now_s.max(self.head.time_s);
        let line = cosign(note, name, key, time_s);
        // Lines of others are not kept: the memory is one checkpoint.
        let note = request.checkpoint.without_cosignatures(&self.log.key) + &line;
        replace(&self.file, note.as_bytes())?;
        self.head = Head {
            size: checkpoint.size,
            root: checkpoint.root,
            time_s,
            note: Some(note),
        };
        Ok(Answer::Cosigned(line))
    }

    fn judge(&self, request: &AddCheckpoint, size: u64, root: &Hash) -> Judged {
        // Two signed roots of one size are a fork, whatever was asked with them.
        if size == self.head.size && *root != self.head.root {
            return Judged::OtherRoot;
        }
        if request.old != self.head.size {
            return Judged::OtherSize;
        }
        match check_consistency(self.head.size, size, &self.head.root, root, &request.proof) {
            Ok(()) => Judged::Continues,
            Err(error) => Judged::NoProof(error.to_string()),
        }
    }

    /// Keeps what was cosigned and what was shown now. Two signed roots of one size prove a fork; a proof that does not
    /// hold may be no more than a mistake, of whoever sent it, and tells a person where to look. Each checkpoint is kept
    /// once. Each sort has its own bound: whoever sends the one cannot keep the other from being kept.
    fn keep_evidence(&self, request: &AddCheckpoint, sort: &str) {
        let claim = request.checkpoint.claim();
        let root: String = claim.root[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let file = self.evidence.join(format!("{sort}-{}-{root}.txt", claim.size));
        let text = format!(
            "cosigned here:\n\n{}\nshown now:\n\n{}",
            self.head.note.as_deref().unwrap_or("nothing\n"),
            request.encode()
        );
        let kept = fs::create_dir_all(&self.evidence).and_then(|()| {
            let of_sort = |entry: &io::Result<fs::DirEntry>| {
                let name = entry.as_ref().map(|entry| entry.file_name());
                name.is_ok_and(|name| name.to_string_lossy().starts_with(sort))
            };
            if file.exists() {
                return Ok(());
            }
            if fs::read_dir(&self.evidence)?.filter(of_sort).count() >= EVIDENCE_FILES_MAX {
                return Err(io::Error::other(format!(
                    "{} holds {EVIDENCE_FILES_MAX} of this sort already: look at them and move them away",
                    self.evidence.display()
                )));
            }
            replace(&file, text.as_bytes())
        });
        let (log, size) = (&self.log.name, claim.size);
        match kept {
            Ok(()) => {
                tracing::error!(log, size, evidence = %file.display(), "a checkpoint that does not continue the last one")
            }
            Err(error) => {
                tracing::error!(log, size, %error, "a checkpoint that does not continue the last one; it could not be kept")
            }
        }
    }
}

impl Head {
    fn read(note: String, log: &VerifierKey, witness: &VerifierKey) -> Result<Self, String> {
        let told = |error: proof::NoteError| error.to_string();
        let checkpoint = SignedCheckpoint::verify(&note, &log.name, &log.key).map_err(told)?;
        let cosigned = cosignatures(&note, std::slice::from_ref(witness)).map_err(told)?;
        let cosigned = cosigned.first().ok_or("it is not cosigned by this witness")?;
        Ok(Self {
            size: checkpoint.size,
            root: checkpoint.root,
            time_s: cosigned.time_s,
            note: Some(note),
        })
    }
}
