//! The Unix socket as a file: takes no other's, replaces one that is left over, removes its own.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use tokio::net::{UnixListener, UnixStream};

/// Who else may connect is decided by credentials; the mode keeps out those who have no business here at all.
const MODE: u32 = 0o660;

/// Why grabbers cannot be awaited at a path.
#[derive(Debug, thiserror::Error)]
pub enum SocketTaken {
    /// Somebody answers there.
    #[error("another bridge listens on {}: stop it, or choose another path with --socket", path.display())]
    Live {
        /// The path.
        path: PathBuf,
    },
    /// Something else has this name.
    #[error("{} is no socket: choose another path with --socket", path.display())]
    NoSocket {
        /// The path.
        path: PathBuf,
    },
    /// It is another user's, and we may not remove it.
    #[error(
        "{} belongs to user id {owner}, we are user id {we}: stop the bridge of that user and remove the file, or choose \
         another path with --socket", path.display()
    )]
    Foreign {
        /// The path.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        we: u32,
    },
    /// The system does not let us.
    #[error("cannot listen on {} ({cause}): choose another path with --socket", path.display())]
    Failed {
        /// The path.
        path: PathBuf,
        /// As the system says.
        cause: io::Error,
    },
}

/// Our socket file, removed when this is dropped, unless somebody else's has taken its place.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    device_and_inode: (u64, u64),
}

/// Listens at `path`.
pub(crate) async fn listen(path: &Path) -> Result<(UnixListener, SocketFile), SocketTaken> {
    make_room(path).await?;
    let failed = |cause| SocketTaken::Failed { path: path.into(), cause };
    let listener = UnixListener::bind(path).map_err(failed)?;
    let device_and_inode = identity(path).map_err(failed)?;
    let file = SocketFile { path: path.into(), device_and_inode };
    fs::set_permissions(path, fs::Permissions::from_mode(MODE)).map_err(failed)?;
    Ok((listener, file))
}

/// Makes sure that nothing is at `path`: what nobody listens on any more is removed.
async fn make_room(path: &Path) -> Result<(), SocketTaken> {
    let failed = |cause| SocketTaken::Failed { path: path.into(), cause };
    let there = match fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    if !there.file_type().is_socket() {
        return Err(SocketTaken::NoSocket { path: path.into() });
    }
    let foreign = || SocketTaken::Foreign { path: path.into(), owner: there.uid(), we: geteuid().as_raw() };
    match UnixStream::connect(path).await.map_err(|error| error.kind()) {
        Err(ErrorKind::ConnectionRefused) => {}
        Err(ErrorKind::NotFound) => return Ok(()),
        Err(ErrorKind::PermissionDenied) => return Err(foreign()),
        Ok(_) | Err(_) => return Err(SocketTaken::Live { path: path.into() }),
    }
    match fs::remove_file(path) {
        Ok(()) => {
            tracing::info!(path = ?path, "replaced a socket file that was left over");
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(foreign()),
        Err(error) => Err(failed(error)),
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|there| there == self.device_and_inode) {
            let _ = fs::remove_file(&self.path); // a file that is left over does no harm
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cam.sock");
        (folder, path)
    }

    #[tokio::test]
    async fn the_file_is_there_while_we_listen_and_nobody_elses_business() {
        let (_folder, path) = folder();
        let (_listener, file) = listen(&path).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        UnixStream::connect(&path).await.unwrap();
        drop(file);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_live_socket_is_left_alone() {
        let (_folder, path) = folder();
        let (_listener, _file) = listen(&path).await.unwrap();
        let error = listen(&path).await.unwrap_err();
        assert!(matches!(error, SocketTaken::Live { .. }));
        assert!(error.to_string().contains("--socket"));
        UnixStream::connect(&path).await.unwrap();
    }

    #[tokio::test]
    async fn a_socket_that_is_left_over_is_replaced() {
        let (_folder, path) = folder();
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let (_listener, _file) = listen(&path).await.unwrap();
        UnixStream::connect(&path).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_no_socket_is_left_alone() {
        let (_folder, path) = folder();
        fs::write(&path, "precious").unwrap();
        assert!(matches!(listen(&path).await, Err(SocketTaken::NoSocket { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }

    #[tokio::test]
    async fn a_file_that_took_the_place_of_ours_is_left_alone() {
        let (_folder, path) = folder();
        let (_listener, file) = listen(&path).await.unwrap();
        fs::remove_file(&path).unwrap();
        let _other = std::os::unix::net::UnixListener::bind(&path).unwrap();
        drop(file);
        assert!(path.exists());
    }

    #[tokio::test]
    async fn a_folder_that_is_missing_is_named() {
        let (_folder, path) = folder();
        let path = path.join("deeper");
        let error = listen(&path).await.unwrap_err().to_string();
        assert!(error.contains(path.to_str().unwrap()) && error.contains("--socket"), "{error}");
    }
}
