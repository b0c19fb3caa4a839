//! The day from which a second factor will be demanded of whoever is signed in.

use super::{
    alert::{Notice, Tone},
    changing::sometimes,
    moment::Moment,
    signed_in::use_signed_in,
};
use contract::routes;
use leptos::prelude::*;

/// A quiet reminder; nothing where nothing is demanded.
#[component]
pub fn GraceNotice() -> impl IntoView {
    let signed_in = use_signed_in();
    let until = Memo::new(move |_| signed_in.viewer().and_then(|viewer| viewer.grace).map(|grace| grace.until));
    sometimes(move || {
        let until = until.get()?;
        let notice = view! {
            <Notice tone=Tone::Caution>
                <p>
                    "Two-factor authentication will be required of you from " <b>
                        <Moment at=until />
                    </b> " on. " <a href=routes::PROFILE_SECOND_FACTOR>"Set it up now"</a>
                    ", so that it does not stop you then."
                </p>
            </Notice>
        };
        Some(notice.into_any())
    })
}
