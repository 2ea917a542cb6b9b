//! Reading through a store is reading through what it shares.

/// Every method of [`crate::LogRead`], passed on to `self.shared`.
macro_rules! delegate_reads {
    () => {
        fn logs(&self) -> Vec<LogId> {
            self.shared.logs()
        }

        fn head(&self, log: LogId) -> Head {
            self.shared.head(log)
        }

        fn read(
            &self,
            log: LogId,
            from: Sequence,
            max_entries: usize,
            max_bytes: usize,
        ) -> Result<Vec<LogEntry>, StoreError> {
            self.shared.read(log, from, max_entries, max_bytes)
        }

        fn read_staged(
            &self,
            log: LogId,
            from: Sequence,
            max_entries: usize,
            max_bytes: usize,
        ) -> Result<Vec<LogEntry>, StoreError> {
            self.shared.read_staged(log, from, max_entries, max_bytes)
        }

        fn scan(&self, log: LogId, from: Sequence, visit: &mut Visit<'_>) -> Result<(), StoreError> {
            self.shared.scan(log, from, visit)
        }

        fn frontier_at(&self, log: LogId, size: u64) -> Result<Frontier, StoreError> {
            self.shared.frontier_at(log, size)
        }

        fn get_meta(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            self.shared.get_meta(key)
        }

        fn scan_meta(&self, prefix: &[u8]) -> Result<MetaRows, StoreError> {
            self.shared.scan_meta(prefix)
        }

        fn verify(&self, level: Level, progress: &mut dyn FnMut(u64, u64)) -> Result<Report, StoreError> {
            self.shared.verify(level, progress)
        }

        fn health(&self) -> Health {
            self.shared.health()
        }
    };
}
