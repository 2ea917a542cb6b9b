//! Accounts over time: restarts, time-outs, guessing, clocks that are set back, damaged files.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use accounts::{
    ACCOUNTS_MAX, ATTEMPTS_IN_ALL_MAX, ATTEMPTS_MAX, Accounts, AccountsFile, Act, CODE_MS, CodeFor, FileError,
    HashedSecret, PasswordError, Prefs, Refusal, Role, SESSION_ABSOLUTE_MS, SESSION_IDLE_MS, SESSIONS_PER_ACCOUNT_MAX,
    Token, WAIT_MS, Wanted, may,
};
use event::PersonId;

const NOW: u64 = 1_790_000_000_000;
const NAME: &str = "姚慧珍";
const PASSWORD: &str = "三组涵管又堵了0918";
const SALT: [u8; 16] = [9; 16];

fn person(number: u8) -> PersonId {
    PersonId::from_bytes([number; 16])
}

/// Opens an account with a fresh code.
fn opened(accounts: &mut Accounts, what: CodeFor, name: &str, number: u8) -> Result<Token, Refusal> {
    let (code, hash) = Accounts::make_code([number; 12], SALT);
    accounts.put_code(hash, what, NOW);
    let checked = accounts.begin(Wanted::Code, SALT, NOW)?.check(&code).unwrap();
    accounts.code_was_right(&checked);
    let hashed = HashedSecret::new(PASSWORD, [number; 16]);
    let begin = (Prefs::default(), [number; 32]);
    accounts.open_account(&checked, (name, PASSWORD, hashed), person(number), begin, NOW)
}

fn one() -> (Accounts, Token) {
    let mut accounts = Accounts::default();
    let token = opened(&mut accounts, Accounts::first_code(), NAME, 1).unwrap();
    (accounts, token)
}

fn try_in(accounts: &mut Accounts, name: &str, password: &str, now: u64) -> Result<Token, Refusal> {
    let attempt = accounts.begin(Wanted::Name(name), SALT, now)?;
    match attempt.check(password) {
        Some(checked) => accounts.sign_in(&checked, Prefs::default(), [42; 32], now),
        None => Err(accounts.wrong(Wanted::Name(name))),
    }
}

#[test]
fn the_first_code_opens_the_keepers_account_and_works_once() {
    let mut accounts = Accounts::default();
    assert!(!accounts.has_code(NOW));
    let (code, hash) = Accounts::make_code([3; 12], SALT);
    accounts.put_code(hash, Accounts::first_code(), NOW);
    assert!(accounts.has_code(NOW));
    let wrong = accounts.begin(Wanted::Code, SALT, NOW).unwrap().check("2345-6789-ABCD");
    assert!(wrong.is_none());
    let checked = accounts
        .begin(Wanted::Code, SALT, NOW)
        .unwrap()
        .check(&code.to_lowercase())
        .unwrap();
    let short = accounts.would_open(&checked, NAME, "kurz");
    assert_eq!(short, Err(Refusal::Password(PasswordError::Short)));
    let hashed = HashedSecret::new(PASSWORD, SALT);
    let begin = (Prefs::default(), [7; 32]);
    let token = accounts.open_account(&checked, (NAME, PASSWORD, hashed.clone()), person(1), begin, NOW);
    let signed = accounts.signed(token.unwrap().as_str(), NOW).unwrap();
    assert_eq!((signed.account.person, signed.account.role), (person(1), Role::Keeper));
    assert!(may(&signed.account, Act::Admit));
    let again = accounts.open_account(&checked, ("别人", PASSWORD, hashed), person(2), begin, NOW);
    assert_eq!(again, Err(Refusal::CodeGone));
    assert_eq!(accounts.begin(Wanted::Code, SALT, NOW).unwrap_err(), Refusal::CodeGone);
}

#[test]
fn a_code_runs_out_and_one_from_the_future_is_none() {
    let mut accounts = Accounts::default();
    let (_, hash) = Accounts::make_code([3; 12], SALT);
    accounts.put_code(hash, Accounts::first_code(), NOW);
    assert!(accounts.has_code(NOW + CODE_MS - 1));
    assert!(!accounts.has_code(NOW + CODE_MS));
    assert!(!accounts.has_code(NOW - 3_600_000));
}

#[test]
fn a_clerk_records_and_does_not_admit_others() {
    let (mut accounts, _) = one();
    let what = CodeFor::NewAccount {
        role: Role::Clerk,
        person: Some(person(77)),
    };
    let token = opened(&mut accounts, what, "柏志远", 2).unwrap();
    let clerk = accounts.signed(token.as_str(), NOW).unwrap().account;
    assert_eq!(clerk.person, person(77), "the code says who it is");
    assert!(may(&clerk, Act::Look) && may(&clerk, Act::Record) && may(&clerk, Act::Sync));
    assert!(!may(&clerk, Act::Admit));
}

#[test]
fn a_name_is_given_once_and_a_new_password_ends_old_sessions() {
    let (mut accounts, token) = one();
    let new = CodeFor::NewAccount {
        role: Role::Clerk,
        person: None,
    };
    assert_eq!(opened(&mut accounts, new, NAME, 2), Err(Refusal::NameTaken));
    let reset = CodeFor::NewPassword { person: person(1) };
    let fresh = opened(&mut accounts, reset, "", 3).unwrap();
    assert_eq!(accounts.signed(token.as_str(), NOW), None);
    assert_eq!(accounts.signed(fresh.as_str(), NOW).unwrap().account.name, NAME);
    assert_eq!(accounts.all().len(), 1);
}

#[test]
fn sessions_survive_a_restart_and_their_secrets_are_not_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("accounts");
    let (accounts, token) = one();
    let mut file = AccountsFile::open(&path).unwrap();
    file.change(|kept| *kept = accounts).unwrap();
    file.change(|kept| {
        kept.prefer(
            token.as_str(),
            Prefs {
                english: true,
                large: false,
            },
            NOW,
        )
    })
    .unwrap();
    drop(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains(token.as_str()) && !text.contains(PASSWORD));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let file = AccountsFile::open(&path).unwrap();
    let signed = file.accounts().signed(token.as_str(), NOW + 1).unwrap();
    assert!(signed.prefs.english);
    assert_eq!(file.accounts().signed("0", NOW + 1), None);
}

#[test]
fn a_session_ends_when_it_rests_and_after_a_day_however_busy() {
    let (mut accounts, token) = one();
    assert!(accounts.signed(token.as_str(), NOW + SESSION_IDLE_MS - 1).is_some());
    assert!(accounts.signed(token.as_str(), NOW + SESSION_IDLE_MS).is_none());
    let mut now = NOW;
    while now + 3_600_000 < NOW + SESSION_ABSOLUTE_MS {
        now += 3_600_000;
        assert!(accounts.is_stale(token.as_str(), now));
        accounts.saw(token.as_str(), now);
        assert!(!accounts.is_stale(token.as_str(), now + 1));
        assert!(accounts.signed(token.as_str(), now).is_some());
    }
    assert!(accounts.signed(token.as_str(), NOW + SESSION_ABSOLUTE_MS).is_none());
    accounts.saw(token.as_str(), NOW + SESSION_ABSOLUTE_MS);
    assert!(
        accounts.signed(token.as_str(), NOW + SESSION_ABSOLUTE_MS).is_none(),
        "none wakes again"
    );
}

#[test]
fn a_clock_set_back_ends_sessions_and_shortens_no_wait() {
    let (mut accounts, token) = one();
    assert!(
        accounts.signed(token.as_str(), NOW - 60_000).is_some(),
        "a small correction"
    );
    assert!(accounts.signed(token.as_str(), NOW - 3_600_000).is_none());
    for _ in 0..ATTEMPTS_MAX {
        try_in(&mut accounts, NAME, "falsch", NOW).unwrap_err();
    }
    let year = 365 * 86_400_000;
    let back = NOW - year;
    assert_eq!(
        try_in(&mut accounts, NAME, PASSWORD, back),
        Err(Refusal::Wait { wait_ms: WAIT_MS })
    );
    assert_eq!(
        try_in(&mut accounts, NAME, PASSWORD, back + WAIT_MS - 1),
        Err(Refusal::Wait { wait_ms: 1 })
    );
    try_in(&mut accounts, NAME, PASSWORD, back + WAIT_MS).unwrap();
}

#[test]
fn guessing_at_one_account_is_stopped_and_the_right_password_waits_too() {
    let (mut accounts, token) = one();
    for left in (0..ATTEMPTS_MAX).rev() {
        assert_eq!(try_in(&mut accounts, NAME, "falsch", NOW), Err(Refusal::Wrong { left }));
    }
    assert!(matches!(
        try_in(&mut accounts, NAME, PASSWORD, NOW),
        Err(Refusal::Wait { .. })
    ));
    assert!(accounts.signed(token.as_str(), NOW).is_some(), "who is in stays in");
    try_in(&mut accounts, NAME, PASSWORD, NOW + WAIT_MS).unwrap();
    assert_eq!(
        try_in(&mut accounts, NAME, "falsch", NOW + WAIT_MS),
        Err(Refusal::Wrong { left: ATTEMPTS_MAX - 1 }),
        "the count began anew"
    );
}

#[test]
fn many_attempts_at_once_are_counted_before_any_is_compared() {
    let (mut accounts, _) = one();
    let begun: Vec<_> = (0..20).map(|_| accounts.begin(Wanted::Name(NAME), SALT, NOW)).collect();
    assert_eq!(
        begun.iter().filter(|attempt| attempt.is_ok()).count(),
        ATTEMPTS_MAX as usize
    );
}

#[test]
fn guessing_names_is_stopped_in_all_and_tells_nothing_of_names() {
    let (mut accounts, _) = one();
    let unknown = try_in(&mut accounts, "没有这个人", "falsch", NOW);
    assert_eq!(unknown, Err(Refusal::Wrong { left: ATTEMPTS_MAX - 1 }));
    for number in 1..ATTEMPTS_IN_ALL_MAX {
        let attempt = accounts.begin(Wanted::Name(&format!("{number}")), SALT, NOW);
        attempt.unwrap();
    }
    let all = try_in(&mut accounts, NAME, PASSWORD, NOW);
    assert!(matches!(all, Err(Refusal::Wait { .. })));
    try_in(&mut accounts, NAME, PASSWORD, NOW + WAIT_MS).unwrap();
}

#[test]
fn guessing_the_code_is_stopped() {
    let mut accounts = Accounts::default();
    let (code, hash) = Accounts::make_code([3; 12], SALT);
    accounts.put_code(hash, Accounts::first_code(), NOW);
    for _ in 0..ATTEMPTS_MAX {
        let attempt = accounts.begin(Wanted::Code, SALT, NOW).unwrap();
        assert!(attempt.check("AAAA-BBBB-CCCC").is_none());
    }
    assert!(matches!(
        accounts.begin(Wanted::Code, SALT, NOW),
        Err(Refusal::Wait { .. })
    ));
    let attempt = accounts.begin(Wanted::Code, SALT, NOW + WAIT_MS).unwrap();
    assert!(attempt.check(&code).is_some());
}

#[test]
fn accounts_and_sessions_have_an_end() {
    let (mut accounts, first) = one();
    for number in 0..SESSIONS_PER_ACCOUNT_MAX {
        let attempt = accounts.begin(Wanted::Name(NAME), SALT, NOW).unwrap();
        let checked = attempt.check(PASSWORD).unwrap();
        let random = [u8::try_from(number).unwrap() + 100; 32];
        accounts.sign_in(&checked, Prefs::default(), random, NOW).unwrap();
    }
    assert!(accounts.signed(first.as_str(), NOW).is_none(), "the oldest one ended");
    let clerk = || CodeFor::NewAccount {
        role: Role::Clerk,
        person: None,
    };
    for number in 2..=ACCOUNTS_MAX {
        opened(
            &mut accounts,
            clerk(),
            &format!("{number}"),
            u8::try_from(number).unwrap(),
        )
        .unwrap();
    }
    assert_eq!(opened(&mut accounts, clerk(), "one more", 200), Err(Refusal::Full));
}

#[test]
fn a_damaged_file_is_told_and_never_taken_for_an_empty_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("accounts");
    let (accounts, _) = one();
    AccountsFile::open(&path)
        .unwrap()
        .change(|kept| *kept = accounts)
        .unwrap();
    let good = fs::read(&path).unwrap();
    for at in (0..good.len()).step_by(17) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert!(
            matches!(AccountsFile::open(&path), Err(FileError::Damaged { .. })),
            "byte {at}"
        );
    }
    for cut in [0, 5, 80, good.len() - 1] {
        fs::write(&path, &good[..cut]).unwrap();
        let error = AccountsFile::open(&path).unwrap_err().to_string();
        assert!(error.contains("one-time code"), "{error}");
    }
    fs::write(&path, &good).unwrap();
    assert_eq!(AccountsFile::open(&path).unwrap().accounts().all().len(), 1);
}

#[test]
fn a_file_that_cannot_be_written_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = AccountsFile::open(dir.path().join("gone").join("accounts")).unwrap();
    let (accounts, _) = one();
    assert!(file.change(|kept| *kept = accounts).is_err());
    assert_eq!(file.accounts(), &Accounts::default());
}
