//! Everything the interface can ask for, one trait per subject.

use super::{Administrator, Person, SecondFactorPending, SignedIn, SteppedUp, Visitor};
use crate::{
    ApiError,
    account::{Invitation, Standing, Viewer},
    activity::ActivityPage,
    audit_trail::{AuditFilter, AuditPage, ChainState},
    enrolment::{ConfirmedEnrolment, Enrolment, EnrolmentProgress, ExtendedEnrolment, PhoneLink, PhoneSetUp},
    mail::{MailPlace, MailState, TestOutcome},
    mail_address::OwnMail,
    overview::PortalOverview,
    password::PasswordPolicy,
    people::{
        self, ImportReport, IssuedAccessCode, IssuedLinks, NewPerson, PeopleChange, PeopleChanged, PeoplePage,
        PeopleQuery, Wrong,
    },
    policy::{AccountPolicy, EnforcementImpact, VersionedPolicy},
    profile::{Method, SecurityOverview, TwoFactorStatus},
    recovery::{RecoveryCodeEntry, RecoveryCodeSheet},
    reminder::{Missing, MissingPerson, RemindedAll},
    session::{CodeRequest, SessionEntry, SessionState, TrustedBrowser},
};
use async_trait::async_trait;

/// Everything the interface can ask for.
pub trait Portal:
    SignIn + SecondFactor + RecoveryCodes + Sessions + Accounts + People + Policies + Mail + Audit + Send + Sync
{
}

/// Coming in and going out.
#[async_trait]
pub trait SignIn: Send + Sync {
    /// Checks name and password and opens a session.
    async fn sign_in(&self, visitor: &Visitor, user_name: &str, password: String) -> Result<Standing, ApiError>;
    /// Why a code is awaited, and whether the browser may be trusted afterwards.
    async fn code_request(&self, caller: &SecondFactorPending) -> Result<CodeRequest, ApiError>;
    /// Completes a sign-in with a code from the authenticator app. With
    /// `trust_days` this browser is not asked again for so many days, as far as the policy allows it.
    async fn sign_in_with_code(
        &self,
        caller: &SecondFactorPending,
        code: &str,
        trust_days: Option<u32>,
    ) -> Result<(), ApiError>;
    /// Completes a sign-in with a recovery code; answers how many are left.
    async fn sign_in_with_recovery_code(&self, caller: &SecondFactorPending, code: &str) -> Result<u32, ApiError>;
    /// Proves identity again within a session: the password and, when a second
    /// factor is active, the app's code or a recovery code.
    async fn step_up(
        &self,
        caller: &SignedIn,
        password: String,
        code: Option<&str>,
        recovery_code: Option<&str>,
    ) -> Result<(), ApiError>;
    /// Ends the session, if there is one.
    async fn sign_out(&self, visitor: &Visitor) -> Result<(), ApiError>;
}

/// Setting up a second factor, and what becomes of it.
#[async_trait]
pub trait SecondFactor: Send + Sync {
    /// Begins a set-up, or goes on with the one of this session. With
    /// `replaces` the new method takes the place of the one with that id.
    async fn begin_enrolment(
        &self,
        caller: &SteppedUp<SignedIn>,
        replaces: Option<&str>,
    ) -> Result<Enrolment, ApiError>;
    /// Shows the set-up of this session where it stands.
    async fn resume_enrolment(&self, caller: &SteppedUp<SignedIn>) -> Result<Enrolment, ApiError>;
    /// Replaces the secret of this session's set-up.
    async fn renew_enrolment(&self, caller: &SteppedUp<SignedIn>) -> Result<Enrolment, ApiError>;
    /// Gives the pending secret called `id` more time.
    async fn extend_enrolment(&self, caller: &SignedIn, id: &str) -> Result<ExtendedEnrolment, ApiError>;
    /// Checks the confirming code; answers the recovery codes.
    async fn confirm_enrolment(&self, caller: &SignedIn, id: &str, code: &str) -> Result<ConfirmedEnrolment, ApiError>;
    /// Makes the method and its recovery codes active.
    async fn finish_enrolment(&self, caller: &SignedIn, id: &str) -> Result<Method, ApiError>;
    /// Drops this session's set-up, if there is one.
    async fn cancel_enrolment(&self, caller: &SignedIn) -> Result<(), ApiError>;
    /// Makes a link with which a phone takes over the pending secret called `id`; the one before dies.
    async fn continue_on_phone(&self, caller: &SteppedUp<SignedIn>, id: &str) -> Result<PhoneLink, ApiError>;
    /// How far the secret called `id` has come.
    async fn enrolment_progress(&self, caller: &SignedIn, id: &str) -> Result<EnrolmentProgress, ApiError>;
    /// Uses the link up and shows the secret to the phone.
    async fn phone_set_up(&self, visitor: &Visitor, token: &str) -> Result<PhoneSetUp, ApiError>;
    /// How many milliseconds the set-up on the phone still goes on; a refusal says why not.
    async fn phone_set_up_goes_on(&self, visitor: &Visitor, grant: &str) -> Result<i64, ApiError>;
    /// Checks the confirming code on the phone; the recovery codes appear where the set-up was begun.
    async fn confirm_on_phone(&self, visitor: &Visitor, grant: &str, code: &str) -> Result<(), ApiError>;
    /// Goes on in this session without the second factor that will be demanded.
    async fn postpone_set_up(&self, caller: &Person) -> Result<(), ApiError>;
    /// The person's second factor.
    async fn two_factor_status(&self, caller: &Person) -> Result<TwoFactorStatus, ApiError>;
    /// Gives a method another name.
    async fn rename_method(&self, caller: &Person, id: &str, name: &str) -> Result<(), ApiError>;
    /// Removes a method; removing the last one is disabling.
    async fn remove_method(&self, caller: &SteppedUp<Person>, id: &str) -> Result<(), ApiError>;
    /// Switches two-factor authentication off, unless the policy demands it.
    async fn disable_second_factor(&self, caller: &SteppedUp<Person>) -> Result<(), ApiError>;
}

/// Recovery codes after set-up.
#[async_trait]
pub trait RecoveryCodes: Send + Sync {
    /// Replaces the set; the one before is dead when this answers.
    async fn generate_recovery_codes(
        &self,
        caller: &SteppedUp<Person>,
        password: String,
    ) -> Result<RecoveryCodeSheet, ApiError>;
    /// Looks a code up in the current set without spending it.
    async fn check_recovery_code(&self, caller: &Person, code: &str) -> Result<RecoveryCodeEntry, ApiError>;
    /// Says no more about recovery codes in this session.
    async fn dismiss_recovery_notice(&self, caller: &Person) -> Result<(), ApiError>;
}

/// Where a person is signed in.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// How long this session goes on.
    async fn session_state(&self, caller: &SignedIn) -> Result<SessionState, ApiError>;
    /// Puts the end of this session off.
    async fn stay_signed_in(&self, caller: &SignedIn) -> Result<SessionState, ApiError>;
    /// The person's sessions, this one first, then by last use.
    async fn sessions(&self, caller: &Person) -> Result<Vec<SessionEntry>, ApiError>;
    /// Ends another session of the person.
    async fn end_session(&self, caller: &Person, id: &str) -> Result<(), ApiError>;
    /// Ends all sessions of the person but this one.
    async fn end_other_sessions(&self, caller: &Person) -> Result<(), ApiError>;
    /// The browsers in which the person is not asked for a code, this one first, then by last use.
    async fn trusted_browsers(&self, caller: &Person) -> Result<Vec<TrustedBrowser>, ApiError>;
    /// Trusts a browser no longer.
    async fn revoke_trusted_browser(&self, caller: &Person, id: &str) -> Result<(), ApiError>;
    /// Trusts no browser any longer.
    async fn revoke_trusted_browsers(&self, caller: &Person) -> Result<(), ApiError>;
}

/// People and their accounts.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Who is signed in, also while confined to setting up a second factor.
    async fn viewer(&self, caller: &SignedIn) -> Result<Viewer, ApiError>;
    /// What a one-time link is good for.
    async fn invitation(&self, visitor: &Visitor, token: &str) -> Result<Invitation, ApiError>;
    /// Uses a one-time link: creates the first administrator, or sets the
    /// account's password; then opens a session.
    async fn accept_invitation(
        &self,
        visitor: &Visitor,
        token: &str,
        user_name: &str,
        password: String,
    ) -> Result<Standing, ApiError>;
    /// The rules for a new password.
    async fn password_policy(&self, caller: &Person) -> Result<PasswordPolicy, ApiError>;
    /// Replaces the password; every other session and all trusted browsers end.
    async fn change_password(&self, caller: &SteppedUp<Person>, current: String, new: String) -> Result<(), ApiError>;
    /// Where the person gets mail.
    async fn own_mail(&self, caller: &Person) -> Result<OwnMail, ApiError>;
    /// Changes where the person gets mail; an empty address is none.
    async fn change_mail_address(&self, caller: &SteppedUp<Person>, address: &str) -> Result<(), ApiError>;
    /// The person's own security.
    async fn security_overview(&self, caller: &Person) -> Result<SecurityOverview, ApiError>;
    /// The person's own security events, newest first; with `before` those before that entry.
    async fn activity(&self, caller: &Person, before: Option<i64>) -> Result<ActivityPage, ApiError>;
}

/// Other people, for administrators.
#[async_trait]
pub trait People: Send + Sync {
    /// A page of people.
    async fn people(&self, caller: &Administrator, query: PeopleQuery) -> Result<PeoplePage, ApiError>;
    /// Changes one or several people, all or nobody.
    async fn change_people(
        &self,
        caller: &SteppedUp<Administrator>,
        ids: Vec<String>,
        change: PeopleChange,
    ) -> Result<PeopleChanged, ApiError>;
    /// Changes where someone gets mail; an empty address is none. Answers them as they are now.
    async fn set_mail_address(
        &self,
        caller: &SteppedUp<Administrator>,
        person_id: &str,
        address: &str,
    ) -> Result<people::Person, ApiError>;
    /// Adds someone who chooses the password on a one-time link.
    async fn add_person(&self, caller: &SteppedUp<Administrator>, person: NewPerson) -> Result<IssuedLinks, ApiError>;
    /// Checks a list of people, CSV, and adds nobody.
    async fn check_list(&self, caller: &Administrator, list: &str, wrong: Wrong) -> Result<ImportReport, ApiError>;
    /// Adds everybody in a list, or nobody.
    async fn add_people(
        &self,
        caller: &SteppedUp<Administrator>,
        list: &str,
        wrong: Wrong,
    ) -> Result<IssuedLinks, ApiError>;
    /// New one-time links to choose a password; the ones before die.
    async fn renew_links(&self, caller: &SteppedUp<Administrator>, ids: Vec<String>) -> Result<IssuedLinks, ApiError>;
    /// Makes a code that stands in for someone's second factor once.
    async fn issue_access_code(
        &self,
        caller: &SteppedUp<Administrator>,
        person_id: &str,
    ) -> Result<IssuedAccessCode, ApiError>;
    /// Lets someone else's temporary access code count.
    async fn approve_access_code(&self, caller: &SteppedUp<Administrator>, id: &str) -> Result<(), ApiError>;
}

/// The account policy.
#[async_trait]
pub trait Policies: Send + Sync {
    /// The policy in force.
    async fn account_policy(&self, caller: &Administrator) -> Result<VersionedPolicy, ApiError>;
    /// What demanding a second factor would do now.
    async fn enforcement_impact(
        &self,
        caller: &Administrator,
        grace_days: Option<u32>,
    ) -> Result<EnforcementImpact, ApiError>;
    /// Active people without a second factor, by name; with `after` those after an earlier answer.
    async fn missing_second_factors(&self, caller: &Administrator, after: Option<&str>) -> Result<Missing, ApiError>;
    /// Replaces the policy if nobody else changed it since `version`.
    async fn save_account_policy(
        &self,
        caller: &SteppedUp<Administrator>,
        policy: AccountPolicy,
        version: i64,
    ) -> Result<VersionedPolicy, ApiError>;
}

/// Mail that the portal sends, for administrators.
#[async_trait]
pub trait Mail: Send + Sync {
    /// What becomes of the portal's mail; with `after` the list goes on there.
    async fn mail_state(&self, caller: &Administrator, after: Option<MailPlace>) -> Result<MailState, ApiError>;
    /// Sends a message to the caller's own address and waits for what comes of it.
    async fn send_test_mail(&self, caller: &SteppedUp<Administrator>) -> Result<TestOutcome, ApiError>;
    /// Has mail tried again now: one, or with no `id` all that failed.
    async fn try_mail_again(&self, caller: &SteppedUp<Administrator>, id: Option<&str>) -> Result<(), ApiError>;
    /// Throws mail away that was not sent yet.
    async fn discard_mail(&self, caller: &SteppedUp<Administrator>, id: &str) -> Result<(), ApiError>;
    /// Reminds someone to set up a second factor.
    async fn send_reminder(
        &self,
        caller: &SteppedUp<Administrator>,
        person_id: &str,
    ) -> Result<MissingPerson, ApiError>;
    /// What reminding everyone would do now.
    async fn reminder_plan(&self, caller: &Administrator) -> Result<RemindedAll, ApiError>;
    /// Reminds some of those who have no second factor, have an address, and were not reminded within the last day,
    /// and answers how many; everyone is reminded when it is nobody.
    async fn send_all_reminders(&self, caller: &SteppedUp<Administrator>) -> Result<RemindedAll, ApiError>;
}

/// What happened in the portal.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Entries of the audit trail; with `cursor` those that follow that entry in the order of the filter.
    async fn audit_page(
        &self,
        caller: &Administrator,
        filter: AuditFilter,
        cursor: Option<i64>,
    ) -> Result<AuditPage, ApiError>;
    /// Verifies a piece of the chain, after the entry `from` or from the beginning.
    async fn verify_audit_chain(&self, caller: &Administrator, from: Option<i64>) -> Result<ChainState, ApiError>;
    /// How the portal is doing, with the last `days` days.
    async fn portal_overview(&self, caller: &Administrator, days: u32) -> Result<PortalOverview, ApiError>;
}
