//! Who calls: what the server has put beside the request.

use contract::{
    ApiError,
    portal::{Call, Caller, Client, Portal},
};
use leptos::prelude::{expect_context, use_context};
use std::{net::IpAddr, sync::Arc};

/// The call that is being answered. Every page and server function has one.
pub fn current_call() -> Arc<Call> {
    expect_context::<http::request::Parts>().extensions.get::<Arc<Call>>().cloned().unwrap_or_else(|| {
        let client = Client { address: IpAddr::from([0, 0, 0, 0]), user_agent: String::new(), browser_token: None };
        Arc::new(Call::new(client, Err(ApiError::SignedOut), None))
    })
}

/// The portal together with a caller of the kind that the use-case demands.
///
/// # Errors
/// Says what the caller lacks; see [`Caller::prove`].
pub fn caller<C: Caller>() -> Result<(Arc<dyn Portal>, C), ApiError> {
    let portal = use_context::<Arc<dyn Portal>>().ok_or(ApiError::Unavailable)?;
    Ok((portal, C::prove(&current_call())?))
}
