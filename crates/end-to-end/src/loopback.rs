//! Further addresses on the loopback interface: GigE Vision's port is fixed, so each camera needs its own.

use std::net::Ipv4Addr;
use std::process::Command;

use anyhow::{Result, bail};

/// An address that belongs to us until it is dropped.
pub(crate) struct LoopbackAddress(Ipv4Addr);

impl LoopbackAddress {
    /// Takes a free address out of 127.20.0.0/16. To add one that is there already fails, so no two tests get the same.
    pub(crate) fn take() -> Result<Self> {
        let own = (std::process::id() % 254) as u8 + 1;
        for last in 1..=254 {
            let address = Ipv4Addr::new(127, 20, own, last);
            let done = ip("add", address)?;
            match done.stderr.as_str() {
                _ if done.ok => return Ok(Self(address)),
                taken if taken.contains("exists") || taken.contains("already assigned") => {}
                other => bail!("«ip addr add {address}/32 dev lo», which needs root, says: {other}"),
            }
        }
        bail!("no free address in 127.20.{own}.0/24")
    }

    pub(crate) fn ip(&self) -> Ipv4Addr {
        self.0
    }
}

impl Drop for LoopbackAddress {
    fn drop(&mut self) {
        let _ = ip("del", self.0);
    }
}

struct Done {
    ok: bool,
    stderr: String,
}

fn ip(verb: &str, address: Ipv4Addr) -> Result<Done> {
    let output = Command::new("ip").args(["addr", verb, &format!("{address}/32"), "dev", "lo"]).output()?;
    Ok(Done { ok: output.status.success(), stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}
