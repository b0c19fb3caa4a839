//! "Verify": whether the chain holds, piece by piece, with its progress.

use crate::{
    api::audit::verify_audit,
    components::{
        alert::{Alert, Notice, Problem, Tone},
        button::Button,
        changing::sometimes,
        loaded::FormError,
    },
};
use contract::{
    audit_trail::{ChainState, Verified},
    number::grouped,
};
use leptos::{prelude::*, task::spawn_local};

/// Verifying, how far it has come, and what came of it.
#[derive(Clone, Copy)]
struct Verification {
    state: RwSignal<Option<ChainState>>,
    running: RwSignal<bool>,
    form_error: FormError,
}

impl Verification {
    fn run(self) {
        if self.running.get_untracked() {
            return self.running.set(false);
        }
        self.running.set(true);
        self.state.set(None);
        self.form_error.clear();
        spawn_local(async move {
            let mut from = None;
            while self.running.try_get_untracked() == Some(true) {
                match verify_audit(from).await {
                    Ok(state) => {
                        from = match &state {
                            ChainState::HoldsSoFar(verified) => Some(verified.through),
                            _ => None,
                        };
                        let _ = self.state.try_set(Some(state));
                        if from.is_none() {
                            break;
                        }
                    }
                    Err(problem) => {
                        if !self.state.is_disposed() {
                            self.form_error.note(problem);
                        }
                        break;
                    }
                }
            }
            let _ = self.running.try_set(false);
        });
    }
}

/// The button, and below everything beside it what came of it.
#[component]
pub fn Verify() -> impl IntoView {
    let verification =
        Verification { state: RwSignal::new(None), running: RwSignal::new(false), form_error: FormError::new() };
    let Verification { state, running, form_error } = verification;
    let progress = sometimes(move || {
        running.get().then(|| {
            let verified = move || match state.get() {
                Some(ChainState::HoldsSoFar(verified)) => verified,
                _ => Verified { after: 0, through: 0, newest: 0 },
            };
            let (done, all) = (
                Signal::derive(move || verified().through - verified().after),
                Signal::derive(move || (verified().newest - verified().after).max(1)),
            );
            view! {
                <p class="verify-progress">
                    <progress aria-label="Entries verified" max=move || all.get().to_string() value=move || done.get().to_string()></progress>
                    <span class="muted">{move || format!("{} entries fit so far", grouped(done.get()))}</span>
                </p>
            }
            .into_any()
        })
    });
    let outcome = sometimes(move || match state.get()? {
        ChainState::Holds { verified, hash } => Some(holds(verified, hash)),
        ChainState::Broken { at, how } => Some(
            view! {
                <Alert>
                    <p>{format!("The chain is broken at entry {at}. {how}")}</p>
                    <p>"Compare it with an export or a backup that was made before."</p>
                </Alert>
            }
            .into_any(),
        ),
        ChainState::HoldsSoFar(_) => None,
    });
    view! {
        <Button on:click=move |_| verification.run()>
            {move || if running.get() { "Stop verifying" } else { "Verify" }}
        </Button>
        <div class="audit-verified">
            {progress}
            <div role="status">{outcome}</div>
            <Problem problem=form_error.signal() />
        </div>
    }
}

fn holds(Verified { after, through, .. }: Verified, hash: String) -> AnyView {
    let words = if through == after {
        "The chain holds. There is no entry yet.".to_owned()
    } else {
        format!("The chain holds: {} entries, from {} to {through}.", grouped(through - after), after + 1)
    };
    view! {
        <Notice tone=Tone::Good>
            <p>{words}</p>
            {(after > 0).then(|| view! { <p>"Older entries were removed as the account policy says, which the trail accounts for."</p> })}
            <p>"Newest hash: " <code translate="no" class="audit-code">{hash}</code></p>
        </Notice>
    }
    .into_any()
}
