//! Slows down whoever tries tokens. Pure: time is passed in.
//!
//! Each wrong token costs its address a second, of which [`FREE`] may be owed; who owes more waits for every answer until
//! it owes no more than that, and who would wait longer than [`LONGEST`] gets none. A right token has to wait, too, or the
//! quick answer would be the one that counts. Bounds: [`ADDRESSES`], of which the one that owes least is forgotten.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

const COST: Duration = Duration::from_secs(1);
const FREE: Duration = Duration::from_secs(20);
const LONGEST: Duration = Duration::from_secs(8);
const ADDRESSES: usize = 4096;

/// Who tries too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    /// When it is worth trying again.
    pub(crate) retry_after: Duration,
}

/// When each address owes nothing any more.
#[derive(Debug, Default)]
pub(crate) struct Tries(HashMap<Option<IpAddr>, Instant>);

impl Tries {
    /// How long who is there has to wait for the answer.
    pub(crate) fn wait(&mut self, from: Option<IpAddr>, is_right: bool, now: Instant) -> Result<Duration, TooMany> {
        let from = from.map(neighbourhood);
        let owes = self.0.get(&from).map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        let owes = if is_right { owes } else { owes + COST };
        let wait = owes.saturating_sub(FREE);
        if wait > LONGEST {
            return Err(TooMany { retry_after: wait - LONGEST });
        }
        if !is_right {
            self.make_room(now);
            self.0.insert(from, now + owes);
        }
        Ok(wait)
    }

    fn make_room(&mut self, now: Instant) {
        if self.0.len() < ADDRESSES {
            return;
        }
        self.0.retain(|_, at| *at > now);
        if self.0.len() >= ADDRESSES
            && let Some(least) = self.0.iter().min_by_key(|(_, at)| **at).map(|(from, _)| *from)
        {
            self.0.remove(&least);
        }
    }
}

/// The addresses that one customer has: of IPv6 a network of 64 bits.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(last: u32) -> Option<IpAddr> {
        Some(std::net::Ipv4Addr::from_bits(last).into())
    }

    #[test]
    fn a_few_wrong_tokens_cost_nothing_then_each_costs_more_until_there_is_no_answer() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        for _ in 0..20 {
            assert_eq!(tries.wait(address(1), false, now), Ok(Duration::ZERO));
        }
        for seconds in 1..=8 {
            assert_eq!(tries.wait(address(1), false, now), Ok(SECOND * seconds));
        }
        let too_many = Err(TooMany { retry_after: SECOND });
        assert_eq!((tries.wait(address(1), false, now), tries.wait(address(1), false, now)), (too_many, too_many));
        assert_eq!(tries.wait(address(1), true, now), Ok(SECOND * 8), "a right one has its turn behind those");
        assert_eq!(tries.wait(address(2), false, now), Ok(Duration::ZERO), "another address pays for itself");
        assert_eq!(tries.wait(address(1), true, now + SECOND * 8), Ok(Duration::ZERO));
        assert_eq!(tries.wait(address(1), false, now + SECOND * 60), Ok(Duration::ZERO));
    }

    #[test]
    fn right_tokens_cost_nothing_and_take_no_memory() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        for _ in 0..100 {
            assert_eq!(tries.wait(None, true, now), Ok(Duration::ZERO));
        }
        assert!(tries.0.is_empty());
    }

    #[test]
    fn a_network_of_64_bits_is_one_that_tries() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        let at = |host: u64| Some(IpAddr::from(Ipv6Addr::from_bits((0x2001_0db8 << 96) | u128::from(host))));
        (0..21).for_each(|host| assert!(tries.wait(at(host), false, now).is_ok()));
        assert_eq!(tries.wait(at(1 << 63), false, now), Ok(SECOND * 2));
    }

    #[test]
    fn so_many_addresses_are_remembered_and_those_that_try_most_longest() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        (0..28).for_each(|_| assert!(tries.wait(address(0), false, now).is_ok()));
        for last in 1..10_000 {
            assert_eq!(tries.wait(address(last), false, now), Ok(Duration::ZERO));
            assert!(tries.0.len() <= ADDRESSES);
        }
        assert!(tries.wait(address(0), false, now).is_err());
    }
}
