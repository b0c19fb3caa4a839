//! The server's integration tests: each runs on SQLite and on PostgreSQL.

use anyhow::Result;

use super::{
    postgres::{Cluster, POSTGRES_URL},
    unit,
};
use crate::{process, progress::Progress, workspace::Workspace};

pub fn run(workspace: &Workspace, progress: Progress) -> Result<()> {
    progress.stage("Compiling the HTTP tests");
    process::run(unit::product(workspace).args(["--test", "*", "--no-run"]))?;
    progress.stage("Starting a throw-away PostgreSQL");
    let cluster = Cluster::start()?;
    progress.stage("HTTP tests, on SQLite and PostgreSQL");
    process::run(unit::product(workspace).args(["--test", "*"]).env(POSTGRES_URL, cluster.url()))
}
