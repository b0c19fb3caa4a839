//! A word about recovery codes on every page, until it is heeded or put off.

use super::{
    alert::Problem,
    browser,
    button::Button,
    changing::sometimes,
    icon::{Glyph, Icon},
    loaded::FormError,
    page::HEADING,
    part::Part,
    pending_action::{PendingAction, use_errands},
    signed_in::use_signed_in,
};
use crate::api::recovery::dismiss_recovery_notice;
use contract::{recovery::RecoveryNotice, routes};
use leptos::{prelude::*, task::spawn_local};

/// Says that a recovery code was used or that few are left; nothing otherwise.
///
/// This is only its door: few people see it, and then it is fetched before the page is taken over.
#[component]
pub fn RecoveryBanner(
    /// There is something to say.
    wanted: Memo<bool>,
) -> impl IntoView {
    #[cfg(feature = "ssr")]
    if wanted.get_untracked() {
        leptos::prefetch_lazy_fn_on_server("dialogs");
    }
    sometimes(move || {
        // If it can't be fetched, it comes with the next page.
        wanted.get().then(|| Suspend::new(async move { banner().await.unwrap_or_else(|_| ().into_any()) }).into_any())
    })
}

/// Has the banner ready if the document shows it: nothing that the server
/// rendered can be waited for while the page is being taken over.
pub async fn preload_what_is_shown() {
    #[cfg(not(feature = "ssr"))]
    if browser::shows("banner-title") {
        // Showing it tries again.
        let _ = preload_banner().await;
    }
}

#[leptos::wasm_split::wasm_split(dialogs, wasm_split_path = leptos::wasm_split, preload(preload_banner), fallible)]
fn banner() -> Part {
    let signed_in = use_signed_in();
    let notice = Memo::new(move |before: Option<&Option<RecoveryNotice>>| {
        // Until it is gone, it stays as it was while the portal can't be reached.
        signed_in.viewer().map_or_else(|| before.copied().flatten(), |viewer| viewer.recovery_notice)
    });
    Ok(sometimes(move || notice.get().map(|notice| view! { <Banner notice /> }.into_any())).into_any())
}

#[component]
fn Banner(notice: RecoveryNotice) -> impl IntoView {
    let (signed_in, errands) = (use_signed_in(), use_errands());
    let (form_error, pending) = (FormError::new(), RwSignal::new(false));
    let dismiss = move |_| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        form_error.clear();
        spawn_local(async move {
            match dismiss_recovery_notice().await {
                Ok(()) => {
                    signed_in.refetch();
                    // The button goes away with the banner.
                    browser::focus(HEADING);
                }
                Err(problem) => form_error.note(problem),
            }
            pending.set(false);
        });
    };
    let few = notice.few();
    let replace = notice.used.then(|| {
        view! {
            <a
                href=routes::PROFILE_SECOND_FACTOR
                class=emphasis(!few)
                on:click=move |_| errands.set_out(PendingAction::ReplaceApp)
            >
                "Replace your authentication app"
            </a>
        }
    });
    let renew = view! {
        <a
            href=routes::PROFILE_SECOND_FACTOR
            class=emphasis(few || !notice.used)
            on:click=move |_| errands.set_out(PendingAction::NewCodes)
        >
            "Get new codes"
        </a>
    };
    // What is most pressing comes first.
    let ways = if few { (Some(renew), replace) } else { (replace, Some(renew)) };
    view! {
        <section class="banner" class:banner-problem=few aria-labelledby="banner-title">
            <Icon glyph=Glyph::Warning />
            <div class="banner-text">
                <p class="banner-title" id="banner-title">
                    {headline(notice)}
                </p>
                <p>{advice(notice)}</p>
                <Problem problem=form_error.signal() />
                <div class="actions">
                    {ways}
                    <Button pending on:click=dismiss>"Not now"</Button>
                </div>
            </div>
        </section>
    }
}

const fn emphasis(primary: bool) -> &'static str {
    if primary { "button button-primary" } else { "button" }
}

/// What matters most: few codes, or that one was used.
fn headline(notice: RecoveryNotice) -> String {
    match notice.left {
        0 => "No recovery codes are left.".to_owned(),
        1 => "Only 1 recovery code is left.".to_owned(),
        left if notice.few() => format!("Only {left} recovery codes are left."),
        left => format!("You signed in with a recovery code. {left} are left."),
    }
}

/// Why that matters.
fn advice(notice: RecoveryNotice) -> &'static str {
    match (notice.few(), notice.used) {
        (true, true) => {
            "You signed in with a recovery code. Get a new set while you can; and if your phone is lost, replace your authentication app: until then, whoever has the phone has its codes, too."
        }
        (true, false) => "Without your phone, a recovery code is the only way in. Get a new set while you can.",
        (false, _) => {
            "If your phone is lost, replace your authentication app: until then, whoever has the phone has its codes, too."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_codes_come_first_and_number_and_noun_agree() {
        let words = |left, used| headline(RecoveryNotice { left, used });
        assert_eq!(words(9, true), "You signed in with a recovery code. 9 are left.");
        assert_eq!(words(3, true), "Only 3 recovery codes are left.");
        assert_eq!(words(1, true), "Only 1 recovery code is left.");
        assert_eq!(words(2, false), "Only 2 recovery codes are left.");
        assert_eq!(words(0, true), "No recovery codes are left.");
        assert!(advice(RecoveryNotice { left: 2, used: true }).starts_with("You signed in with a recovery code."));
    }
}
