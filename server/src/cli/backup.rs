//! `twofold backup FILE`: a copy of the SQLite database, also while the portal
//! is being served.
//!
//! The file in the data folder alone is no copy: what was written last stands in
//! the log beside it. SQLite itself writes one that is whole and as of one moment.

use super::{Failure, say, user::expect_begun};
use crate::{
    config::DataArgs,
    open::{copy_sqlite, is_unwritable, sync_folder},
};
use clap::Args;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The file to write; it must not be there yet.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(args: BackupArgs) -> Result<(), Failure> {
    if args.data.database_url.is_some() {
        return Err(Failure("this copies an SQLite database; use pg_dump for PostgreSQL".to_owned()));
    }
    expect_begun(&args.data)?;
    let target = &args.file;
    let failed = |error: io::Error| {
        let remedy = if is_unwritable(&error) { ". Name a file in a folder that this user may write to" } else { "" };
        Failure(format!("the copy {} can't be written: {error}{remedy}", target.display()))
    };
    if target.exists() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Closed to other users, and under its name only when it is whole.
    let draft = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    copy_sqlite(&args.data, draft.path()).await.map_err(Failure::new)?;
    draft.as_file().sync_all().map_err(failed)?;
    draft.persist_noclobber(target).map_err(|kept| failed(kept.error))?;
    sync_folder(folder).map_err(failed)?;
    let bytes = fs::metadata(target).map_err(failed)?.len();
    say(format_args!("copied the database to {}, {bytes} bytes; the encryption key is not in it", target.display()));
    Ok(())
}
