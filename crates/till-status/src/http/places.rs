//! How many connections may be open: in all, from one address, and the room that is kept for the
//! listed monitors.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;
use rustix::process::{Resource, getrlimit};

use super::Peer;
use super::limit::network;

/// The connections of the API.
const API: usize = 64;
/// The connections of the till program.
const POS: usize = 16;
const PER_ADDRESS: usize = 8;
/// Several monitors may come from one address, behind a translating router.
const PER_MONITOR: usize = 16;
/// One place in so many is kept for the listed monitors.
const KEPT: usize = 4;
/// Descriptors that connections never take: those of the devices, the listeners, the till program and
/// the state file.
const DESCRIPTORS: usize = 32;
/// So many connections are taken under the smallest limit of descriptors, too.
const LEAST: usize = 8;

/// The places of one or several listeners.
#[derive(Clone, Debug)]
pub(crate) struct Places(Arc<Room>);

#[derive(Debug)]
struct Room {
    all: usize,
    /// Of these, how many only a monitor gets.
    kept: usize,
    monitors: Vec<IpNet>,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place that is given back on drop.
#[derive(Debug)]
pub(super) struct Place {
    room: Arc<Room>,
    address: Option<IpAddr>,
}

impl Places {
    /// Those of the API. Fewer, where the process may open few files: a crowd of clients must not keep
    /// a device from being opened.
    pub(crate) fn api(monitors: &[IpNet]) -> Self {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let free = usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(DESCRIPTORS);
        Self::new(free.clamp(LEAST, API), monitors)
    }

    /// Those of the till program.
    pub(crate) fn pos() -> Self {
        Self::new(POS, &[])
    }

    fn new(all: usize, monitors: &[IpNet]) -> Self {
        let kept = if monitors.is_empty() { 0 } else { all / KEPT };
        Self(Arc::new(Room { all, kept, monitors: monitors.to_vec(), taken: Mutex::default() }))
    }

    /// A place for `peer`, if there is one.
    pub(super) fn take(&self, peer: Peer) -> Option<Place> {
        let room = &self.0;
        let (address, monitor) = match peer {
            Peer::Network(ip) => (Some(network(ip)), listed(&room.monitors, ip)),
            Peer::Local => (None, false),
        };
        let (all, each) = match monitor {
            true => (room.all, PER_MONITOR),
            false => (room.all - room.kept, PER_ADDRESS),
        };
        let mut taken = room.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= all {
            return None;
        }
        if let Some(address) = address {
            let count = taken.by_address.entry(address).or_default();
            if *count >= each {
                return None;
            }
            *count += 1;
        }
        taken.all += 1;
        Some(Place { room: Arc::clone(room), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.room.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        let Some(address) = self.address else { return };
        if let Some(count) = taken.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

/// Is this client in one of the networks?
pub(super) fn listed(networks: &[IpNet], client: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&client))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> Peer {
        Peer::Network(text.parse().unwrap())
    }

    fn strangers(places: &Places, count: u8) -> Vec<Place> {
        let peer = |n: u8| Peer::Network(IpAddr::from([10, 9, 0, n]));
        (0..count).filter_map(|n| places.take(peer(n))).collect()
    }

    #[test]
    fn a_crowd_leaves_the_room_of_the_monitors() {
        let places = Places::new(API, &["10.1.0.0/16".parse().unwrap()]);
        let crowd = strangers(&places, 200);
        assert_eq!(crowd.len(), API - API / KEPT);
        let monitors: Vec<_> = (0..200).filter_map(|_| places.take(client("10.1.2.3"))).collect();
        assert_eq!(monitors.len(), PER_MONITOR);
        assert!(places.take(client("10.1.2.4")).is_none(), "there are no more than all places");
        drop(crowd);
        // A monitor counts, wherever it stands.
        assert_eq!(strangers(&places, 200).len(), API - API / KEPT - PER_MONITOR);
    }

    #[test]
    fn without_a_list_nothing_is_kept() {
        assert_eq!(strangers(&Places::new(API, &[]), 200).len(), API);
    }

    #[test]
    fn one_address_has_eight_and_gets_them_back() {
        let places = Places::new(API, &[]);
        let mut held: Vec<_> = (0..9).filter_map(|_| places.take(client("10.0.0.1"))).collect();
        assert_eq!(held.len(), PER_ADDRESS);
        held.pop();
        held.extend(places.take(client("10.0.0.1")));
        assert_eq!(held.len(), PER_ADDRESS);
        drop(held);
        assert_eq!(places.0.taken.lock().unwrap().by_address.len(), 0);
        assert_eq!(places.0.taken.lock().unwrap().all, 0);
    }

    #[test]
    fn a_host_is_one_address_however_it_writes_itself() {
        let places = Places::new(API, &[]);
        for same in [["2001:db8::1", "2001:db8::2"], ["::ffff:10.0.0.1", "10.0.0.1"]] {
            let peers = same.iter().cycle().take(20);
            let held: Vec<_> = peers.filter_map(|peer| places.take(client(peer))).collect();
            assert_eq!(held.len(), PER_ADDRESS, "{same:?}");
        }
    }
}
