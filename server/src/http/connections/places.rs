//! How many connections there may be, in all and of one address.
//!
//! When no place is left, a connection on which no request is being answered
//! gives up its own: one of the address that has most of them, so that whoever
//! opens many pays for it, and of these the one that has waited longest.

use super::activity::Activity;
use crate::domain::client::ClientAddress;
use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// Places for connections.
#[derive(Debug)]
pub struct Places {
    most: usize,
    most_per_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    connections: HashMap<u64, Connection>,
    per_address: HashMap<String, usize>,
}

#[derive(Debug)]
struct Connection {
    address: String,
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

impl Places {
    /// So many in all, and of one address.
    pub fn new(most: usize, most_per_address: usize) -> Arc<Self> {
        Arc::new(Self { most, most_per_address, taken: Mutex::default() })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place, if need be that of a connection on which nothing happens.
    /// `many` are those who connect for others, such as proxies.
    pub fn take(self: &Arc<Self>, address: ClientAddress, many: bool, activity: &Arc<Activity>) -> Option<Place> {
        let mut taken = self.taken();
        let address = address.throttle_key();
        let own = taken.per_address.get(&address).copied().unwrap_or_default();
        if own >= self.most_per_address && !many {
            taken.clear(Some(&address))?;
        } else if taken.connections.len() >= self.most {
            taken.clear(None)?;
        }
        let id = taken.next;
        taken.next += 1;
        *taken.per_address.entry(address.clone()).or_default() += 1;
        let told_to_leave = CancellationToken::new();
        let connection = Connection { address, activity: activity.clone(), told_to_leave: told_to_leave.clone() };
        taken.connections.insert(id, connection);
        Some(Place { places: self.clone(), id, told_to_leave })
    }
}

impl Taken {
    /// Takes the place of a connection without a request, of `address` if one is given.
    fn clear(&mut self, address: Option<&str>) -> Option<()> {
        let of_address = self.connections.iter().filter(|(_, other)| address.is_none_or(|own| other.address == own));
        let unused = of_address.filter_map(|(id, other)| Some((*id, &other.address, other.activity.unused_since()?)));
        let (id, ..) = unused.max_by_key(|(_, address, since)| (self.per_address.get(*address), Reverse(*since)))?;
        if let Some(leaving) = self.remove(id) {
            leaving.told_to_leave.cancel();
        }
        Some(())
    }

    fn remove(&mut self, id: u64) -> Option<Connection> {
        let gone = self.connections.remove(&id)?;
        if let Some(count) = self.per_address.get_mut(&gone.address) {
            *count -= 1;
            if *count == 0 {
                self.per_address.remove(&gone.address);
            }
        }
        Some(gone)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Nothing is there any more if somebody else has it.
        drop(self.places.taken().remove(self.id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::IpAddr, time::Duration};
    use tokio::time::advance;

    fn address(text: &str) -> ClientAddress {
        text.parse::<IpAddr>().unwrap().into()
    }

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
        let places = Places::new(4, 3);
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
    async fn nobody_is_thrown_out_of_a_request() {
        let places = Places::new(2, 2);
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
        let places = Places::new(100, 2);
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
}
