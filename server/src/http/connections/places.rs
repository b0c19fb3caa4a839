//! How many connections there may be, in all and of one address.
//!
//! A connection of HTTP/2 takes a place for each of its requests, so that what
//! many streams hold is bounded as well.
//!
//! Whoever comes through a proxy of ours is not bounded by their connections,
//! which are the proxy's: they may have as many requests under way at once.
//!
//! When no place is left, a connection on which the client is waited for gives
//! up its own: one of the address that has most of them, so that whoever opens
//! many pays for it, and of these the one that has been waited for longest.

use super::activity::Activity;
use crate::domain::credentials::client::ClientAddress;
use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Places for connections.
#[derive(Debug)]
pub struct Places {
    most: usize,
    most_per_address: usize,
    /// How long a request may wait for the client and be left alone.
    grace: Duration,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    connections: HashMap<u64, Connection>,
    in_all: usize,
    per_address: HashMap<String, usize>,
    /// Requests of those who come through proxies.
    forwarded: HashMap<String, usize>,
}

#[derive(Debug)]
struct Connection {
    address: String,
    /// It connects for others, as proxies do.
    many: bool,
    requests: usize,
    activity: Arc<Activity>,
    told_to_leave: CancellationToken,
}

/// A place that is taken until this is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    id: u64,
    /// Somebody else has it now.
    pub told_to_leave: CancellationToken,
}

/// What a request holds until this is dropped: the place of its connection, or one more.
#[derive(Debug)]
pub struct Held {
    places: Arc<Places>,
    id: u64,
    /// Whose request it is, if it came through a proxy.
    client: Option<String>,
}

impl Places {
    /// So many in all, and of one address.
    pub fn new(most: usize, most_per_address: usize, grace: Duration) -> Arc<Self> {
        Arc::new(Self { most, most_per_address, grace, taken: Mutex::default() })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place, if need be that of a connection on which the client is waited for.
    /// `many` are those who connect for others, such as proxies.
    pub fn take(self: &Arc<Self>, address: ClientAddress, many: bool, activity: &Arc<Activity>) -> Option<Place> {
        let mut taken = self.taken();
        let address = address.throttle_key();
        self.make_room(&mut taken, &address, many, 0)?;
        let id = taken.next;
        taken.next += 1;
        taken.add(&address);
        let told_to_leave = CancellationToken::new();
        let activity = activity.clone();
        let connection = Connection { address, many, requests: 0, activity, told_to_leave: told_to_leave.clone() };
        taken.connections.insert(id, connection);
        Some(Place { places: self.clone(), id, told_to_leave })
    }

    /// Sees to it that `address` may take a place more, or has no more than so many `beyond` what there are.
    fn make_room(&self, taken: &mut Taken, address: &str, many: bool, beyond: usize) -> Option<()> {
        let own = taken.per_address.get(address).copied().unwrap_or_default();
        if own >= self.most_per_address + beyond && !many {
            taken.clear(Some(address), self.grace)
        } else if taken.in_all >= self.most + beyond {
            taken.clear(None, self.grace)
        } else {
            Some(())
        }
    }
}

impl Place {
    /// For a request that has begun: the first on its connection has its place, every other needs one more,
    /// and may have so many `beyond` what there are. One that came while its connection was told to leave has none.
    /// `client` is whose request a proxy forwards.
    pub fn hold(&self, client: Option<ClientAddress>, beyond: usize) -> Option<Held> {
        let mut taken = self.places.taken();
        let client = client.map(ClientAddress::throttle_key);
        let own = client.as_ref().and_then(|client| taken.forwarded.get(client).copied());
        if own.unwrap_or_default() >= self.places.most_per_address + beyond {
            return None;
        }
        if let Some(connection) = taken.connections.get(&self.id).filter(|connection| connection.requests > 0) {
            let (address, many) = (connection.address.clone(), connection.many);
            self.places.make_room(&mut taken, &address, many, beyond)?;
            taken.add(&address);
        }
        if let Some(connection) = taken.connections.get_mut(&self.id) {
            connection.requests += 1;
        }
        if let Some(client) = &client {
            *taken.forwarded.entry(client.clone()).or_default() += 1;
        }
        Some(Held { places: self.places.clone(), id: self.id, client })
    }
}

impl Taken {
    fn add(&mut self, address: &str) {
        self.in_all += 1;
        *self.per_address.entry(address.to_owned()).or_default() += 1;
    }

    fn subtract(&mut self, address: &str, places: usize) {
        self.in_all -= places;
        subtract(&mut self.per_address, address, places);
    }

    /// Takes what a connection has that waits for its client, of `address` if one is given.
    fn clear(&mut self, address: Option<&str>, grace: Duration) -> Option<()> {
        let of_address = self.connections.iter().filter(|(_, other)| address.is_none_or(|own| other.address == own));
        let waiting =
            of_address.filter_map(|(id, other)| Some((*id, &other.address, other.activity.waits_since(grace)?)));
        let (id, ..) = waiting.max_by_key(|(_, address, since)| (self.per_address.get(*address), Reverse(*since)))?;
        if let Some(leaving) = self.remove(id) {
            leaving.told_to_leave.cancel();
        }
        Some(())
    }

    fn remove(&mut self, id: u64) -> Option<Connection> {
        let gone = self.connections.remove(&id)?;
        self.subtract(&gone.address, gone.requests.max(1));
        Some(gone)
    }
}

fn subtract(counts: &mut HashMap<String, usize>, address: &str, by: usize) {
    if let Some(count) = counts.get_mut(address) {
        *count -= by;
        if *count == 0 {
            counts.remove(address);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Nothing is there any more if somebody else has it.
        drop(self.places.taken().remove(self.id));
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(client) = &self.client {
            subtract(&mut taken.forwarded, client, 1);
        }
        let Some(connection) = taken.connections.get_mut(&self.id) else { return };
        connection.requests -= 1;
        if connection.requests > 0 {
            let address = connection.address.clone();
            taken.subtract(&address, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::bodies::Answer, *};
    use axum::body::Body;
    use std::net::IpAddr;
    use tokio::time::advance;

    fn address(text: &str) -> ClientAddress {
        text.parse::<IpAddr>().unwrap().into()
    }

    const GRACE: Duration = Duration::from_secs(10);

    /// Opens a connection a second after the one before.
    async fn open(places: &Arc<Places>, from: &str) -> (Option<Place>, Arc<Activity>) {
        advance(Duration::from_secs(1)).await;
        let activity = Activity::new();
        (places.take(address(from), false, &activity), activity)
    }

    fn left(place: &Option<Place>) -> bool {
        place.as_ref().unwrap().told_to_leave.is_cancelled()
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_most_gives_up_the_one_that_waited_longest() {
        let places = Places::new(4, 3, GRACE);
        let (other, _) = open(&places, "203.0.113.1").await;
        let (first, activity) = open(&places, "203.0.113.9").await;
        let request = activity.begin();
        let (second, _) = open(&places, "203.0.113.9").await;
        let (third, _) = open(&places, "203.0.113.9").await;
        let (newcomer, _) = open(&places, "203.0.113.2").await;
        assert!(newcomer.is_some());
        assert_eq!([&other, &first, &second, &third].map(left), [false, false, true, false]);
        drop(second);
        // What it left is not left twice.
        let (next, _) = open(&places, "203.0.113.3").await;
        assert!(next.is_some() && left(&third), "the first is still at work");
        drop(request);
        let (another, _) = open(&places, "203.0.113.4").await;
        assert!(another.is_some() && left(&other), "all have one: the one that waited longest");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_thrown_out_while_the_portal_is_at_work() {
        let places = Places::new(2, 2, GRACE);
        let (one, at_work) = open(&places, "203.0.113.1").await;
        let (other, also) = open(&places, "203.0.113.2").await;
        let requests = (at_work.begin(), also.begin());
        assert!(open(&places, "203.0.113.3").await.0.is_none());
        assert!(!left(&one) && !left(&other));
        drop(other);
        assert!(open(&places, "203.0.113.3").await.0.is_some(), "a place is free");
        drop((one, requests));
    }

    #[tokio::test(start_paused = true)]
    async fn one_address_has_its_share_unless_it_stands_for_many() {
        let places = Places::new(100, 2, GRACE);
        let (first, _) = open(&places, "2001:db8::1").await;
        let (second, busy) = open(&places, "2001:db8::2").await;
        let request = busy.begin();
        let (third, third_busy) = open(&places, "2001:db8::3").await;
        assert!(third.is_some() && left(&first), "the neighbours in a /64 are one");
        let third_request = third_busy.begin();
        assert!(open(&places, "2001:db8::4").await.0.is_none());
        assert!(open(&places, "2001:db8:0:1::1").await.0.is_some());
        assert!(places.take(address("2001:db8::4"), true, &Activity::new()).is_some(), "a proxy");
        drop((second, request, third_request));
    }

    #[tokio::test(start_paused = true)]
    async fn who_keeps_the_portal_waiting_is_left_alone_for_a_moment() {
        let places = Places::new(1, 1, GRACE);
        let (stalled, activity) = open(&places, "203.0.113.1").await;
        let answer = Answer::to(activity.begin(), None, Body::from("nobody takes it"));
        for _ in 0..9 {
            assert!(open(&places, "203.0.113.2").await.0.is_none());
        }
        assert!(open(&places, "203.0.113.2").await.0.is_some() && left(&stalled));
        drop(answer);
    }

    #[tokio::test(start_paused = true)]
    async fn each_request_on_a_connection_takes_a_place() {
        let places = Places::new(6, 4, GRACE);
        let (place, activity) = open(&places, "203.0.113.1").await;
        let place = place.unwrap();
        let requests: Vec<_> = (0..6).map(|_| (activity.begin(), place.hold(None, 0))).collect();
        assert_eq!(requests.iter().filter(|(_, held)| held.is_some()).count(), 4, "as many as one address may have");
        assert!(place.hold(None, 1).is_some(), "let go at once");
        let (other, busy) = open(&places, "203.0.113.2").await;
        let request = busy.begin();
        let (another, also) = open(&places, "203.0.113.3").await;
        let second = also.begin();
        assert!(open(&places, "203.0.113.4").await.0.is_none(), "six are taken");
        drop(requests);
        assert!(open(&places, "203.0.113.4").await.0.is_some());
        let rest = Vec::from_iter((0..9).map(|_| (activity.begin(), place.hold(None, 0))));
        assert_eq!(rest.iter().filter(|(_, held)| held.is_some()).count(), 4, "what was let go can be had again");
        drop((other, another, request, second));
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_through_a_proxy_has_as_many_requests_at_once() {
        let places = Places::new(100, 2, GRACE);
        let activity = Activity::new();
        let through = [1, 2].map(|_| places.take(address("10.0.0.1"), true, &activity).unwrap());
        let of = |client, beyond| Some((activity.begin(), through[0].hold(Some(address(client)), beyond)?));
        let first = (of("203.0.113.1", 0).unwrap(), through[1].hold(Some(address("203.0.113.1")), 0).unwrap());
        assert!(of("203.0.113.1", 0).is_none(), "on whichever connection");
        assert!(of("203.0.113.1", 1).is_some(), "let go at once");
        let others = ["203.0.113.2", "2001:db8::1", "2001:db8::2"].map(|client| of(client, 0).unwrap());
        assert!(of("2001:db8::3", 0).is_none(), "the neighbours in a /64 are one");
        drop(first);
        assert!(of("203.0.113.1", 0).is_some(), "what was let go can be had again");
        drop((others, through));
        assert!(places.taken().forwarded.is_empty());
    }
}
