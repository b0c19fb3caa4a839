//! Adding people, and the one-time links on which they choose their passwords.

use crate::{
    crypto::token::Token,
    domain::{
        audit::trail::AuditEvent,
        identity::{
            mail_address::needs_utf8,
            people_list::{self, List, ListedPerson},
            user_name::UserName,
        },
        text::spreadsheet::{BYTE_ORDER_MARK, harmless},
    },
    service::{
        Service,
        account::invitation::{INVITATION_LIFETIME, Joining, parse_name},
        error::incident,
        people::changes::in_order,
        session::administration::{Administration, Authority},
    },
    store::{
        Tx,
        account::accounts::{self, UserRow},
        mail::outbox,
    },
};
use contract::{
    ApiError,
    error::UserNameProblem,
    mail_address::MailAddressProblem,
    people::{
        AccessCodeProblem, ImportProblem, ImportReport, IssuedLinks, LineProblem, NewPerson, PersonalLink, Wrong,
    },
    portal::{Administrator, SteppedUp},
    routes,
};
use serde_json::json;

impl Service {
    /// Adds one person with a one-time link.
    pub(crate) async fn add_one(
        &self,
        caller: &SteppedUp<Administrator>,
        person: &NewPerson,
    ) -> Result<IssuedLinks, ApiError> {
        let name = parse_name(&person.name)?;
        let display_name = people_list::display_name(&person.display_name).map_err(ApiError::DisplayName)?;
        let mail_address = self.parse_mail_address(&person.mail_address).await?;
        let person = ListedPerson { line: 1, name, display_name, administrator: person.administrator, mail_address };
        let mut tx = self.administer(Authority::of(caller)).await?.hold_nobody().await?;
        let (added, links) = self.add_listed(&mut tx, &[person]).await?;
        self.record_added(&mut tx, &added).await?;
        tx.commit().await?;
        self.issued(links)
    }

    /// Checks every line of a list; nobody is added.
    pub(crate) async fn check(&self, list: &str, wrong: Wrong) -> Result<ImportReport, ApiError> {
        let people = self.checked(&mut self.db.begin().await?, list, wrong).await?;
        let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
        let administrators = people.iter().filter(|person| person.administrator).count();
        Ok(ImportReport { people: count(people.len()), administrators: count(administrators) })
    }

    /// Adds everybody in a list, or nobody.
    pub(crate) async fn add_all(
        &self,
        authority: Authority<'_>,
        list: &str,
        wrong: Wrong,
    ) -> Result<IssuedLinks, ApiError> {
        let mut tx = self.administer(authority).await?.hold_nobody().await?;
        let mut people = self.checked(&mut tx, list, wrong).await?;
        // Of two lists with the same people one waits for the other, and never in a circle.
        people.sort_by_key(|person| person.name.key());
        let (added, links) = self.add_listed(&mut tx, &people).await.map_err(|problem| match problem {
            // Somebody else has just added one of them. The next look at the list says whom.
            ApiError::UserName(UserNameProblem::Taken) => {
                self.db.note_contended();
                ApiError::Unavailable
            }
            other => other,
        })?;
        self.record_added(&mut tx, &added).await?;
        tx.commit().await?;
        self.issued(links)
    }

    /// Everybody in a list, or all that is wrong with it: names that are taken, too.
    async fn checked(&self, tx: &mut Tx, list: &str, wrong: Wrong) -> Result<Vec<ListedPerson>, ApiError> {
        let List { mut people, names, mut problems } = people_list::read(list);
        let keys: Vec<String> = names.iter().map(|(_, name)| name.key()).collect();
        let taken = accounts::taken(tx, &keys).await?;
        for ((line, _), _) in names.iter().zip(&keys).filter(|(_, key)| taken.contains(*key)) {
            problems.push(LineProblem { line: *line, problem: ImportProblem::Name(UserNameProblem::Taken) });
        }
        people.retain(|person| !taken.contains(&person.name.key()));
        if people.iter().any(|person| needs_utf8(&person.mail_address)) && !outbox::takes_utf8_in(tx).await? {
            let theirs = people.iter().filter(|person| needs_utf8(&person.mail_address));
            let problem = ImportProblem::MailAddress(MailAddressProblem::NotAscii);
            problems.extend(theirs.map(|person| LineProblem { line: person.line, problem }));
            people.retain(|person| !needs_utf8(&person.mail_address));
        }
        problems.sort_by_key(|problem| problem.line);
        match wrong {
            Wrong::LeftOut if !people.is_empty() => Ok(people),
            _ if problems.is_empty() => Ok(people),
            _ => Err(ApiError::Import(problems)),
        }
    }

    async fn add_listed(
        &self,
        tx: &mut Tx,
        people: &[ListedPerson],
    ) -> Result<(Vec<UserRow>, Vec<PersonalLink>), ApiError> {
        let joining: Vec<_> = people.iter().map(ListedPerson::joining).collect();
        let added = self.insert_users(tx, &joining).await?;
        let mut links = Vec::with_capacity(added.len());
        for (user, person) in added.iter().zip(people) {
            let token = self.insert_invitation(tx, Some(&user.id))?;
            links.push(self.link(&person.name, &person.display_name, &token));
        }
        Ok((added, links))
    }

    /// An entry for each of them, last of all. The first administrator closes
    /// the links for becoming one.
    pub(crate) async fn record_added(&self, tx: &mut Administration<'_>, people: &[UserRow]) -> Result<(), ApiError> {
        if people.iter().any(|person| person.administrator) {
            accounts::close_first_administrator(tx, self.now().0).await?;
            accounts::delete_invitations(tx, None).await?;
        }
        let administrator = json!({ "administrator": true }).to_string();
        for person in people {
            let detail = person.administrator.then_some(administrator.as_str());
            tx.record(Some(person.named()), AuditEvent::UserAdded, detail).await?;
        }
        Ok(())
    }

    /// New one-time links; the ones before die.
    pub(crate) async fn make_links(
        &self,
        caller: &SteppedUp<Administrator>,
        ids: Vec<String>,
    ) -> Result<IssuedLinks, ApiError> {
        let ids = in_order(ids)?;
        let mut begun = self.administer(Authority::of(caller)).await?;
        // Whoever uses a one-time link touches it first, too.
        for id in &ids {
            accounts::delete_invitations(begun.first(), Some(id)).await?;
        }
        let mut tx = begun.hold(&ids).await?;
        let people = self.people_of(&mut tx, &ids).await?;
        let mut links = Vec::with_capacity(people.len());
        // Such a link would work once they are let in again.
        if people.iter().any(|person| !person.active) {
            return Err(ApiError::AccessCode(AccessCodeProblem::Deactivated));
        }
        for person in &people {
            let token = self.insert_invitation(&mut tx, Some(&person.id))?;
            links.push(self.link(&parse_name(&person.name)?, "", &token));
        }
        links.sort_by(|one, other| one.name.cmp(&other.name));
        for person in &people {
            tx.record(Some(person.named()), AuditEvent::InvitationIssued, None).await?;
        }
        tx.commit().await?;
        self.issued(links)
    }

    fn link(&self, name: &UserName, display_name: &str, token: &Token) -> PersonalLink {
        PersonalLink {
            name: name.to_string(),
            display_name: display_name.to_owned(),
            url: self.settings.public_url.link(&format!("{}/{}", routes::WELCOME, token.text().as_str())),
        }
    }

    fn issued(&self, links: Vec<PersonalLink>) -> Result<IssuedLinks, ApiError> {
        let file = as_csv(&links).map_err(incident)?;
        Ok(IssuedLinks { links, expires_at: self.now().plus(INVITATION_LIFETIME).0, file })
    }
}

impl ListedPerson {
    fn joining(&self) -> Joining<'_> {
        let Self { name, display_name, mail_address, administrator, .. } = self;
        Joining { name, display_name, mail_address, password_hash: None, administrator: *administrator }
    }
}

/// The links as a file for a spreadsheet, in which no name is a formula.
fn as_csv(links: &[PersonalLink]) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut writer = csv::Writer::from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    writer.write_record(["name", "display name", "link"])?;
    for PersonalLink { name, display_name, url } in links {
        writer.write_record([&*harmless(name), &*harmless(display_name), url])?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_a_formula_and_no_comma_a_column() {
        let link = |name: &str, display_name: &str| PersonalLink {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            url: "https://portal.example/welcome/x".to_owned(),
        };
        let links = [link("=1+1", "Smith, \"Jo\""), link("@sum", "-2"), link("alice", "")];
        let expected = "\u{FEFF}name,display name,link\n\
            '=1+1,\"Smith, \"\"Jo\"\"\",https://portal.example/welcome/x\n\
            '@sum,'-2,https://portal.example/welcome/x\n\
            alice,,https://portal.example/welcome/x\n";
        assert_eq!(as_csv(&links).unwrap(), expected);
    }
}
