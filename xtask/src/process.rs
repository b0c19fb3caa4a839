//! Starting other programs so that none outlives its purpose.

use std::{
    path::Path,
    process::{Child, Command, ExitCode, ExitStatus},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

const POLL: Duration = Duration::from_millis(50);
/// How long a program may take to follow a Ctrl-C that reached it too.
const PATIENCE: u32 = 100;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C and SIGTERM end the program that is running, and xtask
/// goes on to tidy up instead of dying on the spot.
pub fn tidy_up_when_interrupted() -> Result<()> {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    if INSTALLED.set(()).is_ok() {
        ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst))?;
    }
    Ok(())
}

pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Runs `command` to its end and fails when it does.
pub fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command.spawn().with_context(|| format!("{name} could not be started"))?;
    let status = wait(child).with_context(|| format!("waiting for {name}"))?;
    if interrupted() {
        bail!("interrupted");
    }
    if !status.success() {
        bail!("`{}` failed ({status})", summary(command));
    }
    Ok(())
}

/// Program and arguments, as far as one line can show them.
fn summary(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

#[expect(
    clippy::disallowed_methods,
    reason = "a child's end and Ctrl-C can only be awaited together by looking at both"
)]
fn wait(mut child: Child) -> Result<ExitStatus> {
    let mut polls_since_interrupt = 0;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if interrupted() {
            polls_since_interrupt += 1;
            if polls_since_interrupt > PATIENCE {
                child.kill()?;
            }
        }
        thread::sleep(POLL);
    }
}

/// Becomes `twofold serve`: signals then reach the server itself, and its exit
/// code is the one the caller sees. Returns only when that fails.
#[cfg(unix)]
pub fn replace_by_server(binary: &Path, args: &[String]) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    let error = Command::new(binary).arg("serve").args(args).exec();
    Err(error).with_context(|| format!("{} could not be started", binary.display()))
}

/// Without `exec` the server runs as a child, and its exit code is passed on.
#[cfg(not(unix))]
pub fn replace_by_server(binary: &Path, args: &[String]) -> Result<ExitCode> {
    let status = Command::new(binary)
        .arg("serve")
        .args(args)
        .status()
        .with_context(|| format!("{} could not be started", binary.display()))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
