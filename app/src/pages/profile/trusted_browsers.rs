//! The section "Trusted browsers".

use super::{
    place::{Place, good, name},
    records::Records,
};
use crate::{
    api::session::{revoke_trusted_browser, revoke_trusted_browsers},
    components::{
        alert::Problem, browser, button::Button, changing::sometimes, hydration::use_hydrated, loaded::FormError,
        moment::Moment,
    },
};
use contract::{Answer, session::TrustedBrowser};
use leptos::{prelude::*, task::spawn_local};

/// What was done here last.
#[derive(Clone, Copy)]
struct Revoking {
    done: RwSignal<Option<&'static str>>,
    pending: RwSignal<bool>,
    form_error: FormError,
    records: Records,
}

impl Revoking {
    /// Carries `revoke` out and says `done`.
    fn run<F: Future<Output = Answer<()>> + 'static>(self, revoke: F, done: &'static str) {
        if self.pending.get_untracked() {
            return;
        }
        self.pending.set(true);
        self.form_error.clear();
        self.done.set(None);
        spawn_local(async move {
            match revoke.await.flatten() {
                Ok(()) => self.done.set(Some(done)),
                Err(problem) => self.form_error.note(problem),
            }
            self.records.refetch();
            self.pending.set(false);
        });
    }
}

/// The browsers in which the person is not asked for a code.
#[component]
pub fn TrustedBrowsers(records: Records) -> impl IntoView {
    let revoking =
        Revoking { done: RwSignal::new(None), pending: RwSignal::new(false), form_error: FormError::new(), records };
    let list = records
        .view(|answers| &answers.trusted_browsers, move |browsers| view! { <List browsers revoking /> }.into_any());
    view! {
        <section class="panel" aria-labelledby="trusted-browsers">
            <h2 class="panel-title" id="trusted-browsers" tabindex="-1">
                "Trusted browsers"
            </h2>
            <p class="muted">"In these you sign in with your password alone; no code is asked for."</p>
            <div role="status">
                {sometimes(move || revoking.done.get().map(good))}
            </div>
            <Problem problem=revoking.form_error.signal() />
            {list}
        </section>
    }
}

#[component]
fn List(browsers: Vec<TrustedBrowser>, revoking: Revoking) -> impl IntoView {
    if browsers.is_empty() {
        return view! {
            <p>
                "You trust no browser: each asks for your code. Where the account policy allows it, you can tick “Do not ask me for N days” when you enter a code."
            </p>
        }
        .into_any();
    }
    let rows = browsers.into_iter().map(|trusted| view! { <Row trusted revoking /> }).collect_view();
    let all = move |_| revoking.run(revoke_trusted_browsers(), "No browser is trusted any more.");
    view! {
        <ul class="places" role="list" aria-label="Trusted browsers">
            {rows}
        </ul>
        <Button pending=revoking.pending on:click=all>
            "Revoke all"
        </Button>
    }
    .into_any()
}

#[component]
fn Row(trusted: TrustedBrowser, revoking: Revoking) -> impl IntoView {
    let TrustedBrowser { id, current, origin, since, until } = trusted;
    let (label, described_by) = (name("Revoke", &origin), format!("browser-{id}"));
    let revoke =
        move |_| revoking.run(revoke_trusted_browser(id.clone()), "That browser is asked for a code from now on.");
    let hydrated = use_hydrated();
    let left = move || hydrated.get().then(|| format!(" ({})", days_left(until, browser::now() / 1_000.0)));
    let facts = view! {
        <span>"Trusted since " <Moment at=since /></span>
        <span>"Until " <Moment at=until /> {left}</span>
    };
    view! {
        <Place id=described_by.clone() origin mark=current.then_some("This browser") facts=facts.into_any()>
            <Button
                pending=revoking.pending
                attr:aria-label=label
                attr:aria-describedby=described_by
                on:click=revoke
            >
                "Revoke"
            </Button>
        </Place>
    }
}

/// "12 days left": a day that has begun counts, so that 30 days are 30 when they are chosen.
fn days_left(until: i64, now: f64) -> String {
    match ((until as f64 - now) / 86_400.0).ceil() as i64 {
        ..=1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_has_begun_counts() {
        assert_eq!(days_left(30 * 86_400, 0.0), "30 days left");
        assert_eq!(days_left(30 * 86_400, 60.0), "30 days left");
        assert_eq!(days_left(86_400 + 1, 0.0), "2 days left");
        assert_eq!(days_left(86_400, 0.0), "1 day left");
        assert_eq!(days_left(86_400, 86_399.0), "1 day left");
    }
}
