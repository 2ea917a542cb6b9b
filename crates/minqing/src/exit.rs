//! What the program says when it ends.

use std::process::ExitCode;

/// The exit codes, as `minqing --help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Ok,
    /// Something differs, was refused, or does not hold.
    Differs,
    /// The command was not understood; nothing was done.
    Usage,
    /// The other side cannot be reached; try again later.
    Unreachable,
    /// Something on the disk is damaged or missing: a person must look.
    Damaged,
    /// Another process has the folder open.
    Locked,
    /// The disk is full; nothing was recorded.
    Full,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Differs => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::Damaged => 4,
            Self::Locked => 5,
            Self::Full => 6,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
