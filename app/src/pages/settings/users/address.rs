//! What the page shows, as it stands in its URL: so it survives a reload and
//! can be linked to.

use contract::{
    people::{PeopleFilter, PeopleQuery, PeopleSort, PeopleView},
    routes,
};
use leptos_router::params::ParamsMap;

/// Search, filter and order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// As it was typed.
    pub search: String,
    /// Which list, in which order.
    pub view: PeopleView,
}

impl Address {
    /// Reads it from the query of a URL; what is not understood is left out.
    pub fn read(query: &ParamsMap) -> Self {
        let sort = query.get_str("sort").unwrap_or_default();
        let (descending, sort) = match sort.strip_prefix('-') {
            Some(sort) => (true, sort),
            None => (false, sort),
        };
        let sort = PeopleSort::parse(sort);
        Self {
            search: query.get("q").unwrap_or_default(),
            view: PeopleView {
                filter: query.get_str("filter").and_then(PeopleFilter::parse).unwrap_or_default(),
                sort: sort.unwrap_or_default(),
                descending: sort.is_some() && descending,
            },
        }
    }

    /// The URL; what is as usual is left out.
    pub fn url(&self) -> String {
        let Self { search, view: PeopleView { filter, sort, descending } } = self;
        let mut parts = Vec::new();
        if !search.trim().is_empty() {
            parts.push(format!("q={}", routes::encoded(search)));
        }
        if *filter != PeopleFilter::default() {
            parts.push(format!("filter={}", filter.slug()));
        }
        if *sort != PeopleSort::default() || *descending {
            parts.push(format!("sort={}{}", if *descending { "-" } else { "" }, sort.slug()));
        }
        if parts.is_empty() { routes::USERS.to_owned() } else { format!("{}?{}", routes::USERS, parts.join("&")) }
    }

    /// The first page of it.
    pub fn query(&self) -> PeopleQuery {
        PeopleQuery { search: self.search.clone(), view: self.view, after: None }
    }

    /// The same with another filter.
    pub fn filtered(&self, filter: PeopleFilter) -> Self {
        Self { search: self.search.clone(), view: PeopleView { filter, ..self.view } }
    }

    /// The same in the order of a column: times begin with the latest, and a
    /// second choice turns the order round.
    pub fn sorted(&self, sort: PeopleSort) -> Self {
        let descending = if sort == self.view.sort { !self.view.descending } else { sort != PeopleSort::Name };
        Self { search: self.search.clone(), view: PeopleView { sort, descending, ..self.view } }
    }

    /// The same with another search.
    pub fn searching(&self, search: String) -> Self {
        Self { search, view: self.view }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Address {
        let mut query = ParamsMap::new();
        for (name, value) in pairs {
            query.insert((*name).to_owned(), (*value).to_owned());
        }
        Address::read(&query)
    }

    #[test]
    fn what_stands_in_a_url_is_what_it_was_made_from() {
        let usual = Address::default();
        assert_eq!(usual.url(), "/settings/users");
        assert_eq!(read(&[]), usual);
        let address = usual.filtered(PeopleFilter::NoSecondFactor).sorted(PeopleSort::LastSignIn);
        assert_eq!(address.url(), "/settings/users?filter=no-2fa&sort=-last-sign-in");
        assert_eq!(read(&[("filter", "no-2fa"), ("sort", "-last-sign-in")]), address);
        let search = usual.searching("ann & é".to_owned());
        assert_eq!(search.url(), "/settings/users?q=ann%20%26%20%C3%A9");
        assert_eq!(read(&[("q", "ann & é")]), search);
    }

    #[test]
    fn what_is_not_understood_is_left_out() {
        assert_eq!(read(&[("filter", "all"), ("sort", "-size"), ("page", "3")]), Address::default());
    }

    #[test]
    fn choosing_a_column_again_turns_the_order_round() {
        let by_name = Address::default().sorted(PeopleSort::Name);
        assert!(by_name.view.descending);
        assert!(!by_name.sorted(PeopleSort::Name).view.descending);
        assert!(!Address::default().sorted(PeopleSort::Created).sorted(PeopleSort::Created).view.descending);
    }
}
