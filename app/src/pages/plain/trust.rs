//! Why a browser is asked for a code, and the way to be asked less often.

use contract::session::ChallengeReason;
use contract::words::moment::date;
use leptos::prelude::*;
use std::borrow::Cow;

/// Spans that may be chosen besides the longest one.
const SHORTER: [u32; 5] = [1, 7, 14, 30, 60];

/// Why the person is asked, in one sentence.
pub fn reason(because: ChallengeReason) -> Cow<'static, str> {
    Cow::Borrowed(match because {
        ChallengeReason::NewBrowser => "You are asked because you have not signed in with a code in this browser yet.",
        ChallengeReason::NotTrusted => "You are asked because this browser is not trusted.",
        ChallengeReason::TrustEnded { at } => {
            return Cow::Owned(format!("You are asked because this browser’s trust ended on {}.", date(at)));
        }
        ChallengeReason::TrustRemoved => "You are asked because you ended the trust in this browser.",
        ChallengeReason::PasswordChanged => "You are asked because your password was changed.",
        ChallengeReason::SecondFactorChanged => "You are asked because your authenticator was changed.",
        ChallengeReason::RecoveryCodeUsed => "You are asked because a recovery code was used.",
        ChallengeReason::PolicyChanged => "You are asked because the policy changed.",
        ChallengeReason::AccountChanged => "You are asked because an administrator changed your account.",
    })
}

/// The spans that may be chosen, longest first.
fn spans(most: u32) -> impl Iterator<Item = u32> {
    std::iter::once(most).chain(SHORTER.into_iter().rev().filter(move |days| *days < most))
}

/// "1 day", "30 days".
fn in_days(days: u32) -> String {
    format!("{days} {}", if days == 1 { "day" } else { "days" })
}

/// "Do not ask me for N days", or for fewer.
#[component]
pub fn Trust(
    /// Most days that the policy allows.
    most: u32,
    /// What was chosen when the previous attempt was refused.
    chosen: Option<u32>,
) -> impl IntoView {
    let days = chosen.unwrap_or(most);
    let options = spans(most)
        .map(|span| view! { <option value=span selected=span == days>{in_days(span)}</option> })
        .collect_view();
    view! {
        <div class="trust">
            <div class="check">
                <input class="check-box" type="checkbox" id="trust" name="trust" value="true" checked=chosen.is_some() />
                <label class="check-label" for="trust">
                    {format!("Do not ask me for {}", in_days(most))}
                </label>
            </div>
            <label class="days">
                "Then ask again after"
                <select class="input" name="trust_days">
                    {options}
                </select>
            </label>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorter_spans_than_the_longest_can_be_chosen() {
        let offered = |most| spans(most).collect::<Vec<_>>();
        assert_eq!(offered(30), [30, 14, 7, 1]);
        assert_eq!(offered(90), [90, 60, 30, 14, 7, 1]);
        assert_eq!(offered(10), [10, 7, 1]);
        assert_eq!(offered(1), [1]);
    }

    #[test]
    fn the_reason_names_the_day_on_which_trust_ended() {
        let at = 1_777_802_400;
        assert!(reason(ChallengeReason::TrustEnded { at }).contains("trust ended on 3 May 2026"));
    }
}
