//! How much of a network link cameras need, and how they share it. Pure.
//!
//! A camera sends the packets of a frame as fast as its cable takes them. Where several cameras meet in one link, their
//! bursts do not fit through it and the switch drops packets, even if the link could carry the mean. So each camera is
//! told to pause between its packets, just as long that all of them together stay within what the link carries.

/// The part of a link that cameras can use in practice: 820 of 1000 Mb/s.
const USABLE: f64 = 0.82;
/// GVSP, UDP and IP headers are within a packet's size; Ethernet's header, checksum, preamble and gap are not.
const HEADERS: u32 = 8 + 8 + 20;
const ETHERNET: u32 = 14 + 4 + 8 + 12;
/// A frame begins with a leader packet and ends with a trailer packet, with some 80 bytes of contents together.
const LEADER_AND_TRAILER: u32 = 2 * (HEADERS + ETHERNET) + 80;
/// What a camera that does not name its rate is taken for.
const USUAL_FPS: f64 = 30.0;
/// The largest packet that every network takes.
const ETHERNET_MTU: u32 = 1500;
/// The size that network cards and switches mean by jumbo packets.
const JUMBO: u32 = 9000;

/// What one camera puts on its link.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Demand {
    /// What a person calls the camera.
    pub(super) camera: String,
    /// With all that goes around the pictures.
    pub(super) bits_a_second: f64,
    frame_bits: f64,
    /// Of one packet on the wire.
    packet_bits: f64,
    /// Bytes of a frame.
    payload: u32,
    fps: f64,
}

impl Demand {
    /// Of a camera that sends frames of `payload` bytes in packets of `packet` bytes, `fps` of them a second.
    pub(super) fn new(camera: String, payload: u32, packet: u32, fps: Option<f64>) -> Self {
        let packets = payload.div_ceil(packet.saturating_sub(HEADERS).max(1));
        let frame = f64::from(payload) + f64::from(packets) * f64::from(HEADERS + ETHERNET);
        let frame_bits = 8.0 * (frame + f64::from(LEADER_AND_TRAILER));
        let packet_bits = 8.0 * f64::from(packet + ETHERNET);
        Self { camera, bits_a_second: 0.0, frame_bits, packet_bits, payload, fps: USUAL_FPS }.at(fps)
    }

    /// At another rate.
    pub(super) fn at(self, fps: Option<f64>) -> Self {
        let fps = fps.filter(|fps| *fps > 0.0).unwrap_or(USUAL_FPS);
        Self { bits_a_second: fps * self.frame_bits, fps, ..self }
    }

    /// The same camera with packets of this size.
    fn in_packets_of(&self, bytes: u32) -> Self {
        Self::new(self.camera.clone(), self.payload, bytes, Some(self.fps))
    }
}

/// Where cameras meet: an interface of this machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Link {
    pub(super) interface: String,
    pub(super) megabits: f64,
    /// The largest packet that it takes, in bytes, where that is known.
    pub(super) mtu: Option<u32>,
}

impl Link {
    fn budget(&self) -> f64 {
        USABLE * 1e6 * self.megabits
    }

    /// The pause in ns after each packet of a camera that shares this link with others; `all` holds its demand too. Each
    /// gets its share of the budget by what it needs.
    pub(super) fn packet_delay_ns(&self, own: &Demand, all: &[&Demand]) -> u64 {
        let share = self.budget() * own.bits_a_second / total(all);
        // A camera's own cable is a gigabit's, whatever the interface behind the switch is.
        let cable = 1e6 * self.megabits.min(1000.0);
        (1e9 * (own.packet_bits / share - own.packet_bits / cable)).max(0.0) as u64
    }

    /// What to say where the link does not carry all that the cameras send.
    pub(super) fn shortage(&self, all: &[&Demand]) -> Option<String> {
        let need = total(all);
        if need <= self.budget() {
            return None;
        }
        let each: Vec<String> =
            all.iter().map(|demand| format!("{} {}", demand.camera, mb(demand.bits_a_second))).collect();
        Some(format!(
            "the GigE Vision cameras on {} need {}, and {} is what its {:.0} Mb/s carry in practice: {}; they will send \
             fewer frames or lose some. What helps: {}their width or height, choose a pixel_format of 8 bits, or move one \
             to an interface of its own",
            self.interface,
            mb(need),
            mb(self.budget()),
            self.megabits,
            each.join(", "),
            self.larger_packets(all).unwrap_or_default() + &self.lower_rates(all),
        ))
    }

    /// The command for larger packets, which need less around the pictures, where that is enough.
    fn larger_packets(&self, all: &[&Demand]) -> Option<String> {
        let jumbo: Vec<Demand> = all.iter().map(|demand| demand.in_packets_of(JUMBO)).collect();
        let enough = total(&jumbo.iter().collect::<Vec<_>>()) <= self.budget();
        (enough && self.mtu? < JUMBO).then(|| {
            format!(
                "run `ip link set dev {} mtu {JUMBO}` as root, where cameras and switches take such packets (and no \
                 packet_size is configured); or ",
                self.interface
            )
        })
    }

    /// The rates with which they fit, all of them slower by the same part.
    fn lower_rates(&self, all: &[&Demand]) -> String {
        let part = self.budget() / total(all);
        let rates: Vec<String> = all
            .iter()
            .map(|demand| format!("`fps = {:.1}` for {}", (10.0 * part * demand.fps).floor() / 10.0, demand.camera))
            .collect();
        format!("set {}; or lower ", rates.join(", "))
    }
}

/// What to do where not one frame of a camera comes whole, which sends packets of so many bytes over this link.
pub(super) fn advice_on_losses(packet: u32, link: Option<&Link>) -> String {
    match link {
        Some(Link { interface, mtu: Some(mtu), .. }) if *mtu < packet => format!(
            "its packets of {packet} bytes are larger than {interface} takes: run `ip link set dev {interface} mtu \
             {packet}` as root, or set packet_size = {mtu}"
        ),
        _ if packet > ETHERNET_MTU => format!(
            "something on the way may not take its packets of {packet} bytes: set packet_size = {ETHERNET_MTU}, or let \
             the switch pass jumbo packets"
        ),
        _ => {
            "packets get lost on the way: look at cable and switch, lower its fps, or set a packet_delay_ns".to_owned()
        }
    }
}

fn total(all: &[&Demand]) -> f64 {
    all.iter().map(|demand| demand.bits_a_second).sum()
}

fn mb(bits_a_second: f64) -> String {
    format!("{:.0} Mb/s", bits_a_second / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gigabit() -> Link {
        Link { interface: "eth1".into(), megabits: 1000.0, mtu: Some(1500) }
    }

    fn vga(camera: &str, fps: f64) -> Demand {
        Demand::new(camera.into(), 640 * 480, 1500, Some(fps))
    }

    /// Bits a second that a camera puts on the wire while it sends a frame with this pause.
    fn speed(demand: &Demand, delay_ns: u64) -> f64 {
        demand.packet_bits / (demand.packet_bits / 1e9 + delay_ns as f64 / 1e9)
    }

    #[test]
    fn a_demand_is_the_pictures_with_all_headers() {
        // 307200 bytes in 210 packets of 1464 bytes each, with 74 bytes around them, and leader and trailer.
        let frame = 307_200.0 + 210.0 * 74.0 + 228.0;
        assert_eq!(vga("a", 100.0).bits_a_second, 100.0 * 8.0 * frame);
        assert_eq!(vga("a", 100.0).packet_bits, 8.0 * 1538.0);
    }

    #[test]
    fn jumbo_packets_need_less() {
        let jumbo = Demand::new("a".into(), 640 * 480, 9000, Some(100.0));
        assert!(jumbo.bits_a_second < 0.97 * vga("a", 100.0).bits_a_second);
    }

    #[test]
    fn cameras_together_send_as_fast_as_the_link_carries_and_each_by_its_need() {
        let (fast, slow) = (vga("fast", 200.0), vga("slow", 50.0));
        let all = [&fast, &slow];
        let speeds = all.map(|demand| speed(demand, gigabit().packet_delay_ns(demand, &all)));
        assert!((speeds.iter().sum::<f64>() / 1e6 - 820.0).abs() < 1.0, "{speeds:?}");
        assert!((speeds[0] / speeds[1] - 4.0).abs() < 0.01, "{speeds:?}");
        assert!(speeds.iter().zip(all).all(|(speed, demand)| *speed >= demand.bits_a_second), "{speeds:?}");
    }

    #[test]
    fn a_link_of_ten_gigabits_asks_for_no_pause_of_two_gigabit_cameras() {
        let link = Link { megabits: 10_000.0, ..gigabit() };
        let (one, other) = (vga("one", 300.0), vga("other", 300.0));
        assert_eq!(link.packet_delay_ns(&one, &[&one, &other]), 0);
    }

    #[test]
    fn a_slow_link_is_reckoned_with_its_own_speed() {
        let link = Link { megabits: 100.0, ..gigabit() };
        let (one, other) = (vga("one", 10.0), vga("other", 10.0));
        let delay = link.packet_delay_ns(&one, &[&one, &other]);
        let on_its_cable = one.packet_bits / (one.packet_bits / 100e6 + delay as f64 / 1e9);
        assert!((on_its_cable / 1e6 - 41.0).abs() < 0.1, "{on_its_cable}");
    }

    #[test]
    fn a_link_that_does_not_suffice_is_said_with_cameras_need_and_budget() {
        let cameras = [vga("camera 0 (Gate)", 150.0), vga("camera 1 (Yard)", 100.0), vga("camera 2 (Hall)", 100.0)];
        let all: Vec<&Demand> = cameras.iter().collect();
        let said = gigabit().shortage(&all).unwrap();
        for words in
            ["on eth1 need 904 Mb/s", "820 Mb/s is what its 1000 Mb/s carry", "camera 0 (Gate) 388 Mb/s", "lower"]
        {
            assert!(said.contains(words), "{words} in {said}");
        }
        assert_eq!(gigabit().shortage(&all[1..]), None);
    }

    #[test]
    fn a_shortage_names_the_rates_that_fit() {
        let cameras = [vga("camera 0 (Gate)", 150.0), vga("camera 1 (Yard)", 200.0)];
        let all: Vec<&Demand> = cameras.iter().collect();
        let said = gigabit().shortage(&all).unwrap();
        assert!(said.contains("`fps = 136.0` for camera 0 (Gate), `fps = 181.3` for camera 1 (Yard)"), "{said}");
        assert!(!said.contains("ip link"), "larger packets would not be enough: {said}");
        let fit = [vga("camera 0 (Gate)", 136.0), vga("camera 1 (Yard)", 181.3)];
        assert_eq!(gigabit().shortage(&fit.iter().collect::<Vec<_>>()), None);
    }

    #[test]
    fn where_larger_packets_are_enough_the_command_for_them_is_said() {
        let cameras = [vga("a", 160.0), vga("b", 160.0)];
        let all: Vec<&Demand> = cameras.iter().collect();
        let command = "`ip link set dev eth1 mtu 9000`";
        assert!(gigabit().shortage(&all).unwrap().contains(command));
        for mtu in [Some(9000), None] {
            let said = Link { mtu, ..gigabit() }.shortage(&all).unwrap();
            assert!(!said.contains("ip link"), "{said}");
        }
    }

    #[test]
    fn advice_on_losses_names_the_interface_that_is_too_small_or_the_size_that_passes_everywhere() {
        let small = advice_on_losses(8192, Some(&gigabit()));
        assert!(small.contains("`ip link set dev eth1 mtu 8192`") && small.contains("packet_size = 1500"), "{small}");
        let on_the_way = advice_on_losses(9000, Some(&Link { mtu: Some(9000), ..gigabit() }));
        assert!(on_the_way.contains("packet_size = 1500") && !on_the_way.contains("ip link"), "{on_the_way}");
        assert!(advice_on_losses(9000, None).contains("packet_size = 1500"));
        assert!(advice_on_losses(1500, Some(&gigabit())).contains("cable"));
    }

    #[test]
    fn a_camera_that_names_no_rate_counts_as_one_of_30_frames() {
        let unnamed = Demand::new("a".into(), 640 * 480, 1500, None);
        assert_eq!(unnamed.bits_a_second, vga("a", 30.0).bits_a_second);
        assert_eq!(Demand::new("a".into(), 640 * 480, 1500, Some(0.0)), unnamed);
    }
}
