//! Where a request comes from.
//!
//! Attempts are counted per client address, so the address must be one that the
//! client can't choose. `X-Forwarded-For` is a list to which each proxy appends
//! the peer it saw: only what our own proxies appended can be believed. The
//! walk starts at the peer of the connection and goes through the list from the
//! right for as long as it stands on a trusted proxy.
//!
//! ```text
//!  X-Forwarded-For: 1.1.1.1, 203.0.113.9, 10.0.0.2      peer 10.0.0.1
//!                   (invented) ^ answer     <-trusted       <-trusted
//! ```

use contract::activity::Origin;
use ipnet::IpNet;
use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};
use woothee::parser::Parser;

/// The address of a client, with IPv4 in its own form even when it arrived on
/// an IPv6 socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// What attempts are counted under: an IPv4 address, or the /64 that an
    /// IPv6 customer has all to himself.
    pub fn throttle_key(self) -> String {
        match self.0 {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => {
                let network = Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64));
                format!("{network}/64")
            }
        }
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(ip: IpAddr) -> Self {
        Self(ip.to_canonical())
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The client behind `peer`, given the values of all `X-Forwarded-For` headers
/// in the order they were received, and the networks of our own proxies.
///
/// An entry that can't be read ends the walk at the proxy that reported it, so
/// that a strange header counts against that proxy instead of escaping the
/// count. If every entry is a trusted proxy the answer is the leftmost.
pub fn forwarded_for<'a>(
    header_values: impl DoubleEndedIterator<Item = &'a str>,
    peer: IpAddr,
    trusted: &[IpNet],
) -> IpAddr {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|network| network.contains(&ip));
    let mut known = peer.to_canonical();
    for entry in header_values.rev().flat_map(|value| value.rsplit(',')) {
        if !is_trusted(known) {
            break;
        }
        match parse_entry(entry) {
            Some(ip) => known = ip.to_canonical(),
            None => break,
        }
    }
    known
}

/// An address, as some proxies write it: with brackets around IPv6 and a port
/// behind.
fn parse_entry(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    if let Ok(ip) = entry.parse() {
        return Some(ip);
    }
    if let Ok(socket) = entry.parse::<std::net::SocketAddr>() {
        return Some(socket.ip());
    }
    entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// Where a request came from, in readable form.
pub fn origin(address: &str, user_agent: &str) -> Origin {
    Origin { address: address.to_owned(), browser: readable_browser(user_agent) }
}

/// "Firefox on Linux", from a `User-Agent` header.
pub fn readable_browser(user_agent: &str) -> String {
    let known = |name: &str| (name != "UNKNOWN").then(|| name.to_owned());
    match Parser::new().parse(user_agent).map(|agent| (known(agent.name), known(agent.os))) {
        Some((Some(browser), Some(os))) => format!("{browser} on {os}"),
        Some((Some(one), None) | (None, Some(one))) => one,
        Some((None, None)) | None => "Unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn behind(headers: &[&str], peer: &str) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        forwarded_for(headers.iter().copied(), ip(peer), &trusted).to_string()
    }

    #[test]
    fn without_a_trusted_proxy_the_header_means_nothing() {
        assert_eq!(behind(&["1.1.1.1"], "203.0.113.9"), "203.0.113.9");
        assert_eq!(behind(&[], "10.0.0.1"), "10.0.0.1");
    }

    #[test]
    fn the_walk_ends_at_the_first_address_that_is_not_ours() {
        assert_eq!(behind(&["203.0.113.9"], "10.0.0.1"), "203.0.113.9");
        assert_eq!(behind(&["1.1.1.1, 203.0.113.9, 10.0.0.2"], "10.0.0.1"), "203.0.113.9");
        assert_eq!(behind(&["1.1.1.1", "203.0.113.9,10.0.0.2"], "::ffff:10.0.0.1"), "203.0.113.9");
        assert_eq!(behind(&["10.0.0.3, 10.0.0.2"], "10.0.0.1"), "10.0.0.3");
    }

    #[test]
    fn an_unreadable_entry_counts_against_the_proxy_that_sent_it() {
        for junk in ["unknown", "", "1.1.1.1.1", "evil, ", "[::1", "1.1.1.1 2.2.2.2"] {
            assert_eq!(behind(&[junk], "10.0.0.1"), "10.0.0.1", "{junk}");
        }
        assert_eq!(behind(&["203.0.113.9, junk, 10.0.0.2"], "10.0.0.1"), "10.0.0.2");
    }

    #[test]
    fn ports_and_brackets_are_read() {
        assert_eq!(behind(&["203.0.113.9:4711"], "10.0.0.1"), "203.0.113.9");
        assert_eq!(behind(&["[2001:db8::1]:443"], "fd00::1"), "2001:db8::1");
        assert_eq!(behind(&["[2001:db8::1]"], "fd00::1"), "2001:db8::1");
    }

    #[test]
    fn ipv6_is_counted_by_64_and_mapped_ipv4_as_ipv4() {
        let key = |text: &str| ClientAddress::from(ip(text)).throttle_key();
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:203.0.113.9"), "203.0.113.9");
        assert_eq!(ClientAddress::from(ip("::ffff:1.2.3.4")).to_string(), "1.2.3.4");
    }

    proptest! {
        #[test]
        fn an_untrusted_peer_can_not_choose_its_address(header in "\\PC{0,60}") {
            prop_assert_eq!(behind(&[&header], "203.0.113.9"), "203.0.113.9");
        }

        #[test]
        fn what_a_client_sends_ahead_of_our_proxy_is_ignored(invented in "\\PC{0,60}") {
            let header = format!("{invented}, 203.0.113.9");
            prop_assert_eq!(behind(&[&header], "10.0.0.1"), "203.0.113.9");
        }
    }

    #[test]
    fn browsers_are_named_with_their_system() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        assert_eq!(readable_browser(firefox), "Firefox on Linux");
        assert_eq!(readable_browser("<script>"), "Unknown browser");
        assert_eq!(readable_browser(""), "Unknown browser");
    }
}
