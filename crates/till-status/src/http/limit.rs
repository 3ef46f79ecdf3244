//! How often one client address may ask: a token bucket for each, in bounded memory.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// Token buckets by client address.
#[derive(Debug)]
pub(crate) struct Limiter {
    rate: u32,
    burst: u32,
    buckets: HashMap<IpAddr, Bucket>,
    /// What the addresses share for which there is no room.
    others: Bucket,
}

/// How many addresses are remembered.
const ADDRESSES: usize = 1024;

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Limiter {
    /// `rate` requests a second for each address, `burst` of them at once.
    pub(crate) fn new(rate: u32, burst: u32, now: Instant) -> Self {
        let full = Bucket { tokens: f64::from(burst), at: now };
        Self { rate, burst, buckets: HashMap::new(), others: full }
    }

    /// Takes a token for `client`, or says how long to wait for one.
    pub(crate) fn take(&mut self, client: IpAddr, now: Instant) -> Result<(), Duration> {
        let client = network(client);
        let (rate, burst) = (f64::from(self.rate), f64::from(self.burst));
        if !self.buckets.contains_key(&client) && self.buckets.len() >= ADDRESSES {
            // A bucket that is full again says nothing more than a new one.
            self.buckets.retain(|_, bucket| bucket.level(rate, burst, now) < burst);
        }
        let bucket = if self.buckets.len() < ADDRESSES || self.buckets.contains_key(&client) {
            self.buckets.entry(client).or_insert(Bucket { tokens: burst, at: now })
        } else {
            &mut self.others
        };
        let tokens = bucket.level(rate, burst, now);
        if tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - tokens) / rate));
        }
        *bucket = Bucket { tokens: tokens - 1.0, at: now };
        Ok(())
    }
}

impl Bucket {
    fn level(&self, rate: f64, burst: f64, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        (self.tokens + passed * rate).min(burst)
    }
}

/// One host has a whole /64 of IPv6 addresses.
pub(super) fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u32) -> IpAddr {
        IpAddr::from(n.to_be_bytes())
    }

    #[test]
    fn a_burst_then_the_rate() {
        let start = Instant::now();
        let mut limiter = Limiter::new(10, 20, start);
        for _ in 0..20 {
            assert_eq!(limiter.take(address(1), start), Ok(()));
        }
        let wait = limiter.take(address(1), start).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        assert_eq!(limiter.take(address(2), start), Ok(()), "another address is not concerned");
        assert!(limiter.take(address(1), start + wait / 2).is_err());
        assert_eq!(limiter.take(address(1), start + wait), Ok(()));
        let later = start + Duration::from_secs(60);
        for _ in 0..20 {
            assert_eq!(limiter.take(address(1), later), Ok(()));
        }
        assert!(limiter.take(address(1), later).is_err(), "never more than the burst");
    }

    #[test]
    fn one_request_a_second_always_passes() {
        let start = Instant::now();
        let mut limiter = Limiter::new(1, 1, start);
        for second in 0..100 {
            let now = start + Duration::from_secs(second);
            assert_eq!(limiter.take(address(1), now), Ok(()), "{second}");
        }
    }

    #[test]
    fn memory_is_bounded() {
        let start = Instant::now();
        let mut limiter = Limiter::new(10, 20, start);
        for n in 0..10_000 {
            let _ = limiter.take(address(n), start);
        }
        assert_eq!(limiter.buckets.len(), ADDRESSES);
        assert!(limiter.take(address(20_000), start).is_err(), "the rest share one bucket");
        assert_eq!(limiter.take(address(5), start), Ok(()), "who was known before is served");
        let later = start + Duration::from_secs(3);
        assert_eq!(limiter.take(address(20_000), later), Ok(()));
        assert_eq!(limiter.buckets.len(), 1, "full buckets were forgotten");
    }

    #[test]
    fn one_ipv6_host_is_one_client() {
        let start = Instant::now();
        let mut limiter = Limiter::new(1, 1, start);
        assert!(limiter.take("2001:db8::1".parse().unwrap(), start).is_ok());
        assert!(limiter.take("2001:db8::2".parse().unwrap(), start).is_err());
        assert!(limiter.take("2001:db8:0:1::1".parse().unwrap(), start).is_ok());
        assert!(limiter.take("::ffff:10.0.0.1".parse().unwrap(), start).is_ok());
        assert!(limiter.take("10.0.0.1".parse().unwrap(), start).is_err());
        assert!(limiter.take("::ffff:10.0.0.2".parse().unwrap(), start).is_ok());
    }
}
