//! The door between the interface and the server's use-cases (server side only).
//!
//! A server function does three things: it obtains a *caller*, calls one method
//! of the [`Portal`], and returns. The caller is a type that proves what was
//! checked: its fields are private to this module and [`Caller::prove`] is the
//! only way to make one, so a use-case that asks for `&Administrator` can't be
//! reached by anybody else.
//!
//! ```text
//! Call ── everyone ───────────────────────────> Visitor
//!   └─ session ── password only ──────────────> SecondFactorPending
//!              ├─ signed in, maybe confined ──> SignedIn
//!              └─ signed in, nothing owed ────> Person ── administrator ──> Administrator
//! any of these, identity proved within 5 minutes ──> SteppedUp<_>
//! ```

mod use_cases;

pub use use_cases::{Accounts, Audit, Mail, People, Policies, Portal, RecoveryCodes, SecondFactor, Sessions, SignIn};

use crate::{
    ApiError,
    account::{Grace, Standing},
    recovery::RecoveryNotice,
    session::SessionState,
};
use std::{
    net::IpAddr,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

/// Where a request comes from.
#[derive(Debug, Clone)]
pub struct Client {
    /// Address of the browser, or of the last proxy that is not trusted.
    pub address: IpAddr,
    /// The `User-Agent` header, shortened.
    pub user_agent: String,
    /// Token of the cookie that marks a browser which signed in before with both factors.
    pub browser_token: Option<String>,
}

/// The facts about a live session, read once per request.
#[derive(Debug, Clone)]
pub struct Session {
    /// Stable id of the session; not the secret in the cookie.
    pub id: String,
    /// The person's id.
    pub user_id: String,
    /// Their name as they wrote it.
    pub user_name: String,
    /// Whether they are an administrator.
    pub administrator: bool,
    /// How far the session has come.
    pub standing: Standing,
    /// Whether a second factor is active.
    pub has_second_factor: bool,
    /// Opened with a temporary access code: good for setting up a new second
    /// factor, which takes the place of all before it.
    pub sets_up_anew: bool,
    /// A second factor is demanded, but not yet.
    pub grace: Option<Grace>,
    /// How long it goes on, and whether identity was proved just now.
    pub state: SessionState,
    /// What it has to say about recovery codes.
    pub recovery_notice: Option<RecoveryNotice>,
}

/// A cookie that the response is to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CookieChange {
    /// A new session token.
    Session(String),
    /// The session is over.
    EndSession,
    /// Marks a browser that signed in with both factors.
    KnownBrowser(String),
    /// What a plain form has to say on the page it leads back to.
    Flash(Flash),
}

/// What a refused plain form carries to the page it leads back to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Flash {
    /// Why it was refused.
    pub problem: ApiError,
    /// The user name that was typed, so that it need not be typed again.
    pub user_name: Option<String>,
    /// For how many days the browser was to be trusted, so that it need not be ticked again.
    #[serde(default)]
    pub trust_days: Option<u32>,
}

impl Flash {
    /// Nothing but the reason.
    pub fn new(problem: ApiError) -> Self {
        Self { problem, user_name: None, trust_days: None }
    }
}

/// One request: where it comes from, what session it belongs to, and what
/// cookies its response will carry.
#[derive(Debug)]
pub struct Call {
    /// Where it comes from.
    pub client: Client,
    session: Result<Session, ApiError>,
    session_ended: bool,
    flash: Option<Flash>,
    cookies: Mutex<Vec<CookieChange>>,
}

impl Call {
    /// A call as the session middleware found it. `session` is
    /// [`ApiError::SignedOut`] when there is none and
    /// [`ApiError::Unavailable`] when that could not be found out.
    pub fn new(client: Client, session: Result<Session, ApiError>, flash: Option<Flash>) -> Self {
        Self { client, session, session_ended: false, flash, cookies: Mutex::default() }
    }

    /// The same when the browser still holds the token of a session that is over.
    pub fn after_session(mut self, ended: bool) -> Self {
        self.session_ended = ended;
        self
    }

    /// The browser had a session that is over, and not because it signed out.
    pub fn session_ended(&self) -> bool {
        self.session_ended
    }

    /// The session, if there is one.
    pub fn session(&self) -> Result<&Session, &ApiError> {
        self.session.as_ref()
    }

    /// What the previous plain form has to say.
    pub fn flash(&self) -> Option<&Flash> {
        self.flash.as_ref()
    }

    /// Has the response carry a cookie.
    pub fn set_cookie(&self, change: CookieChange) {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).push(change);
    }

    /// The cookies for the response.
    pub fn take_cookies(&self) -> Vec<CookieChange> {
        std::mem::take(&mut *self.cookies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A proof of what is known about whoever makes a call.
pub trait Caller: Sized {
    /// Checks the call.
    ///
    /// # Errors
    /// The one thing that the caller must do first.
    fn prove(call: &Arc<Call>) -> Result<Self, ApiError>;
}

/// Anybody.
#[derive(Debug, Clone)]
pub struct Visitor(Arc<Call>);

/// Someone whose password was right and whose code is awaited.
#[derive(Debug, Clone)]
pub struct SecondFactorPending(Bound);

/// Someone signed in, perhaps confined to setting up a second factor.
#[derive(Debug, Clone)]
pub struct SignedIn(Bound);

/// Someone signed in with nothing outstanding.
#[derive(Debug, Clone)]
pub struct Person(Bound);

/// A signed-in administrator with nothing outstanding.
#[derive(Debug, Clone)]
pub struct Administrator(Bound);

/// A caller who proved their identity within the last five minutes.
#[derive(Debug, Clone)]
pub struct SteppedUp<C>(C);

/// A call that belongs to a session.
#[derive(Debug, Clone)]
pub struct Bound {
    call: Arc<Call>,
    session: Session,
}

impl Bound {
    fn prove(call: &Arc<Call>) -> Result<Self, ApiError> {
        let session = call.session().map_err(Clone::clone)?.clone();
        Ok(Self { call: call.clone(), session })
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The call.
    pub fn call(&self) -> &Call {
        &self.call
    }
}

impl Visitor {
    /// The call.
    pub fn call(&self) -> &Call {
        &self.0
    }
}

/// A caller who is known by a session.
pub trait InSession: Caller {
    /// Whether a session makes its caller one of these. A use-case asks once more where the answer may have changed
    /// since the request began.
    ///
    /// # Errors
    /// The one thing that the caller must do first.
    fn admit(session: &Session) -> Result<(), ApiError>;

    /// The call and its session.
    fn bound(&self) -> &Bound;
}

/// A caller who may change what belongs to others.
pub trait Administers: InSession {}

impl Administers for Administrator {}
impl Administers for SteppedUp<Administrator> {}

macro_rules! bound_callers {
    ($($caller:ident: $admit:expr),* $(,)?) => {$(
        impl Deref for $caller {
            type Target = Bound;
            fn deref(&self) -> &Bound {
                &self.0
            }
        }

        impl Caller for $caller {
            fn prove(call: &Arc<Call>) -> Result<Self, ApiError> {
                let bound = Bound::prove(call)?;
                Self::admit(&bound.session)?;
                Ok(Self(bound))
            }
        }

        impl InSession for $caller {
            fn admit(session: &Session) -> Result<(), ApiError> {
                $admit(session)
            }

            fn bound(&self) -> &Bound {
                &self.0
            }
        }
    )*};
}
bound_callers! {
    SecondFactorPending: |session: &Session| match session.standing {
        Standing::SecondFactorRequired => Ok(()),
        Standing::EnrolmentRequired | Standing::Complete => Err(ApiError::SignInExpired),
    },
    SignedIn: |session: &Session| match session.standing {
        Standing::SecondFactorRequired => Err(ApiError::SecondFactorRequired),
        Standing::EnrolmentRequired | Standing::Complete => Ok(()),
    },
    Person: |session: &Session| {
        SignedIn::admit(session)?;
        if session.standing == Standing::Complete { Ok(()) } else { Err(ApiError::EnrolmentRequired) }
    },
    Administrator: |session: &Session| {
        Person::admit(session)?;
        if session.administrator { Ok(()) } else { Err(ApiError::AdministratorRequired) }
    },
}

impl<C> Deref for SteppedUp<C> {
    type Target = C;
    fn deref(&self) -> &C {
        &self.0
    }
}

impl Caller for Visitor {
    fn prove(call: &Arc<Call>) -> Result<Self, ApiError> {
        Ok(Self(call.clone()))
    }
}

impl<C: InSession> Caller for SteppedUp<C> {
    fn prove(call: &Arc<Call>) -> Result<Self, ApiError> {
        let caller = C::prove(call)?;
        Self::admit(caller.bound().session())?;
        Ok(Self(caller))
    }
}

impl<C: InSession> InSession for SteppedUp<C> {
    fn admit(session: &Session) -> Result<(), ApiError> {
        C::admit(session)?;
        if session.state.stepped_up {
            Ok(())
        } else {
            Err(ApiError::StepUpRequired { code: session.has_second_factor })
        }
    }

    fn bound(&self) -> &Bound {
        self.0.bound()
    }
}
