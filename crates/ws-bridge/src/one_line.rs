//! How the bridge is, in one line: for `systemctl status`.

use crate::bridge::Bridge;

impl Bridge {
    /// Who is there, in one line.
    pub fn in_one_line(&self) -> String {
        let scene = self.hub.scene();
        let live = scene.cameras.values().filter(|camera| !camera.gone).count();
        line(scene.grabbers.len(), live, self.clients.list().len())
    }
}

fn line(grabbers: usize, cameras: usize, viewers: usize) -> String {
    let (cameras, viewers) = (counted(cameras, "camera"), counted(viewers, "viewer"));
    match grabbers {
        0 => format!("Waiting for a grabber; {viewers}"),
        _ => format!("{} of {}; {viewers}", cameras, counted(grabbers, "grabber")),
    }
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_there_is_counted_in_words() {
        assert_eq!(line(0, 0, 2), "Waiting for a grabber; 2 viewers");
        assert_eq!(line(1, 3, 1), "3 cameras of 1 grabber; 1 viewer");
        assert_eq!(line(2, 1, 0), "1 camera of 2 grabbers; 0 viewers");
    }
}
