//! The few drawings of the interface. All are decoration: words stand beside them.

use leptos::prelude::*;

/// Twofold's mark: one sheet, folded once, seen as two planes.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path class="mark-near" d="M16 6.5 3.5 3v19.5L16 29z" />
            <path class="mark-far" d="M16 6.5 28.5 3v19.5L16 29z" />
        </svg>
    }
}

/// What an [`Icon`] shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    /// Something is wrong.
    Warning,
    /// Something is right.
    Check,
    /// Not yet right.
    Circle,
    /// The dashboard.
    Dashboard,
    /// The system settings.
    Settings,
    /// Leaving.
    SignOut,
    /// Closing.
    Close,
    /// A phone with an authenticator app.
    Phone,
    /// Leading on.
    Forward,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Self::Warning => {
                "M12 9v4m0 3.5v.01M10.3 4.2 2.9 17a2 2 0 0 0 1.7 3h14.8a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0z"
            }
            Self::Check => "M8 12.5l2.7 2.7L16 9.8M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
            Self::Circle => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
            Self::Dashboard => "M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z",
            Self::Settings => {
                "M4 7h9m5 0h2M4 17h2m5 0h9M15.5 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8.5 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"
            }
            Self::SignOut => {
                "M14 8V5a1 1 0 0 0-1-1H5a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1v-3M9 12h11m0 0-3.5-3.5M20 12l-3.5 3.5"
            }
            Self::Close => "M6 6l12 12M18 6 6 18",
            Self::Phone => {
                "M8 2.5h8a1.5 1.5 0 0 1 1.5 1.5v16a1.5 1.5 0 0 1-1.5 1.5H8A1.5 1.5 0 0 1 6.5 20V4A1.5 1.5 0 0 1 8 2.5zM11 18.5h2"
            }
            Self::Forward => "M5 12h14m0 0-5-5m5 5-5 5",
        }
    }
}

/// A line drawing in the colour of the text around it.
#[component]
pub fn Icon(
    /// What it shows.
    glyph: Glyph,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=glyph.path() />
        </svg>
    }
}
