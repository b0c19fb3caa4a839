//! Content that the portal is asked for.

use codee::{Decoder, Encoder};
use contract::ApiError;
use leptos::{prelude::*, reactive::computed::ScopedFuture};
use serde::{Serialize, de::DeserializeOwned};

/// Content that comes from the portal, or why it does not.
pub type Fetched<T> = Resource<Result<T, ApiError>, Json>;

/// Asks the portal with `fetch`, and again whenever `key` changes.
///
/// What the server was told already travels in the document.
pub fn fetched<T, K, Answer>(
    key: impl Fn() -> K + Send + Sync + 'static,
    fetch: impl Fn(K) -> Answer + Send + Sync + 'static,
) -> Fetched<T>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    K: PartialEq + Clone + Send + Sync + 'static,
    Answer: Future<Output = Result<T, ApiError>> + Send + 'static,
{
    Resource::new_with_options(key, fetch, false)
}

/// Content of which the first answer has come.
///
/// Untracked: the router would otherwise make the page anew with every later answer.
pub async fn settled<T>(content: Fetched<T>) -> Fetched<T>
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let _ = ScopedFuture::new_untracked(content.into_future()).await;
    content
}

/// JSON, read as the answers of server functions are.
///
/// Leptos' own codec reads from `str` and server functions read from bytes;
/// with both, the program would hold every type's reader twice.
pub struct Json;

impl<T: Serialize> Encoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, serde_json::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, serde_json::Error> {
        serde_json::from_slice(text.as_bytes())
    }
}
