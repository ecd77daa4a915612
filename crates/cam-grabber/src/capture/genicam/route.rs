//! Which interface of this machine a camera's packets arrive at, and how fast that is.

use std::fs;
use std::net::Ipv4Addr;

use aravis::prelude::*;
use gio::prelude::*;

use super::bandwidth::Link;

/// Virtual interfaces, and many drivers while the cable is out, name no speed: most cameras' links are gigabit.
const USUAL_MEGABITS: f64 = 1000.0;
/// Flags of a route in the kernel's table.
const UP: u16 = 0x0001;
const REJECT: u16 = 0x0200;

/// The interface towards a camera; `None` within this machine, where no link limits anything. `local` is our own address
/// towards it, which stands for an interface that the routing table does not tell.
pub(super) fn link(camera: Ipv4Addr, local: Ipv4Addr) -> Option<Link> {
    if camera.is_loopback() || camera == local {
        return None;
    }
    let routes = fs::read_to_string("/proc/net/route").unwrap_or_default();
    let interface = interface(&routes, camera);
    let of_interface = |what| fs::read_to_string(format!("/sys/class/net/{}/{what}", interface?)).ok();
    let (speed, mtu) = (of_interface("speed"), of_interface("mtu"));
    Some(Link {
        interface: interface.map_or_else(|| local.to_string(), str::to_owned),
        megabits: speed.as_deref().and_then(megabits).unwrap_or(USUAL_MEGABITS),
        mtu: mtu.and_then(|bytes| bytes.trim().parse().ok()),
    })
}

/// The interface towards an open camera.
pub(super) fn link_of(camera: &aravis::Camera) -> Option<Link> {
    let (camera, local) = addresses(camera)?;
    link(camera, local)
}

/// The address of an open camera, and our own towards it.
pub(super) fn addresses(camera: &aravis::Camera) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let camera = camera.device()?.downcast::<aravis::GvDevice>().ok()?;
    let ip = |address: gio::SocketAddress| {
        address.downcast::<gio::InetSocketAddress>().ok()?.address().to_str().parse::<Ipv4Addr>().ok()
    };
    Some((ip(camera.device_address()?)?, ip(camera.interface_address()?)?))
}

/// Linux says −1 where it does not know.
fn megabits(speed: &str) -> Option<f64> {
    speed.trim().parse().ok().filter(|megabits| *megabits > 0.0)
}

/// By the kernel's table of routes: of those that lead there the closest, and of these the cheapest.
fn interface(routes: &str, to: Ipv4Addr) -> Option<&str> {
    let leading = routes.lines().skip(1).filter_map(Route::read).filter(|route| route.leads_to(to));
    let best = leading.max_by_key(|route| (route.mask.count_ones(), u32::MAX - route.metric));
    best.map(|route| route.interface)
}

struct Route<'a> {
    interface: &'a str,
    destination: u32,
    mask: u32,
    metric: u32,
}

impl<'a> Route<'a> {
    /// Columns: interface, destination, gateway, flags, references, uses, metric, mask. The addresses are the bytes on
    /// the wire, printed as one number of this machine.
    fn read(line: &'a str) -> Option<Self> {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [interface, destination, _, flags, _, _, metric, mask, ..] = columns[..] else { return None };
        let address = |text| Some(u32::from_be_bytes(u32::from_str_radix(text, 16).ok()?.to_ne_bytes()));
        let flags = u16::from_str_radix(flags, 16).ok()?;
        let usable = flags & UP != 0 && flags & REJECT == 0;
        let route =
            Self { interface, destination: address(destination)?, mask: address(mask)?, metric: metric.parse().ok()? };
        usable.then_some(route)
    }

    fn leads_to(&self, address: Ipv4Addr) -> bool {
        u32::from(address) & self.mask == self.destination
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An address as the kernel prints it here.
    fn hex(address: [u8; 4]) -> String {
        format!("{:08X}", u32::from_ne_bytes(address))
    }

    fn table(routes: &[(&str, [u8; 4], u8, &str, u32)]) -> String {
        let header = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n".to_owned();
        routes.iter().fold(header, |table, (interface, to, bits, flags, metric)| {
            let mask = hex(u32::MAX.checked_shl(32 - u32::from(*bits)).unwrap_or(0).to_be_bytes());
            table + &format!("{interface}\t{}\t00000000\t{flags}\t0\t0\t{metric}\t{mask}\t0\t0\t0\n", hex(*to))
        })
    }

    #[test]
    fn the_closest_route_names_the_interface() {
        let routes = table(&[
            ("eth0", [0, 0, 0, 0], 0, "0003", 100),
            ("eth1", [192, 168, 5, 0], 24, "0001", 0),
            ("eth2", [192, 168, 0, 0], 16, "0001", 0),
        ]);
        let to = |last_two: [u8; 2]| interface(&routes, Ipv4Addr::new(192, 168, last_two[0], last_two[1]));
        assert_eq!(to([5, 17]), Some("eth1"));
        assert_eq!(to([6, 17]), Some("eth2"));
        assert_eq!(interface(&routes, Ipv4Addr::new(10, 1, 2, 3)), Some("eth0"));
    }

    #[test]
    fn of_two_link_local_routes_the_cheapest_one_that_is_up_counts() {
        let routes = table(&[
            ("wlan0", [169, 254, 0, 0], 16, "0001", 600),
            ("eth1", [169, 254, 0, 0], 16, "0001", 101),
            ("eth2", [169, 254, 0, 0], 16, "0000", 0),
            ("eth3", [169, 254, 0, 0], 16, "0201", 0),
        ]);
        assert_eq!(interface(&routes, Ipv4Addr::new(169, 254, 9, 9)), Some("eth1"));
    }

    #[test]
    fn a_table_without_a_route_or_of_nonsense_names_none() {
        assert_eq!(interface("", Ipv4Addr::new(10, 0, 0, 1)), None);
        assert_eq!(interface("header\neth0 x y z\n\neth1\t0000", Ipv4Addr::new(10, 0, 0, 1)), None);
    }

    #[test]
    fn a_speed_that_is_not_known_is_none() {
        assert_eq!(megabits("2500\n"), Some(2500.0));
        assert_eq!(megabits("-1\n"), None);
        assert_eq!(megabits(""), None);
    }

    #[test]
    fn within_this_machine_there_is_no_link() {
        assert_eq!(link(Ipv4Addr::new(127, 0, 0, 9), Ipv4Addr::LOCALHOST), None);
        let own = Ipv4Addr::new(192, 0, 2, 7);
        assert_eq!(link(own, own), None);
    }
}
