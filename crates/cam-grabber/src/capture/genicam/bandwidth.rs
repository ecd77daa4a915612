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
}

impl Demand {
    /// Of a camera that sends frames of `payload` bytes in packets of `packet` bytes, `fps` of them a second.
    pub(super) fn new(camera: String, payload: u32, packet: u32, fps: Option<f64>) -> Self {
        let packets = payload.div_ceil(packet.saturating_sub(HEADERS).max(1));
        let frame = f64::from(payload) + f64::from(packets) * f64::from(HEADERS + ETHERNET);
        let frame_bits = 8.0 * (frame + f64::from(LEADER_AND_TRAILER));
        Self { camera, bits_a_second: 0.0, frame_bits, packet_bits: 8.0 * f64::from(packet + ETHERNET) }.at(fps)
    }

    /// At another rate.
    pub(super) fn at(self, fps: Option<f64>) -> Self {
        let fps = fps.filter(|fps| *fps > 0.0).unwrap_or(USUAL_FPS);
        Self { bits_a_second: fps * self.frame_bits, ..self }
    }
}

/// Where cameras meet: an interface of this machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Link {
    pub(super) interface: String,
    pub(super) megabits: f64,
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
             fewer frames or lose some: lower their fps, width or height, choose a pixel_format of 8 bits, or move one to \
             an interface of its own",
            self.interface,
            mb(need),
            mb(self.budget()),
            self.megabits,
            each.join(", "),
        ))
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
        Link { interface: "eth1".into(), megabits: 1000.0 }
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
    fn a_camera_that_names_no_rate_counts_as_one_of_30_frames() {
        let unnamed = Demand::new("a".into(), 640 * 480, 1500, None);
        assert_eq!(unnamed.bits_a_second, vga("a", 30.0).bits_a_second);
        assert_eq!(Demand::new("a".into(), 640 * 480, 1500, Some(0.0)), unnamed);
    }
}
