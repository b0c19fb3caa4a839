//! Settings as environment variables, as compose files and shells pass them.

use crate::support::{
    PASSWORD,
    binary::{Serving, run, run_with_input, twofold},
};
use clap::{Args as _, Command};
use std::fs::{self, File};
use twofold::config::ServeArgs;

/// The variables of all flags, and the one that has none.
fn variables() -> Vec<String> {
    let serve = ServeArgs::augment_args(Command::new("serve"));
    let names = serve.get_arguments().filter_map(|arg| arg.get_env()?.to_str().map(str::to_owned));
    let names: Vec<_> = names.chain(["TWOFOLD_LOG".to_owned()]).collect();
    assert!(names.len() > 15 && names.iter().all(|name| name.starts_with("TWOFOLD_")), "{names:?}");
    names
}

#[tokio::test]
async fn a_variable_that_is_set_to_nothing_is_not_set() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let nothing = variables().into_iter().zip(["", " "].into_iter().cycle());
    let needed = [("TWOFOLD_DATA_DIR", folder.path().to_str().unwrap()), ("TWOFOLD_LISTEN", "127.0.0.1:0")];
    let mut add = twofold(folder.path());
    add.envs(nothing.clone()).envs(needed).args(["user", "add", "alice", "--password-stdin"]);
    let (code, said) = run_with_input(&mut add, PASSWORD);
    assert_eq!(code, Some(0), "{said}");
    let mut serve = twofold(folder.path());
    let serving = Serving::start_logging_to(serve.envs(nothing).envs(needed), File::create(&log).unwrap());
    assert!(serving.lets_in("alice", PASSWORD).await);
    assert_eq!(serving.stop(), Some(0));
    assert!(fs::read_to_string(log).unwrap().contains("stopping"), "it logs as usual");
}

#[tokio::test]
async fn a_switch_takes_the_words_that_people_use() {
    for (value, demo) in [("0", false), ("false", false), ("no", false), ("OFF", false), ("1", true), ("Yes", true)] {
        let folder = tempfile::tempdir().unwrap();
        let serving = Serving::start(twofold(folder.path()).env("TWOFOLD_DEMO", value));
        assert_eq!(serving.printed.contains("This is a demo"), demo, "{value}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = run(twofold(folder.path()).arg("serve").env("TWOFOLD_DEMO", "perhaps"));
    assert!(code == Some(2) && said.contains("perhaps"), "{said}");
}

#[tokio::test]
async fn a_comma_too_many_in_a_list_does_no_harm() {
    for proxies in ["10.0.0.0/8, 127.0.0.1,", " , ,10.0.0.0/8,,::1/128 ", ","] {
        let folder = tempfile::tempdir().unwrap();
        let serving = Serving::start(twofold(folder.path()).env("TWOFOLD_TRUSTED_PROXIES", proxies));
        assert_eq!(serving.stop(), Some(0), "{proxies}");
    }
}

#[test]
fn limits_out_of_bounds_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for (variable, value, words) in [
        ("TWOFOLD_MAX_CONNECTIONS", "0", "1 to 1000000"),
        ("TWOFOLD_MAX_CONNECTIONS_PER_ADDRESS", "many", "1 to 1000000"),
        ("TWOFOLD_HEAD_TIMEOUT", "0s", "100ms to 1h"),
        ("TWOFOLD_IDLE_TIMEOUT", "10", "100ms to 1h"),
        ("TWOFOLD_DRAIN_TIMEOUT", "2h", "100ms to 1h"),
    ] {
        let (code, said) = run(twofold(folder.path()).arg("serve").env(variable, value));
        assert!(code == Some(2) && said.contains(words), "{variable}: {said}");
    }
}
