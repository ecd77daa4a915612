//! A GigE Vision camera that is a process of its own: aravis' simulator, on an address of the loopback interface.

use std::net::{Ipv4Addr, UdpSocket};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

const SIMULATOR: &str = "arv-fake-gv-camera-0.8";
/// GVCP's port.
const CONTROL: u16 = 3956;
/// A GVCP discovery command that asks for an answer.
const WHO_ARE_YOU: [u8; 8] = [0x42, 0x01, 0x00, 0x02, 0, 0, 0, 1];

/// Ends with its test.
pub(crate) struct FakeCamera {
    address: Ipv4Addr,
    serial: String,
    arguments: Vec<String>,
    process: Child,
    /// Its description, where it is not the simulator's own.
    _xml: Option<NamedTempFile>,
}

impl FakeCamera {
    /// Waits until it answers. Every camera has the same port, so each gets an address of its own.
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_described(options, None)
    }

    /// A camera that has more features than the simulator's: `xml` is added to its description. Registers from 0x8000 on
    /// are free.
    pub(crate) fn start_with(xml: &str) -> Self {
        let description = Self::start(&[]).arv_tool(&["genicam"]);
        let end = description.rfind("</RegisterDescription>").expect("a description");
        let file = NamedTempFile::new().unwrap();
        // In front of its beginning and behind its end arv-tool writes other things.
        let begin = description.find("<?xml").or(description.find('<')).unwrap();
        std::fs::write(&file, format!("{}{xml}</RegisterDescription>\n", &description[begin..end])).unwrap();
        let path = file.path().display().to_string();
        Self::start_described(&["-g", &path], Some(file))
    }

    fn start_described(options: &[&str], xml: Option<NamedTempFile>) -> Self {
        static CAMERAS: AtomicU32 = AtomicU32::new(0);
        let address = take_address();
        // Without a dash: of a camera that did not say its serial number it is what follows the last one of its id.
        let serial = format!("{}x{}", std::process::id(), CAMERAS.fetch_add(1, Ordering::Relaxed));
        let mut arguments = vec!["-i".to_owned(), address.to_string(), "-s".into(), serial.clone()];
        arguments.extend(options.iter().map(ToString::to_string));
        let process = switch_on(&arguments, address);
        Self { address, serial, arguments, process, _xml: xml }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn serial(&self) -> &str {
        &self.serial
    }

    pub(crate) fn id(&self) -> String {
        format!("Aravis-Fake-{}", self.serial)
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// After [`FakeCamera::kill`].
    pub(crate) fn switch_on_again(&mut self) {
        self.process = switch_on(&self.arguments, self.address);
    }

    /// It neither sends nor answers, but its address takes packets.
    pub(crate) fn pause(&self) {
        self.signal("STOP");
        // The signal is sent; on a busy machine the simulator answers on for a while.
        while !self.threads_are_stopped() {
            std::thread::yield_now();
        }
    }

    fn threads_are_stopped(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        threads.map(|thread| std::fs::read_to_string(thread.unwrap().path().join("stat")).unwrap()).all(|stat| {
            // Its number, its name in brackets, its state.
            stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
        })
    }

    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let process = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status().expect("the command kill");
        assert!(sent.success());
    }

    /// What aravis' own tool reads of it.
    pub(crate) fn arv_tool(&self, arguments: &[&str]) -> String {
        let said = Command::new("arv-tool-0.8").args(["-a", &self.address()]).args(arguments).output();
        String::from_utf8(said.expect("apt-get install aravis-tools-cli").stdout).unwrap()
    }

    /// The number in one of its registers.
    pub(crate) fn register(&self, address: u32) -> u32 {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        socket.connect((self.address, CONTROL)).unwrap();
        let read_register = [0x42, 0x01, 0x00, 0x80, 0, 4, 0, 1];
        socket.send(&[&read_register[..], &address.to_be_bytes()].concat()).unwrap();
        let mut answer = [0; 64];
        let size = socket.recv(&mut answer).unwrap();
        u32::from_be_bytes(answer[8..size].try_into().unwrap())
    }
}

impl Drop for FakeCamera {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
        ip("del", self.address);
    }
}

fn switch_on(arguments: &[String], address: Ipv4Addr) -> Child {
    let process = Command::new(SIMULATOR)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the simulator starts: apt-get install aravis-tools-cli");
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    socket.connect((address, CONTROL)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    // "Port unreachable" comes at once, as an error of the next call.
    while socket.send(&WHO_ARE_YOU).and_then(|_| socket.recv(&mut [0; 1024])).is_err() {
        assert!(Instant::now() < deadline, "{SIMULATOR} does not answer at {address}");
        std::thread::yield_now();
    }
    process
}

/// All of 127/8 leads to the loopback interface, but the simulator takes only addresses that the interface lists. To add
/// one that is listed fails, so no two tests get the same.
fn take_address() -> Ipv4Addr {
    let own = (std::process::id() % 254) as u8 + 1;
    for last in 1..=254 {
        let address = Ipv4Addr::new(127, 77, own, last);
        let added = ip("add", address);
        let said = String::from_utf8_lossy(&added.stderr);
        match added.status.success() {
            true => return address,
            false => assert!(said.contains("exists") || said.contains("already assigned"), "only root may: {said}"),
        }
    }
    panic!("no free address in 127.77.{own}.0/24")
}

fn ip(verb: &str, address: Ipv4Addr) -> Output {
    let arguments = ["addr", verb, &format!("{address}/32"), "dev", "lo"];
    Command::new("ip").args(arguments).output().expect("the command ip of iproute2")
}
