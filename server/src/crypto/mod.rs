//! Cryptography, always by a reviewed crate; here is only how it is put to use.
//!
//! | Need | Module | Primitive |
//! |---|---|---|
//! | session ids and one-time links | [`token`] | 256 random bits, stored as SHA-256 |
//! | passwords, recovery codes | [`password`] | Argon2id, for passwords on a bounded pool |
//! | TOTP secrets at rest | [`secret_box`] | XChaCha20-Poly1305 |

mod hashing_pool;
pub mod password;
pub mod secret_box;
pub mod token;

use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

/// The operating system's generator, the only source of secrets in production.
///
/// It panics if the operating system refuses randomness, which Linux does not
/// do once it has booted: no secret may be made without it.
pub type OsRng = UnwrapErr<SysRng>;

/// A handle to the operating system's generator; it holds no state and costs
/// nothing to make.
pub const fn os_rng() -> OsRng {
    UnwrapErr(SysRng)
}
