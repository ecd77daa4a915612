//! The kernel's buffer for the packets of a GigE Vision camera.

use std::sync::Once;

/// Bytes: a few frames, or 30 ms at the end of a gigabit link. With the kernel's default two thirds of the frames of a
/// camera at 100 FPS were incomplete.
pub(super) const SIZE: u64 = 4 << 20;

/// The kernel cuts the size down to its limit without a word; so we say it, once.
pub(super) fn warn_if_limited() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A container may not see it; then there is nothing to say.
        let limit = std::fs::read_to_string("/proc/sys/net/core/rmem_max").unwrap_or_default();
        if let Some(advice) = advice(&limit) {
            tracing::warn!("{advice}");
        }
    });
}

fn advice(rmem_max: &str) -> Option<String> {
    let limit: u64 = rmem_max.trim().parse().ok()?;
    (limit < SIZE).then(|| {
        format!(
            "net.core.rmem_max is {limit}: GigE Vision cameras will lose packets at high rates; \
             run `sysctl -w net.core.rmem_max={SIZE}` as root, and to keep it over a restart \
             `echo net.core.rmem_max={SIZE} > /etc/sysctl.d/60-cameracast.conf`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_too_low_is_said_with_the_command_that_raises_it() {
        let advice = advice("212992\n").unwrap();
        assert!(advice.contains("rmem_max is 212992") && advice.contains("`sysctl -w net.core.rmem_max=4194304`"));
    }

    #[test]
    fn a_limit_that_suffices_or_is_not_known_is_not_worth_a_word() {
        assert_eq!(advice("4194304\n"), None);
        assert_eq!(advice(""), None);
    }
}
