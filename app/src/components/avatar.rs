//! A person's picture: their initials on one of twelve colours.

use leptos::prelude::*;

const COLOURS: u32 = 12;

/// The picture that belongs to a user name.
#[component]
pub fn Avatar(
    /// Whose.
    user_name: String,
) -> impl IntoView {
    view! {
        <svg class=format!("avatar avatar-{}", colour(&user_name)) viewBox="0 0 40 40" aria-hidden="true" focusable="false">
            <circle cx="20" cy="20" r="20" />
            <text x="20" y="20" dy=".35em" text-anchor="middle">
                {initials(&user_name)}
            </text>
        </svg>
    }
}

/// Number of the colour: the same name always has the same (FNV-1a).
fn colour(user_name: &str) -> u32 {
    let hash = user_name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash % COLOURS
}

/// First letters of the first and the last part of a name.
fn initials(user_name: &str) -> String {
    let parts = user_name.split(|c: char| !c.is_alphanumeric()).filter_map(|part| part.chars().next());
    let letters: Vec<char> = parts.collect();
    let chosen = match letters.as_slice() {
        [] => vec![],
        [only] => vec![*only],
        [first, .., last] => vec![*first, *last],
    };
    chosen.into_iter().flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_come_from_the_first_and_the_last_part() {
        let cases = [
            ("ada", "A"),
            ("Ada Lovelace", "AL"),
            ("grace.brewster.hopper", "GH"),
            ("jürgen_özil", "JÖ"),
            ("陳 大文", "陳大"),
            ("::", ""),
        ];
        for (name, expected) in cases {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
