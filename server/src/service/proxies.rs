//! Proxies that forward requests although they are not trusted.
//!
//! Everybody behind such a proxy has its address, so that the guesses of one
//! are counted against all. Whoever sends `X-Forwarded-For` by themselves looks
//! the same: what is said about it is a question to the operator.

use crate::domain::credentials::client::ClientAddress;
use contract::overview::UntrustedProxy;
use ipnet::IpNet;
use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// What was seen of them since the start.
#[derive(Debug, Default)]
pub struct Proxies(Mutex<Option<Seen>>);

#[derive(Debug)]
struct Seen {
    address: IpAddr,
    setting: String,
}

impl Proxies {
    /// `peer` forwards a request. Said once in the log.
    pub fn saw(&self, peer: IpAddr, trusted: &[IpNet]) {
        let address = ClientAddress::from(peer).ip();
        if trusted.iter().any(|network| network.contains(&address)) {
            return;
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One in the same network is likelier a proxy than somebody far away who pretends.
        if seen.as_ref().is_some_and(|seen| is_near(seen.address) || !is_near(address)) {
            return;
        }
        let trusted = trusted.iter().map(ToString::to_string);
        let setting = trusted.chain([address.to_string()]).collect::<Vec<_>>().join(",");
        tracing::warn!(
            %address,
            "requests are forwarded by an address that is not a trusted proxy: all who come through it count as one. \
             If it is your proxy, start with --trusted-proxies {setting}"
        );
        *seen = Some(Seen { address, setting });
    }

    /// The proxy, for administrators.
    pub fn untrusted(&self) -> Option<UntrustedProxy> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.as_ref().map(|seen| UntrustedProxy { address: seen.address.to_string(), setting: seen.setting.clone() })
    }
}

fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_untrusted_proxy_is_named_with_the_whole_setting() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let proxies = Proxies::default();
        proxies.saw("::ffff:10.1.2.3".parse().unwrap(), &trusted);
        assert_eq!(proxies.untrusted(), None, "it is trusted");
        for (peer, shown) in [
            ("203.0.113.9", "203.0.113.9"),
            ("203.0.113.10", "203.0.113.9"),
            ("::ffff:172.18.0.2", "172.18.0.2"),
            ("192.168.0.1", "172.18.0.2"),
        ] {
            proxies.saw(peer.parse().unwrap(), &trusted);
            let setting = format!("10.0.0.0/8,{shown}");
            assert_eq!(proxies.untrusted(), Some(UntrustedProxy { address: shown.to_owned(), setting }), "{peer}");
        }
    }
}
