//! Reminding everyone at once.

use super::Said;
use crate::{
    api::mail::{fetch_reminder_plan, send_all_reminders},
    components::{
        alert::{Problem, Tone},
        button::Button,
        changing::sometimes,
        confirm::Confirm,
        loaded::FormError,
        step_up::use_step_up,
    },
};
use contract::{number::grouped, reminder::RemindedAll};
use leptos::{prelude::*, task::spawn_local};

/// The button, and the question before it is done.
#[component]
pub fn SendToAll(
    /// What came of it.
    said: Said,
    /// People were reminded.
    done: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (form_error, trouble_with_all, step_up) = (FormError::new(), FormError::new(), use_step_up());
    let (pending, asking) = (RwSignal::new(false), RwSignal::new(None::<RemindedAll>));
    let ask = move |_| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        said.set(None);
        spawn_local(async move {
            match fetch_reminder_plan().await {
                Ok(plan) if plan.reminded == 0 => said.set(Some((Tone::Caution, nobody(plan)))),
                Ok(plan) => asking.set(Some(plan)),
                Err(problem) => form_error.note(problem),
            }
            pending.set(false);
        });
    };
    let send = move || {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        trouble_with_all.clear();
        spawn_local(async move {
            let mut reminded = 0;
            let ended = loop {
                match step_up.run(async || send_all_reminders().await.flatten()).await {
                    Ok(some) if some.reminded == 0 => break Ok(()),
                    // Whoever closes the dialog meanwhile wants no more of it.
                    Ok(some) => {
                        reminded += some.reminded;
                        if asking.try_with_untracked(Option::is_none) != Some(false) {
                            break Ok(());
                        }
                    }
                    Err(problem) => break Err(problem),
                }
            };
            match ended {
                Err(problem) if reminded == 0 => trouble_with_all.note(problem),
                ended => {
                    said.set(Some(match ended {
                        Ok(()) => (Tone::Good, sent(reminded)),
                        Err(problem) => {
                            (Tone::Caution, format!("{} The others were not written to. {problem}", sent(reminded)))
                        }
                    }));
                    let _ = asking.try_set(None);
                    done();
                }
            }
            let _ = pending.try_set(false);
        });
    };
    let leave = move || asking.set(None);
    view! {
        <p class="muted">
            "Send each person the message by mail, or copy it and send it yourself. What could not be sent stands on "
            <a href=contract::routes::MAIL>"Mail"</a> "."
        </p>
        <Button pending on:click=ask>
            "Send to all who are missing"
        </Button>
        <Problem problem=form_error.signal() />
        {sometimes(move || {
            let plan = asking.get()?;
            Some(
                view! {
                    <Confirm
                        id="send-all-title"
                        title="Send to all who are missing"
                        button="Send reminders"
                        pending
                        problem=trouble_with_all.signal()
                        act=send
                        leave
                    >
                        <Plan plan />
                    </Confirm>
                }
                    .into_any(),
            )
        })}
    }
}

/// What will happen.
#[component]
fn Plan(plan: RemindedAll) -> impl IntoView {
    let RemindedAll { reminded, without_address, recently } = plan;
    let gets = if reminded == 1 { "gets" } else { "get" };
    view! {
        <p>
            <strong>{people(reminded)}</strong>
            {format!(" {gets} a mail that names the portal and their own day.")}
        </p>
        {(without_address > 0).then(|| view! { <p>{format!("{} no mail address and {} nothing.", have(without_address), if without_address == 1 { "gets" } else { "get" })}</p> })}
        {(recently > 0).then(|| view! { <p>{format!("{} reminded within the last day and {} left out.", were(recently), if recently == 1 { "is" } else { "are" })}</p> })}
    }
}

fn people(count: u64) -> String {
    match count {
        1 => "One person".to_owned(),
        count => format!("{} people", grouped(count)),
    }
}

fn have(count: u64) -> String {
    format!("{} {}", people(count), if count == 1 { "has" } else { "have" })
}

fn were(count: u64) -> String {
    format!("{} {}", people(count), if count == 1 { "was" } else { "were" })
}

/// Why there is nobody to send to.
fn nobody(plan: RemindedAll) -> String {
    let RemindedAll { without_address, recently, .. } = plan;
    let mut words = "Nobody can be reminded now.".to_owned();
    if without_address > 0 {
        words.push_str(&format!(" {} no mail address.", have(without_address)));
    }
    if recently > 0 {
        words.push_str(&format!(" {} reminded within the last day.", were(recently)));
    }
    words
}

fn sent(count: u64) -> String {
    match count {
        0 => "Someone else has just reminded them all.".to_owned(),
        1 => "One reminder is on its way.".to_owned(),
        count => format!("{} reminders are on their way.", grouped(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_agrees_in_number() {
        let plan = |without_address, recently| RemindedAll { reminded: 0, without_address, recently };
        assert_eq!(
            nobody(plan(1, 2)),
            "Nobody can be reminded now. One person has no mail address. 2 people were reminded within the last day."
        );
        assert_eq!(nobody(plan(0, 1)), "Nobody can be reminded now. One person was reminded within the last day.");
        assert_eq!([sent(1), sent(5)], ["One reminder is on its way.", "5 reminders are on their way."]);
    }
}
