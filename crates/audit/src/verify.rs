//! Checking a mirror against the signatures of those who wrote it, by the same verification that an exported folder gets.
//! Nothing is repaired, nothing is taken on trust: roots are computed again from the stored bytes, signatures are judged
//! again.

use std::path::{Path, PathBuf};

use archive::{Asked, Evidence, ExportOptions, Exported, Finding, SourceError, Verified};
use event_log::{Level, LogRead as _, SledStore, Store as _, StoreError};
use follower::Mirror;
use proof::PublicKey;

use crate::copy::Copy;
use crate::{AuditConfig, AuditError, folder, kept};

/// Checks everything that the mirror holds. `progress` hears entries done and in all.
///
/// # Errors
/// [`AuditError::Store`] if the mirror cannot be opened at all; everything else that is wrong is a finding.
pub fn verify(config: &AuditConfig, progress: &mut dyn FnMut(u64, u64)) -> Result<Verified, AuditError> {
    verify_asked(config, &Asked::default(), progress)
}

/// The same, held against checkpoints, a key and a policy that are known from elsewhere as well.
///
/// # Errors
/// As [`verify`].
pub fn verify_asked(
    config: &AuditConfig,
    asked: &Asked,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, AuditError> {
    let mut verified = Verified::default();
    let opened = Opened::open(config)?;
    // Frames are checked as they are read: only where one is damaged is everything looked at, to say what else is.
    let report = opened.store.verify(Level::Tail, &mut |_, _| ())?;
    let outcome = match &opened.mirror {
        Ok(mirror) => archive::verify_into(&opened.copy(mirror), asked, None, progress, &mut verified),
        Err(error) => Err(damage(error)),
    };
    let is_damaged = match outcome {
        Ok(()) => false,
        Err(error) => match AuditError::from_source(error) {
            AuditError::Store(StoreError::Damaged(_)) => true,
            other => return Err(other),
        },
    };
    if is_damaged || !report.is_sound() {
        let report = opened.store.verify(Level::Full, progress)?;
        for problem in &report.problems {
            verified.find(Finding::new("store", problem.to_string()));
        }
        if report.is_sound() {
            verified.find(Finding::new("store", "the mirror's own files cannot be read"));
        }
    }
    opened.close()?;
    Ok(verified)
}

/// What an auditor knows and an export can be held against: every checkpoint that was kept here, and the hub's key. Nothing
/// where no auditor is in the folder.
///
/// # Errors
/// What stands in the way of reading it.
pub fn known_to(dir: &Path) -> Result<Asked, AuditError> {
    if !folder::is_auditor(dir) {
        return Ok(Asked::default());
    }
    Ok(Asked {
        kept: kept::kept(dir)?,
        hub_key: Some(PublicKey(*folder::enrolled(dir)?.hub_key)),
        ..Asked::default()
    })
}

fn damage(error: &AuditError) -> SourceError {
    match error {
        AuditError::Store(error) => error.clone().into(),
        other => other.to_string().into(),
    }
}

/// Writes the mirror's logs as an exported folder, or adds to one. `progress` hears leaves written.
///
/// # Errors
/// [`AuditError::Archive`], [`AuditError::Store`]; [`AuditError::Partial`]: an export is of every village, so that nobody
/// takes what is left out for what never was.
pub fn export_folder(
    config: &AuditConfig,
    out: &Path,
    options: &ExportOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<Exported, AuditError> {
    Opened::with(config, |copy| {
        AuditError::unless_whole(copy.mirror.units())?;
        Ok(archive::export(copy, out, options, progress)?)
    })
}

/// Writes everything that cannot both be true, and every declared restore, as files for a person to judge.
///
/// # Errors
/// [`AuditError::Archive`], [`AuditError::Store`].
pub fn write_evidence(config: &AuditConfig, out: &Path) -> Result<(Vec<Evidence>, Vec<PathBuf>), AuditError> {
    let parted = kept::parted(&config.data_dir)?;
    Opened::with(config, |copy| {
        let found = archive::evidence(copy, &[], &parted).map_err(AuditError::from_source)?;
        let written = archive::write_evidence(out, &found)?;
        Ok((found, written))
    })
}

/// A report on a verification, signed with the auditor's own key. Where no auditor was made in the folder, `fresh` becomes
/// its key.
///
/// # Errors
/// What stands in the way of reading or making the key.
pub fn signed_report(dir: &Path, text: &str, fresh: [u8; 32]) -> Result<String, AuditError> {
    folder::make(dir)?;
    let key = folder::make_key(dir, fresh)?;
    Ok(archive::sign_report(text, &key))
}

/// A mirror that is open, with what was kept beside it.
struct Opened {
    store: SledStore,
    mirror: Result<Mirror, AuditError>,
    kept: Vec<archive::KeptNote>,
}

impl Opened {
    fn open(config: &AuditConfig) -> Result<Self, AuditError> {
        let hub_key = PublicKey(*folder::enrolled(&config.data_dir)?.hub_key);
        let kept = kept::kept(&config.data_dir)?;
        let store = config.open()?;
        let mirror = Mirror::open(&store, hub_key).map_err(AuditError::from);
        Ok(Self { store, mirror, kept })
    }

    fn copy<'a>(&'a self, mirror: &'a Mirror) -> Copy<'a> {
        Copy {
            store: &self.store,
            mirror,
            kept: self.kept.clone(),
        }
    }

    fn with<T>(config: &AuditConfig, work: impl FnOnce(&Copy<'_>) -> Result<T, AuditError>) -> Result<T, AuditError> {
        let mut opened = Self::open(config)?;
        let mirror = std::mem::replace(&mut opened.mirror, Err(AuditError::Role))?;
        let done = work(&opened.copy(&mirror));
        opened.close()?;
        done
    }

    fn close(self) -> Result<(), AuditError> {
        Ok(Box::new(self.store).close()?)
    }
}
