//! Accounts, the one-time code, sessions and attempts as one value.

use event::PersonId;
use serde::{Deserialize, Serialize};

use crate::account::{Account, is_same_name};
use crate::bounds::{
    ACCOUNTS_MAX, ATTEMPTS_IN_ALL_MAX, ATTEMPTS_MAX, CODE_CHARS, SESSION_SEEN_STEP_MS, SESSIONS_PER_ACCOUNT_MAX,
};
use crate::code::{CodeFor, Outstanding, code_of, plain};
use crate::secret::{HashedSecret, SALT_BYTES};
use crate::session::{Prefs, Session, Signed, Token, token_sha256};
use crate::throttle::Throttle;
use crate::{NameError, PasswordError, Role, name_of, password_of};

/// Everything that is known of who may sign in here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    accounts: Vec<Account>,
    code: Option<Outstanding>,
    sessions: Vec<Session>,
    /// Wrong attempts by account; those at the code and in all have their own.
    attempts: Vec<(PersonId, Throttle)>,
    attempts_at_code: Throttle,
    attempts_in_all: Throttle,
}

/// What is typed in to get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// An account's name, with its password.
    Name(&'a str),
    /// The one-time code.
    Code,
}

/// An attempt that was counted and not yet compared.
#[derive(Clone, Debug)]
pub struct Attempt {
    kept: HashedSecret,
    aim: Option<Aim>,
}

#[derive(Clone, Debug)]
enum Aim {
    Account(PersonId),
    Code(CodeFor),
}

/// An attempt that was right; only [`Attempt::check`] makes one.
#[derive(Clone, Debug)]
pub struct Checked(Aim);

/// Why somebody does not get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Name or password is wrong, or the code is.
    #[error("wrong; {left} attempts are left")]
    Wrong {
        /// Attempts that are left.
        left: u32,
    },
    /// Too many attempts.
    #[error("too many attempts; wait {wait_ms} ms")]
    Wait {
        /// How long, in milliseconds.
        wait_ms: u64,
    },
    /// The code was used, has run out, or was replaced.
    #[error("this code was used or has run out")]
    CodeGone,
    /// The name cannot be one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Somebody has that name.
    #[error("there is an account of this name")]
    NameTaken,
    /// The password cannot be one.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// No room.
    #[error("there are {ACCOUNTS_MAX} accounts, which is the most that one machine has")]
    Full,
}

impl Attempt {
    /// Compares, which takes as long whether the name exists or not. A code may be typed with or without its hyphens.
    #[must_use]
    pub fn check(self, secret: &str) -> Option<Checked> {
        let is_right = match &self.aim {
            Some(Aim::Code(_)) => self.kept.is(&plain(secret)),
            _ => self.kept.is(secret),
        };
        self.aim.filter(|_| is_right).map(Checked)
    }
}

impl Checked {
    /// What the code was for, where it was a code.
    #[must_use]
    pub const fn code_for(&self) -> Option<&CodeFor> {
        match &self.0 {
            Aim::Code(what) => Some(what),
            Aim::Account(_) => None,
        }
    }
}

impl Accounts {
    /// All accounts, oldest first.
    #[must_use]
    pub fn all(&self) -> &[Account] {
        &self.accounts
    }

    /// The account of a person.
    #[must_use]
    pub fn of(&self, person: PersonId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.person == person)
    }

    /// The account of a name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| is_same_name(&account.name, name.trim()))
    }

    /// Whether a one-time code can be used now.
    #[must_use]
    pub fn has_code(&self, now_ms: u64) -> bool {
        self.code.as_ref().is_some_and(|code| code.is_good(now_ms))
    }

    /// A code of these random bytes and what is kept of it. Takes long; then hand it to [`Accounts::put_code`].
    #[must_use]
    pub fn make_code(random: [u8; CODE_CHARS], salt: [u8; SALT_BYTES]) -> (String, HashedSecret) {
        let code = code_of(random);
        let hash = HashedSecret::new(&plain(&code), salt);
        (code, hash)
    }

    /// Makes a code the outstanding one, in the place of the one before.
    pub fn put_code(&mut self, hash: HashedSecret, what: CodeFor, now_ms: u64) {
        self.attempts_at_code = Throttle::default();
        self.code = Some(Outstanding {
            what,
            made_ms: now_ms,
            hash,
        });
    }

    /// Counts an attempt, before anything is compared, so that many at once are counted too. `salt` serves where there
    /// is nothing to compare with.
    ///
    /// # Errors
    /// [`Refusal::Wait`], or [`Refusal::CodeGone`].
    pub fn begin(&mut self, wanted: Wanted<'_>, salt: [u8; SALT_BYTES], now_ms: u64) -> Result<Attempt, Refusal> {
        let wait = |wait_ms| Refusal::Wait { wait_ms };
        let (kept, aim) = match wanted {
            Wanted::Code => {
                let code = self.code.as_ref().filter(|code| code.is_good(now_ms));
                let code = code.ok_or(Refusal::CodeGone)?;
                (code.hash.clone(), Some(Aim::Code(code.what.clone())))
            }
            Wanted::Name(name) => match self.named(name) {
                Some(account) => (account.password.clone(), Some(Aim::Account(account.person))),
                None => (HashedSecret::nobodys(salt), None),
            },
        };
        self.attempts_in_all
            .attempt(ATTEMPTS_IN_ALL_MAX, now_ms)
            .map_err(wait)?;
        let at_this = match &aim {
            Some(Aim::Account(person)) => self.attempts_of(*person).attempt(ATTEMPTS_MAX, now_ms),
            Some(Aim::Code(_)) => self.attempts_at_code.attempt(ATTEMPTS_MAX, now_ms),
            None => Ok(()),
        };
        if let Err(wait_ms) = at_this {
            // It is not compared: whoever hammers at one account does not make the others wait.
            self.attempts_in_all.take_back();
            return Err(wait(wait_ms));
        }
        Ok(Attempt { kept, aim })
    }

    fn attempts_of(&mut self, person: PersonId) -> &mut Throttle {
        let at = self.attempts.iter().position(|(of, _)| *of == person);
        let at = at.unwrap_or_else(|| {
            self.attempts.push((person, Throttle::default()));
            self.attempts.len() - 1
        });
        &mut self.attempts[at].1
    }

    /// What to say after an attempt at this that was wrong. Nobody learns whether the name exists.
    #[must_use]
    pub fn wrong(&self, wanted: Wanted<'_>) -> Refusal {
        let throttle = match wanted {
            Wanted::Code => Some(self.attempts_at_code),
            Wanted::Name(name) => self.named(name).and_then(|account| {
                let found = self.attempts.iter().find(|(of, _)| *of == account.person);
                found.map(|(_, throttle)| *throttle)
            }),
        };
        let in_all = self.attempts_in_all.left(ATTEMPTS_IN_ALL_MAX);
        let left = throttle.map_or(ATTEMPTS_MAX - 1, |throttle| throttle.left(ATTEMPTS_MAX));
        Refusal::Wrong { left: left.min(in_all) }
    }

    /// Begins a session after an attempt that was right.
    ///
    /// # Errors
    /// [`Refusal::CodeGone`] for a code: that opens an account first. [`Refusal::Wrong`] if the account has gone meanwhile.
    pub fn sign_in(
        &mut self,
        checked: &Checked,
        prefs: Prefs,
        random: [u8; 32],
        now_ms: u64,
    ) -> Result<Token, Refusal> {
        let Aim::Account(person) = checked.0 else {
            return Err(Refusal::CodeGone);
        };
        if self.of(person).is_none() {
            return Err(Refusal::Wrong { left: 0 });
        }
        self.attempts_of(person).right();
        self.attempts_in_all.take_back();
        Ok(self.begin_session(person, prefs, random, now_ms))
    }

    /// Takes back the attempt at a code that was right, once, before [`Accounts::would_open`]: what is wrong with a name or
    /// a password then does not count as guessing.
    pub fn code_was_right(&mut self, checked: &Checked) {
        if checked.code_for().is_some() {
            self.attempts_at_code.take_back();
            self.attempts_in_all.take_back();
        }
    }

    /// Whether a code that was right could open this account: to be asked before its password is hashed.
    ///
    /// # Errors
    /// [`Refusal`] says what about the name or the password will not do, or that the code has gone meanwhile.
    pub fn would_open(&self, checked: &Checked, name: &str, password: &str) -> Result<String, Refusal> {
        match &checked.0 {
            Aim::Code(what) if self.code.as_ref().is_some_and(|code| code.what == *what) => {
                let name = match what {
                    CodeFor::NewPassword { person } => self.of(*person).ok_or(Refusal::CodeGone)?.name.clone(),
                    CodeFor::NewAccount { .. } => {
                        let name = name_of(name)?;
                        if self.named(&name).is_some() {
                            return Err(Refusal::NameTaken);
                        }
                        if self.accounts.len() >= ACCOUNTS_MAX {
                            return Err(Refusal::Full);
                        }
                        name
                    }
                };
                password_of(password, &name)?;
                Ok(name)
            }
            _ => Err(Refusal::CodeGone),
        }
    }

    /// Uses the code up: opens its account, or gives the account a new password and ends its sessions, and begins a session.
    /// `fresh` is the person of a new account, where the code names none.
    ///
    /// # Errors
    /// As [`Accounts::would_open`]; then the code can still be used.
    pub fn open_account(
        &mut self,
        checked: &Checked,
        (name, password, hashed): (&str, &str, HashedSecret),
        fresh: PersonId,
        (prefs, random): (Prefs, [u8; 32]),
        now_ms: u64,
    ) -> Result<Token, Refusal> {
        let name = self.would_open(checked, name, password)?;
        let person = match checked.code_for() {
            Some(CodeFor::NewPassword { person }) => {
                for account in self.accounts.iter_mut().filter(|account| account.person == *person) {
                    account.password = hashed.clone();
                }
                self.sessions.retain(|session| session.person != *person);
                *person
            }
            Some(CodeFor::NewAccount { role, person }) => {
                let person = person.unwrap_or(fresh);
                if self.of(person).is_some() {
                    return Err(Refusal::CodeGone);
                }
                self.accounts.push(Account {
                    person,
                    name,
                    role: *role,
                    password: hashed,
                });
                person
            }
            None => return Err(Refusal::CodeGone),
        };
        self.code = None;
        self.attempts_at_code = Throttle::default();
        self.attempts_of(person).right();
        Ok(self.begin_session(person, prefs, random, now_ms))
    }

    fn begin_session(&mut self, person: PersonId, prefs: Prefs, random: [u8; 32], now_ms: u64) -> Token {
        let token = Token::of(random);
        self.sessions.retain(|session| session.is_good(now_ms));
        let own = self.sessions.iter().filter(|session| session.person == person).count();
        if own >= SESSIONS_PER_ACCOUNT_MAX
            && let Some(oldest) = self.sessions.iter().position(|session| session.person == person)
        {
            self.sessions.remove(oldest);
        }
        self.sessions.push(Session {
            token_sha256: token_sha256(token.as_str()),
            person,
            began_ms: now_ms,
            seen_ms: now_ms,
            prefs,
        });
        token
    }

    /// Who shows this token, if their session is good.
    #[must_use]
    pub fn signed(&self, token: &str, now_ms: u64) -> Option<Signed> {
        let session = self.session(token).filter(|session| session.is_good(now_ms))?;
        Some(Signed {
            account: self.of(session.person)?.clone(),
            prefs: session.prefs,
        })
    }

    fn session(&self, token: &str) -> Option<&Session> {
        let hash = token_sha256(token);
        self.sessions.iter().find(|session| session.token_sha256 == hash)
    }

    /// Whether the use of a session is to be noted now; see [`SESSION_SEEN_STEP_MS`].
    #[must_use]
    pub fn is_stale(&self, token: &str, now_ms: u64) -> bool {
        self.session(token)
            .is_some_and(|session| now_ms.saturating_sub(session.seen_ms) >= SESSION_SEEN_STEP_MS)
    }

    /// Notes that a session was used, if it is good.
    pub fn saw(&mut self, token: &str, now_ms: u64) {
        self.change_session(token, now_ms, |session| session.seen_ms = session.seen_ms.max(now_ms));
    }

    /// Notes how somebody likes the pages.
    pub fn prefer(&mut self, token: &str, prefs: Prefs, now_ms: u64) {
        self.change_session(token, now_ms, |session| session.prefs = prefs);
    }

    fn change_session(&mut self, token: &str, now_ms: u64, change: impl FnOnce(&mut Session)) {
        let hash = token_sha256(token);
        let mut sessions = self.sessions.iter_mut();
        if let Some(session) = sessions.find(|session| session.token_sha256 == hash && session.is_good(now_ms)) {
            change(session);
        }
    }

    /// Ends a session.
    pub fn sign_out(&mut self, token: &str) {
        let hash = token_sha256(token);
        self.sessions.retain(|session| session.token_sha256 != hash);
    }

    /// What the first code of a machine is for: whoever keeps it.
    #[must_use]
    pub const fn first_code() -> CodeFor {
        CodeFor::NewAccount {
            role: Role::Keeper,
            person: None,
        }
    }
}
