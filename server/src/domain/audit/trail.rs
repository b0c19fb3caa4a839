//! The audit trail: what is recorded, and the chain that shows tampering.
//!
//! Each entry carries a SHA-256 over the hash of the entry before it and its
//! own fields. Whoever changes, removes, inserts or reorders rows would have to
//! recompute every later hash; comparing the newest one with a copy kept
//! elsewhere shows even that.
//!
//! ```text
//!  GENESIS --> H(GENESIS | entry 1) --> H(hash 1 | entry 2) --> ...
//! ```

pub use contract::audit::{AuditEvent, Outcome};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The link before the first entry.
pub const GENESIS: [u8; 32] = [0; 32];

/// Separates these hashes from any other use of SHA-256, and versions the
/// encoding.
const DOMAIN: &[u8] = b"twofold audit entry v1";

/// Everything an entry says, as it is stored. Names are kept beside ids so that
/// an entry still reads after an account is gone.
///
/// Events and outcomes are text here: a trail written by a newer version is
/// verified without knowing all its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryFields<'a> {
    pub id: &'a str,
    /// Milliseconds since the epoch.
    pub occurred_at: i64,
    pub event: &'a str,
    pub outcome: &'a str,
    /// Who did it; nobody known, or the command line, if `None`.
    pub actor_id: Option<&'a str>,
    pub actor_name: Option<&'a str>,
    /// Whom it was done to.
    pub subject_id: Option<&'a str>,
    pub subject_name: Option<&'a str>,
    pub client_address: Option<&'a str>,
    pub user_agent: Option<&'a str>,
    /// More about the event, as JSON. Never a secret.
    pub detail: Option<&'a str>,
}

/// The hash of an entry that follows one whose hash is `previous`.
///
/// Each field is encoded with its length, and its absence with a tag of its
/// own, so no two different entries have the same encoding.
pub fn chain_hash(previous: &[u8; 32], entry: &EntryFields<'_>) -> [u8; 32] {
    // Taking the struct apart makes a field that is added later impossible to
    // forget here.
    let EntryFields {
        id,
        occurred_at,
        event,
        outcome,
        actor_id,
        actor_name,
        subject_id,
        subject_name,
        client_address,
        user_agent,
        detail,
    } = entry;
    let mut hash = Sha256::new();
    put(&mut hash, DOMAIN);
    put(&mut hash, previous);
    put(&mut hash, &occurred_at.to_be_bytes());
    for text in [id, event, outcome] {
        put(&mut hash, text.as_bytes());
    }
    for optional in [actor_id, actor_name, subject_id, subject_name, client_address, user_agent, detail] {
        match optional {
            None => hash.update([0]),
            Some(text) => {
                hash.update([1]);
                put(&mut hash, text.as_bytes());
            }
        }
    }
    hash.finalize().into()
}

fn put(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

/// The chain does not fit at one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the audit trail was altered at or before entry {index}")]
pub struct BrokenChain {
    /// Which of the entries given, counted from zero.
    pub index: u64,
}

/// Recomputes the chain over `entries` in order, each with its stored hash,
/// starting after the link `start`. Returns the last link, to go on with the
/// next page or to compare with a copy.
///
/// # Errors
/// [`BrokenChain`] at the first entry whose stored hash differs.
pub fn verify<'a>(
    start: [u8; 32],
    entries: impl IntoIterator<Item = (EntryFields<'a>, [u8; 32])>,
) -> Result<[u8; 32], BrokenChain> {
    let mut link = start;
    for (index, (entry, stored)) in (0..).zip(entries) {
        link = chain_hash(&link, &entry);
        if link != stored {
            return Err(BrokenChain { index });
        }
    }
    Ok(link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An entry that owns its text.
    #[derive(Clone, Debug, PartialEq)]
    struct Entry {
        occurred_at: i64,
        required: [String; 3],
        optional: [Option<String>; 7],
    }

    impl Entry {
        fn fields(&self) -> EntryFields<'_> {
            let [id, event, outcome] = &self.required;
            let [a, b, c, d, e, f, g] = &self.optional;
            EntryFields {
                id,
                occurred_at: self.occurred_at,
                event,
                outcome,
                actor_id: a.as_deref(),
                actor_name: b.as_deref(),
                subject_id: c.as_deref(),
                subject_name: d.as_deref(),
                client_address: e.as_deref(),
                user_agent: f.as_deref(),
                detail: g.as_deref(),
            }
        }
    }

    prop_compose! {
        fn entry()(
            occurred_at: i64,
            required in proptest::array::uniform3("[a-c]{0,2}"),
            optional in proptest::array::uniform7(proptest::option::of("[a-c]{0,2}")),
        ) -> Entry {
            Entry { occurred_at, required, optional }
        }
    }

    fn hashes(entries: &[Entry]) -> Vec<[u8; 32]> {
        let mut link = GENESIS;
        entries
            .iter()
            .map(|entry| {
                link = chain_hash(&link, &entry.fields());
                link
            })
            .collect()
    }

    fn check(entries: &[Entry], hashes: &[[u8; 32]]) -> Result<[u8; 32], BrokenChain> {
        verify(GENESIS, entries.iter().map(Entry::fields).zip(hashes.iter().copied()))
    }

    #[test]
    fn an_empty_trail_ends_where_it_starts() {
        assert_eq!(verify(GENESIS, []), Ok(GENESIS));
    }

    /// The stored hashes of existing databases depend on this encoding.
    #[test]
    fn the_encoding_never_changes() {
        let entry = EntryFields {
            id: "1",
            occurred_at: 1_700_000_000_000,
            event: "signed_in",
            outcome: "success",
            actor_id: Some("7"),
            actor_name: Some("anna"),
            subject_id: None,
            subject_name: None,
            client_address: Some("203.0.113.9"),
            user_agent: None,
            detail: Some("{}"),
        };
        assert_eq!(
            hex::encode(chain_hash(&GENESIS, &entry)),
            "8a32078bb053cf52b12e3e48885a4bf119a06ec961ca2f65a4fe1a769ec47dd6"
        );
    }

    proptest! {
        #[test]
        fn an_untouched_trail_is_whole(entries in proptest::collection::vec(entry(), 0..8)) {
            let hashes = hashes(&entries);
            prop_assert_eq!(check(&entries, &hashes), Ok(hashes.last().copied().unwrap_or(GENESIS)));
        }

        #[test]
        fn changing_any_entry_breaks_it(
            mut entries in proptest::collection::vec(entry(), 1..8), changed in entry(), at: prop::sample::Index,
        ) {
            let hashes = hashes(&entries);
            let at = at.index(entries.len());
            prop_assume!(entries[at] != changed);
            entries[at] = changed;
            prop_assert_eq!(check(&entries, &hashes), Err(BrokenChain { index: at as u64 }));
        }

        #[test]
        fn swapping_removing_or_inserting_breaks_it(
            entries in proptest::collection::vec(entry(), 2..8), at: prop::sample::Index,
        ) {
            let hashes = hashes(&entries);
            let rows: Vec<_> = entries.iter().cloned().zip(hashes).collect();
            let at = at.index(rows.len() - 1);
            let is_whole = |rows: &[(Entry, [u8; 32])]| {
                verify(GENESIS, rows.iter().map(|(e, h)| (e.fields(), *h))).is_ok()
            };
            let mut swapped = rows.clone();
            swapped.swap(at, at + 1);
            prop_assert!(!is_whole(&swapped));
            let mut removed = rows.clone();
            removed.remove(at);
            prop_assert!(!is_whole(&removed));
            let mut inserted = rows;
            inserted.insert(at, inserted[at + 1].clone());
            prop_assert!(!is_whole(&inserted));
        }

        #[test]
        fn different_entries_hash_differently(a in entry(), b in entry()) {
            prop_assert_eq!(
                a == b,
                chain_hash(&GENESIS, &a.fields()) == chain_hash(&GENESIS, &b.fields())
            );
        }
    }
}
