//! `twofold policy …`

use super::{Failure, operator::operator, say, user::portal};
use crate::config::DataArgs;
use clap::{Args, Subcommand};
use contract::{
    ApiError,
    policy::{AccountPolicy, PolicyProblem, VersionedPolicy},
    policy_value::{PolicyKey, PolicyValue},
};
use serde_json::{Map, Value, json};

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Show every value of the account policy by its key.
    Show {
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Change values of the account policy: all that are named, or none of them.
    Set(SetArgs),
}

#[derive(Debug, Args)]
pub(super) struct SetArgs {
    /// Keys and values in turn, such as: grace-days 14 require-second-factor on
    #[arg(required = true, num_args = 2.., value_name = "KEY VALUE")]
    values: Vec<String>,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(command: PolicyCommand) -> Result<(), Failure> {
    match command {
        PolicyCommand::Show { json, data } => {
            let current = portal(&data).await?.policy_in_force().await.map_err(Failure::new)?;
            say(if json { as_json(&current) } else { as_text(&current.policy) });
            Ok(())
        }
        PolicyCommand::Set(args) => set(args).await,
    }
}

async fn set(args: SetArgs) -> Result<(), Failure> {
    let wanted = read(&args.values)?;
    let service = portal(&args.data).await?;
    let VersionedPolicy { mut policy, version, .. } = service.policy_in_force().await.map_err(Failure::new)?;
    let before = policy.clone();
    for (key, value) in wanted {
        if !key.set(&mut policy, value) {
            return Err(refusal(key));
        }
    }
    if policy == before {
        say("nothing changed: the account policy is so already");
        return Ok(());
    }
    let saved = service.set_policy(&operator(), policy.clone(), version).await;
    let after = saved.map_err(|problem| explain(&problem, &policy))?.policy;
    for key in PolicyKey::ALL.into_iter().filter(|key| key.get(&before) != key.get(&after)) {
        say(format_args!("{}: {} -> {}", key.name(), key.get(&before), key.get(&after)));
    }
    Ok(())
}

/// Keys with their values, as they were typed.
fn read(words: &[String]) -> Result<Vec<(PolicyKey, PolicyValue)>, Failure> {
    let mut wanted: Vec<(PolicyKey, PolicyValue)> = Vec::new();
    for pair in words.chunks(2) {
        let [name, rest @ ..] = pair else { continue };
        let key = PolicyKey::named(name).ok_or_else(|| {
            let names: Vec<&str> = PolicyKey::ALL.iter().map(|key| key.name()).collect();
            Failure(format!("there is no value called {name}; the keys are: {}", names.join(", ")))
        })?;
        let [text] = rest else { return Err(Failure(format!("{name} has no value; it takes {}", key.takes()))) };
        if wanted.iter().any(|(other, _)| *other == key) {
            return Err(Failure(format!("{name} is given twice")));
        }
        wanted.push((key, key.parse(text).ok_or_else(|| refusal(key))?));
    }
    Ok(wanted)
}

fn refusal(key: PolicyKey) -> Failure {
    Failure(format!("{} takes {}; nothing was changed", key.name(), key.takes()))
}

/// Names the keys at fault.
fn explain(problem: &ApiError, policy: &AccountPolicy) -> Failure {
    let ApiError::Policy(fields) = problem else { return Failure::new(problem) };
    let complaints: Vec<String> = PolicyKey::ALL
        .into_iter()
        .filter_map(|key| {
            let field = key.field().filter(|field| fields.contains(field))?;
            Some(match policy.problem(field) {
                Some(PolicyProblem::ShorterThanIdle { hours }) => format!(
                    "{} is shorter than {}: with {} minutes it must be at least {hours}",
                    key.name(),
                    PolicyKey::IdleMinutes.name(),
                    policy.sessions.idle_minutes
                ),
                _ => format!("{} takes {}", key.name(), key.takes()),
            })
        })
        .collect();
    Failure(format!("{}; nothing was changed", complaints.join("; ")))
}

fn as_text(policy: &AccountPolicy) -> String {
    let width = PolicyKey::ALL.iter().map(|key| key.name().len()).max().unwrap_or(0);
    let line = |key: PolicyKey| {
        let value = key.get(policy).to_string();
        format!("{:width$}  {value:<6}  {} ({})", key.name(), key.label(), key.takes())
    };
    PolicyKey::ALL.map(line).join("\n")
}

/// An object with a value for each key; a lock that does not end by itself is null.
fn as_json(current: &VersionedPolicy) -> String {
    let value = |value| match value {
        PolicyValue::Number(number) => json!(number),
        PolicyValue::Switch(on) => json!(on),
        PolicyValue::Never => Value::Null,
    };
    let values: Map<String, Value> =
        PolicyKey::ALL.into_iter().map(|key| (key.name().to_owned(), value(key.get(&current.policy)))).collect();
    format!("{:#}", Value::Object(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn what_is_wrong_is_said_with_the_key_and_its_bounds() {
        let refused = |text: &str| read(&words(text)).unwrap_err().to_string();
        assert!(refused("idle 5").starts_with("there is no value called idle; the keys are: minimum-length,"));
        assert_eq!(
            refused("idle-minutes 5 grace-days"),
            "grace-days has no value; it takes a whole number from 0 to 60"
        );
        assert!(refused("require-number 1").starts_with("require-number takes on or off"));
        assert!(refused("lock-minutes soon").contains("from 1 to 10,080, or never"));
        assert_eq!(refused("idle-minutes 5 idle-minutes 6"), "idle-minutes is given twice");
    }

    #[test]
    fn several_values_are_read_at_once() {
        let read = read(&words("lock-minutes never require-second-factor on grace-days 14")).unwrap();
        let expected = [
            (PolicyKey::LockMinutes, PolicyValue::Never),
            (PolicyKey::RequireSecondFactor, PolicyValue::Switch(true)),
            (PolicyKey::GraceDays, PolicyValue::Number(14)),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn every_value_is_shown_by_its_key() {
        let policy = AccountPolicy::default();
        let (text, current) = (as_text(&policy), VersionedPolicy { policy, version: 1, changed: None });
        let json: Value = serde_json::from_str(&as_json(&current)).unwrap();
        for key in PolicyKey::ALL {
            assert!(text.lines().any(|line| line.starts_with(key.name())), "{key:?}");
            assert!(json.get(key.name()).is_some(), "{key:?}");
        }
        assert_eq!((json["idle-minutes"].clone(), json["require-number"].clone()), (json!(30), json!(true)));
    }
}
