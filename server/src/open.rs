//! Opening a portal: database, schema, encryption key, in this order, each with
//! a message that says what is wrong and what to do.

use crate::{
    clock::{Clock, UnixTime},
    config::DataArgs,
    crypto::{
        os_rng,
        password::{HashError, Params, PasswordHasher},
        secret_box::{Key, KeyError, Keyring, OpenError, Purpose, SealError},
    },
    domain::identity::search_words::words_of,
    service::{Owed, Service, Settings, Undecided},
    store::{
        Cause, Db, StoreError,
        account::{accounts, words},
        db::Unsuitable,
        migrate::{self, SchemaError, lock, migrate},
        second_factor::{enrolments, methods, recovery},
    },
};
use sqlx::postgres::PgConnectOptions;
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio_util::task::TaskTracker;

/// Name of the SQLite file in the data folder.
const DATABASE_FILE: &str = "twofold.db";

/// Name of the key file in the data folder.
const KEY_FILE: &str = "twofold.key";

/// How often PostgreSQL is tried at start, a second apart, before giving up.
const POSTGRES_TRIES: u32 = 30;

/// The text whose sealed form tells a wrong key; the row it is bound to.
const KEY_CHECK: (&[u8], &str) = (b"twofold", "portal");

/// Why the portal can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenPortalError {
    /// The data folder can't be created or entered.
    #[error("the data folder {0} can't be used: {1}")]
    DataDir(PathBuf, io::Error),
    /// Not a URL of PostgreSQL.
    #[error("the database URL is not valid: {0}. Expected postgres://USER:PASSWORD@HOST/DATABASE")]
    DatabaseUrl(String),
    /// PostgreSQL did not answer in time.
    #[error("PostgreSQL could not be reached within {POSTGRES_TRIES} seconds: {0}")]
    PostgresAway(String),
    /// PostgreSQL answers, but not as it must.
    #[error("the database {0} can't be used: {1}")]
    PostgresUnsuitable(String, Unsuitable),
    /// The file is something else.
    #[error("{0} is not an SQLite database. It was left as it is; move it away or choose another --data-dir")]
    NotADatabase(PathBuf),
    /// The file can't be written.
    #[error("the database {0} is read-only. Make the file and its folder writable for this user")]
    ReadOnly(PathBuf),
    /// The file, or what must be made or read beside it, can't be opened.
    #[error(
        "the database {0} can't be opened: {1}. This user must be able to read it, and to write to its folder while there is a log (-wal) beside it. Otherwise copy the file and those beside it to another folder, and name that with --data-dir"
    )]
    OutOfReach(PathBuf, StoreError),
    /// The database does not do what it should.
    #[error("the database {0} can't be opened: {1}")]
    Database(String, StoreError),
    /// The schema is not what this version needs.
    #[error("{0}")]
    Schema(SchemaError),
    /// The key file can't be read or written.
    #[error("the encryption key file {0} can't be used: {1}")]
    KeyFile(PathBuf, io::Error),
    /// What the file holds is no key.
    #[error("{0}: {1}. Expected 64 hexadecimal digits or 44 characters of base64")]
    KeyFormat(String, KeyError),
    /// The database was set up with a key that is gone.
    #[error(
        "the encryption key is missing: this database was set up with one. Put it back at {0}, or name it with --key-file or TWOFOLD_KEY. Without it nobody's second factor can be checked; two-factor authentication is never switched off because of that"
    )]
    KeyMissing(PathBuf),
    /// The database was set up with another key.
    #[error("the encryption key {0} is not the one that this database was set up with. Nothing was changed")]
    KeyWrong(String),
    /// Secrets are sealed with a key that is not given.
    #[error(
        "{0} of the secrets in the database are sealed with a key that is not at hand. Name it with --previous-key-file (or, where another node seals with a newer key already, that one with --next-key-file). Nothing was changed"
    )]
    SecretsShut(i64),
    /// Something inside.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// Something inside.
    #[error("the encryption key could not be used: {0}")]
    Seal(#[from] SealError),
    /// Something inside.
    #[error("passwords can't be hashed: {0}")]
    Hash(#[from] HashError),
}

/// Opens the portal that `data` describes.
///
/// # Errors
/// See [`OpenPortalError`].
pub async fn open(data: &DataArgs, settings: Settings, clock: Arc<dyn Clock>) -> Result<Service, OpenPortalError> {
    create_data_dir(&data.data_dir)?;
    let db = open_database(data).await?;
    let keyring = open_keyring(data, &db, clock.now()).await?;
    store_words(&db).await?;
    Ok(Service {
        owed: Owed::to(db.clone()),
        undecided: Undecided::default(),
        under_way: TaskTracker::new(),
        db,
        clock,
        hasher: PasswordHasher::new(Params::default())?,
        keyring: Arc::new(keyring),
        writes_mail: settings.mail.is_some(),
        mail_waits: Arc::default(),
        proxies: Arc::default(),
        settings: Arc::new(settings),
    })
}

/// Stores the words by which people are found, for those who were there before
/// there were any. Several may do it at once.
async fn store_words(db: &Db) -> Result<(), StoreError> {
    if words::are_stored(db).await? {
        return Ok(());
    }
    let mut last = String::new();
    loop {
        let people = words::people_after(db, &last, 500).await?;
        let Some(end) = people.last() else { break };
        last.clone_from(&end.id);
        let mut tx = db.begin().await?;
        for person in &people {
            for word in words_of(&person.name, &person.display_name) {
                words::insert(&mut tx, &person.id, &word)?;
            }
        }
        tx.commit().await?;
    }
    words::note_stored(db).await
}

/// Creates the folder, closed to other users of the machine.
fn create_data_dir(folder: &Path) -> Result<(), OpenPortalError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| OpenPortalError::DataDir(folder.to_owned(), error))
}

async fn open_database(data: &DataArgs) -> Result<Db, OpenPortalError> {
    let db = match postgres_options(data)? {
        None => return open_sqlite(&sqlite_file(data)).await,
        Some(options) => wait_for_postgres(options).await?,
    };
    migrate(&db).await.map_err(OpenPortalError::Schema)?;
    Ok(db)
}

/// Opens the database only to read it, as it is: a standby or a copy will do,
/// and nothing beside it is needed or made.
///
/// # Errors
/// See [`OpenPortalError`].
pub async fn open_to_read(data: &DataArgs) -> Result<Db, OpenPortalError> {
    let db = match postgres_options(data)? {
        None => {
            let file = sqlite_file(data);
            let opened = Db::sqlite_to_read(&file, is_left_alone(&file)).await;
            opened.map_err(|error| explain(&file, error))?
        }
        Some(options) => connect(&options, true).await?.map_err(OpenPortalError::PostgresAway)?,
    };
    match migrate::check(&db).await {
        Ok(()) => Ok(db),
        Err(SchemaError::Store(error)) if data.database_url.is_none() => Err(explain(&sqlite_file(data), error)),
        Err(other) => Err(OpenPortalError::Schema(other)),
    }
}

/// Copies the SQLite database, as of one moment, into the empty file `copy`;
/// nothing beside it is needed or made.
///
/// # Errors
/// See [`OpenPortalError`].
pub async fn copy_sqlite(data: &DataArgs, copy: &Path) -> Result<(), OpenPortalError> {
    let file = sqlite_file(data);
    Db::copy_sqlite(&file, is_left_alone(&file), copy).await.map_err(|error| explain(&file, error))
}

/// Whether nobody can write to an SQLite file or beside it, and its log was worked off.
fn is_left_alone(file: &Path) -> bool {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let log = fs::metadata(log).is_ok_and(|log| log.len() > 0);
    let folder = file.parent().unwrap_or(Path::new("."));
    let read_only = fs::metadata(file).is_ok_and(|file| file.permissions().readonly());
    !log && (read_only || tempfile::tempfile_in(folder).is_err())
}

/// Where the SQLite database is.
pub fn sqlite_file(data: &DataArgs) -> PathBuf {
    data.data_dir.join(DATABASE_FILE)
}

fn postgres_options(data: &DataArgs) -> Result<Option<PgConnectOptions>, OpenPortalError> {
    let Some(url) = &data.database_url else { return Ok(None) };
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(OpenPortalError::DatabaseUrl("it does not start with postgres://".to_owned()));
    }
    url.parse().map(Some).map_err(|error: sqlx::Error| OpenPortalError::DatabaseUrl(error.to_string()))
}

async fn open_sqlite(path: &Path) -> Result<Db, OpenPortalError> {
    let explain = |error: StoreError| explain(path, error);
    if path.metadata().is_ok_and(|file| file.permissions().readonly()) {
        return Err(OpenPortalError::ReadOnly(path.to_owned()));
    }
    let _lock = lock(path).await.map_err(|error| match error {
        SchemaError::Lock(_, cause) if is_unwritable(&cause) => OpenPortalError::ReadOnly(path.to_owned()),
        other => OpenPortalError::Schema(other),
    })?;
    create_closed(path);
    let db = Db::sqlite(path).await.map_err(explain)?;
    match migrate(&db).await {
        Ok(()) => Ok(db),
        Err(SchemaError::Store(error)) => Err(explain(error)),
        Err(other) => Err(OpenPortalError::Schema(other)),
    }
}

/// Whether something can't be written for want of rights to do so.
pub(crate) fn is_unwritable(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// Creates the file closed to other users of the machine; SQLite gives the ones
/// beside it the same mode. What goes wrong here SQLite says better.
fn create_closed(path: &Path) {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}

/// Whether there is a portal to be opened, rather than one to be begun.
pub fn is_begun(data: &DataArgs) -> bool {
    data.database_url.is_some() || sqlite_file(data).exists()
}

fn explain(path: &Path, error: StoreError) -> OpenPortalError {
    match error.cause() {
        Some(Cause::NotADatabase) => OpenPortalError::NotADatabase(path.to_owned()),
        Some(Cause::ReadOnly) => OpenPortalError::ReadOnly(path.to_owned()),
        Some(Cause::Unreachable) if path.exists() => OpenPortalError::OutOfReach(path.to_owned(), error),
        _ => OpenPortalError::Database(path.display().to_string(), error),
    }
}

async fn wait_for_postgres(options: PgConnectOptions) -> Result<Db, OpenPortalError> {
    let mut tries = 0;
    loop {
        let cause = match connect(&options, false).await? {
            Ok(db) => return Ok(db),
            Err(cause) => cause,
        };
        tries += 1;
        if tries >= POSTGRES_TRIES {
            return Err(OpenPortalError::PostgresAway(cause));
        }
        if tries == 1 {
            tracing::warn!(host = options.get_host(), port = options.get_port(), %cause, "waiting for PostgreSQL");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// One try; the inner error says why another may succeed.
async fn connect(options: &PgConnectOptions, to_read: bool) -> Result<Result<Db, String>, OpenPortalError> {
    let name = || options.get_database().unwrap_or_else(|| options.get_username()).to_owned();
    let refused = |error| OpenPortalError::Database(options.get_host().to_owned(), error);
    match Db::unsuitable(options).await {
        Ok(None) => {}
        Ok(Some(unsuitable)) => return Err(OpenPortalError::PostgresUnsuitable(name(), unsuitable)),
        Err(StoreError::Unavailable(away)) => return Ok(Err(away.to_string())),
        Err(other) => return Err(refused(other)),
    }
    match Db::postgres(options.clone(), to_read).await {
        Ok(db) => Ok(Ok(db)),
        Err(StoreError::Unavailable(away)) => Ok(Err(away.to_string())),
        Err(other) => Err(refused(other)),
    }
}

async fn open_keyring(data: &DataArgs, db: &Db, now: UnixTime) -> Result<Keyring, OpenPortalError> {
    let sealed = accounts::key_check(db).await?;
    let (key, source) = find_key(data, sealed.is_some())?;
    let previous = another_key(data.previous_key_file.as_deref())?;
    let next = another_key(data.next_key_file.as_deref())?;
    let keyring = Keyring::new(key, previous.into_iter().collect()).before(next);
    let sealed = match sealed {
        Some(sealed) => sealed,
        None => {
            let fresh = keyring.seal(&mut os_rng(), Purpose::KeyCheck, KEY_CHECK.1, KEY_CHECK.0)?;
            accounts::set_up(db, &fresh).await?;
            // Another node may have been quicker, with its own key.
            accounts::key_check(db).await?.unwrap_or(fresh)
        }
    };
    match keyring.open(Purpose::KeyCheck, KEY_CHECK.1, &sealed) {
        Ok(_) => {}
        Err(OpenError::UnknownKey(_) | OpenError::Tampered | OpenError::Malformed) => {
            return Err(OpenPortalError::KeyWrong(source));
        }
    }
    check_secrets(db, &keyring, now).await?;
    if keyring.needs_resealing(&sealed) {
        let fresh = keyring.seal(&mut os_rng(), Purpose::KeyCheck, KEY_CHECK.1, KEY_CHECK.0)?;
        accounts::replace_key_check(db, &fresh).await?;
    }
    Ok(keyring)
}

/// Whoever's secret is sealed with a key that is gone could not sign in, or finish what they set up;
/// without the one for recovery codes nobody's would be right.
async fn check_secrets(db: &Db, keyring: &Keyring, now: UnixTime) -> Result<(), OpenPortalError> {
    let mut shut = 0;
    for prefix in methods::prefixes(db).await? {
        if !keyring.knows(&prefix) {
            shut += methods::count_sealed_with(db, &prefix).await?;
        }
    }
    for (prefix, count) in enrolments::prefixes(db, now.0).await? {
        if !keyring.knows(&prefix) {
            shut += count;
        }
    }
    if recovery::code_secret(db).await?.is_some_and(|sealed| !keyring.knows_the_key_of(&sealed)) {
        shut += 1;
    }
    if shut == 0 { Ok(()) } else { Err(OpenPortalError::SecretsShut(shut)) }
}

/// A key besides the one that seals.
fn another_key(file: Option<&Path>) -> Result<Option<Key>, OpenPortalError> {
    let missing = |file: &Path| OpenPortalError::KeyFile(file.to_owned(), io::ErrorKind::NotFound.into());
    file.map(|file| read_key(file)?.ok_or_else(|| missing(file))).transpose()
}

/// The key and where it comes from. A new one is made only for a new database.
fn find_key(data: &DataArgs, set_up: bool) -> Result<(Key, String), OpenPortalError> {
    if let Some(text) = &data.key {
        let source = "in TWOFOLD_KEY".to_owned();
        return Key::parse(text)
            .map(|key| (key, source.clone()))
            .map_err(|error| OpenPortalError::KeyFormat(source, error));
    }
    let default = data.data_dir.join(KEY_FILE);
    let file = data.key_file.as_ref().unwrap_or(&default);
    let source = format!("in {}", file.display());
    match read_key(file)? {
        Some(key) => Ok((key, source)),
        None if set_up => Err(OpenPortalError::KeyMissing(file.clone())),
        None if data.key_file.is_some() => Err(OpenPortalError::KeyFile(file.clone(), io::ErrorKind::NotFound.into())),
        None => Ok((create_key(file)?, source)),
    }
}

fn read_key(file: &Path) -> Result<Option<Key>, OpenPortalError> {
    match fs::read_to_string(file) {
        Ok(text) => {
            Key::parse(&text).map(Some).map_err(|error| OpenPortalError::KeyFormat(file.display().to_string(), error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(OpenPortalError::KeyFile(file.to_owned(), error)),
    }
}

/// Makes a key that only this user can read; keeps one that another process made meanwhile.
///
/// It is written beside and appears under its name complete, so that nobody
/// ever reads half a key.
fn create_key(file: &Path) -> Result<Key, OpenPortalError> {
    let failed = |error| OpenPortalError::KeyFile(file.to_owned(), error);
    let key = Key::generate(&mut os_rng());
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Closed to other users from the beginning.
    let mut draft = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    draft.write_all(format!("{}\n", key.hex().as_str()).as_bytes()).map_err(failed)?;
    draft.as_file().sync_all().map_err(failed)?;
    match draft.persist_noclobber(file).map_err(|kept| kept.error) {
        Ok(_) => {
            sync_folder(folder).map_err(failed)?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            read_key(file)?.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))
        }
        Err(error) => Err(failed(error)),
    }
}

/// Has a file's name survive a crash as well as what is in it. Where folders
/// can't be opened the file system sees to that itself.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}
