//! A demo that stays up.

use std::io::BufReader;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::text;

pub(crate) struct Served {
    child: Child,
    /// What the demo reports.
    pub(crate) report: Value,
    /// Where its pages are.
    pub(crate) serving: Value,
}

impl Served {
    /// Starts it in `dir` and waits until its pages are open.
    pub(crate) fn start(dir: &Path, plan: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_minqing"));
        command
            .args(["--json", "demo", "--serve", "--dir", text(dir)])
            .args(plan);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let mut said = serde_json::Deserializer::from_reader(said).into_iter::<Value>();
        let report = said.next().expect("a report").unwrap();
        let serving = said.next().expect("addresses").unwrap()["serving"].clone();
        Self { child, report, serving }
    }

    /// Its pages at parties of this sort.
    pub(crate) fn pages(&self, party: &str) -> Vec<&Value> {
        let pages = self.serving["pages"].as_array().unwrap().iter();
        pages.filter(|one| one["party"] == party).collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It is ours, and may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
