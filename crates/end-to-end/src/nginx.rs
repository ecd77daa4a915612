//! nginx before the bridge, as people put it there: from Debian's package, with a configuration of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::{PATIENCE, Process, http_get};

/// Where Debian puts it; that folder is on root's path alone.
const NGINX: &str = "/usr/sbin/nginx";

/// A running nginx.
pub struct Nginx {
    /// Where it serves.
    pub address: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

impl Nginx {
    /// Serves a bridge below `/cams/`; `to_the_bridge` are the directives that pass its requests on.
    ///
    /// # Errors
    /// It is not installed, or does not take the configuration.
    pub async fn start(bridge: SocketAddr, to_the_bridge: &str) -> Result<Self> {
        let folder = TempDir::new()?;
        let here = folder.path().display();
        // nginx cannot tell which port it was given.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let own_folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let own_folders = own_folders.map(|name| format!("{name}_temp_path {here}/{name};")).join("\n");
        let config = format!(
            "daemon off; master_process off; pid {here}/pid; error_log stderr warn;
             events {{}}
             http {{
               access_log off;
               {own_folders}
               map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
               server {{
                 listen {address};
                 location /cams/ {{
                   proxy_pass http://{bridge}/;
                   {to_the_bridge}
                 }}
               }}
             }}"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, config)?;
        let mut command = Process::command(NGINX);
        command.arg("-p").arg(folder.path()).arg("-c").arg(&file).args(["-e", "stderr"]);
        let process = Process::start("nginx", &mut command)?;
        let nginx = Self { address, _process: process, _folder: folder };
        nginx.answers().await.context("nginx, from Debian's package, does not answer")?;
        Ok(nginx)
    }

    async fn answers(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match http_get(self.address, "/cams/healthz").await {
                Ok((status, body)) => {
                    ensure!(status == 200, "{status}: {body}");
                    return Ok(());
                }
                Err(error) if Instant::now() >= deadline => return Err(error),
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    }
}
