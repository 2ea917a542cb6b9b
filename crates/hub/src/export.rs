//! The hub's logs as a source: it hands out the same folder that an auditor writes from its mirror.

use std::path::Path;

use archive::{ArchiveError, Chapter, ExportOptions, Exported, KeptNote, Log, Piece, Source, SourceError, Visit};
use event::Sequence;
use event_log::LogId;
use proof::{PublicKey, journal_log_name};

use crate::Desk;
use crate::core::stored_note;

/// A desk that is read as a whole, for nobody in particular.
struct Whole<'a> {
    desk: &'a Desk,
    hub_key: PublicKey,
}

impl Desk {
    /// Writes everything that the newest checkpoint covers as an exported folder, or adds what is new to an earlier one;
    /// also while recording goes on. `progress` hears leaves written.
    ///
    /// # Errors
    /// [`ArchiveError`].
    pub fn export(
        &self,
        dir: &Path,
        options: &ExportOptions,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Exported, ArchiveError> {
        let hub_key = self.hub_key;
        archive::export(&Whole { desk: self, hub_key }, dir, options, progress)
    }
}

impl Source for Whole<'_> {
    fn hub_key(&self) -> PublicKey {
        self.hub_key
    }

    fn journals(&self) -> Result<Vec<Chapter>, SourceError> {
        let (current, frozen) = {
            let registry = self.desk.registry();
            (registry.journal, registry.frozen.clone())
        };
        let frozen = frozen.iter().map(|frozen| Chapter {
            journal: frozen.journal,
            frozen: Some(frozen.size.0),
            note: self.desk.note_of_frozen(frozen.journal).ok(),
        });
        let newest = Chapter {
            journal: current,
            frozen: None,
            note: Some(stored_note(&*self.desk.log).map_err(|error| error.to_string())?),
        };
        Ok(frozen.chain([newest]).collect())
    }

    fn kept(&self) -> Result<Vec<KeptNote>, SourceError> {
        let statements = self.desk.cosigned();
        let journals = self.journals()?;
        let notes = journals
            .iter()
            .flat_map(|chapter| statements.notes(&journal_log_name(chapter.journal)));
        let kept = |note| KeptNote {
            from: "witnesses".to_owned(),
            note,
        };
        Ok(notes.map(kept).collect())
    }

    fn scan(&self, log: Log, _: u64, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        let id = match log {
            Log::Journal(journal) => LogId::from(journal),
            Log::Origin(origin) => LogId::from(origin),
        };
        self.desk
            .log
            .scan(id, Sequence::FIRST, &mut |sequence, bytes, personal| {
                let index = sequence.leaf_index();
                visit(Piece::Entry { index, bytes, personal })
            })?;
        Ok(())
    }
}
