//! The program's accounts: kept in its folder, behind a lock, asked and changed from anywhere in the program.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use accounts::{Accounts, AccountsFile, CODE_CHARS, CodeFor, Role};
use event::PersonId;
use link::{Problem, ProblemKind, Surroundings};
use serde::Deserialize;

use crate::blocking;

const FILE: &str = "accounts";

/// The accounts, or why there are none to be had: a damaged file stops the pages and nothing else.
#[derive(Clone)]
pub struct AccountsKept(Arc<Mutex<Result<AccountsFile, String>>>);

impl AccountsKept {
    /// Reads the file of the program's folder.
    #[must_use]
    pub fn open(dir: &Path) -> Self {
        let file = AccountsFile::open(dir.join(FILE)).map_err(|error| {
            tracing::error!(%error, "nobody can sign in");
            error.to_string()
        });
        Self(Arc::new(Mutex::new(file)))
    }

    /// Looks something up.
    ///
    /// # Errors
    /// `store-unavailable` if the file was damaged.
    pub fn ask<T>(&self, ask: impl FnOnce(&Accounts) -> T) -> Result<T, Problem> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Ok(file) => Ok(ask(file.accounts())),
            Err(words) => Err(Problem::new(ProblemKind::StoreUnavailable, words.clone())),
        }
    }

    /// Changes something; it is on the disk when this returns.
    ///
    /// # Errors
    /// `store-unavailable` if the file was damaged or cannot be written; then nothing has changed.
    pub async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Accounts) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let kept = Arc::clone(&self.0);
        let done = blocking(move || {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            match &mut *kept {
                Ok(file) => file.change(change).map_err(|error| error.to_string()),
                Err(words) => Err(words.clone()),
            }
        });
        done.await?
            .map_err(|words| Problem::new(ProblemKind::StoreUnavailable, words))
    }
}

/// What a new one-time code is asked for, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CodeQuestion {
    /// A new password for the account of this name, instead of a new account.
    password_of: Option<String>,
    /// The person that the new account records as.
    person: Option<PersonId>,
    /// Whether the new account keeps the machine. The first one always does.
    keeper: bool,
}

impl AccountsKept {
    /// A new one-time code, in the place of the one before.
    ///
    /// # Errors
    /// `not-found` if nobody has the name, `malformed` if the person has an account already, `store-unavailable`.
    pub async fn code(
        &self,
        question: CodeQuestion,
        surroundings: &Surroundings,
        now_ms: u64,
    ) -> Result<String, Problem> {
        let what = self.ask(|accounts| {
            if let Some(name) = &question.password_of {
                let account = accounts.named(name);
                let account = account.ok_or_else(|| Problem::new(ProblemKind::NotFound, "no account of this name"))?;
                return Ok(CodeFor::NewPassword { person: account.person });
            }
            if question.person.is_some_and(|person| accounts.of(person).is_some()) {
                let words = "that person has an account: ask for a new password instead";
                return Err(Problem::new(ProblemKind::Malformed, words));
            }
            let is_first = accounts.all().is_empty();
            let role = if is_first || question.keeper {
                Role::Keeper
            } else {
                Role::Clerk
            };
            Ok(CodeFor::NewAccount {
                role,
                person: question.person,
            })
        })??;
        let (random, salt) = (surroundings.random::<CODE_CHARS>(), surroundings.random());
        let (code, hash) = blocking(move || Accounts::make_code(random, salt)).await?;
        self.change(move |accounts| accounts.put_code(hash, what, now_ms))
            .await?;
        Ok(code)
    }

    /// The code of the first start: made where nobody has an account and no code is outstanding. It is said once and
    /// kept as a hash.
    ///
    /// # Errors
    /// `store-unavailable` if the accounts file is damaged.
    pub async fn first_code(&self, surroundings: &Surroundings, now_ms: u64) -> Result<Option<String>, Problem> {
        let is_needed = self.ask(|accounts| accounts.all().is_empty() && !accounts.has_code(now_ms))?;
        if is_needed {
            self.code(CodeQuestion::default(), surroundings, now_ms).await.map(Some)
        } else {
            Ok(None)
        }
    }
}
