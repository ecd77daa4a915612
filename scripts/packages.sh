# shellcheck shell=bash
# shellcheck disable=SC2034 # the lists are for those who source this
# What the scripts need from the machine: Debian or Ubuntu packages and Rust. To be sourced. Everything here looks first
# and installs only what is missing, so it may run any number of times.

# Aravis finds and drives GenICam cameras; GStreamer drives V4L2 cameras; cmake and nasm build libjpeg-turbo.
# libaravis-dev forgets that its headers need libusb, and brings the library that runs.
build_packages=(
  gcc g++ make cmake nasm pkg-config
  libaravis-dev libusb-1.0-0-dev libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
)
# GStreamer's elements (v4l2src, jpegdec, videotestsrc, appsink), and ss, which tells where the bridge listens.
run_packages=(gstreamer1.0-plugins-base gstreamer1.0-plugins-good iproute2)
# A GigE Vision camera in software, GStreamer, ffmpeg, curl and Python as counterparts, a browser, and a reader of shell
# scripts.
test_packages=(
  aravis-tools aravis-tools-cli gstreamer1.0-tools ffmpeg curl openssl chromium chromium-driver
  python3 python3-venv iproute2 util-linux shellcheck jq
)
# Qt and an X server without a monitor, for the viewer in examples.
test_packages+=(qt6-base-dev qt6-websockets-dev xvfb)
# Other compilers, some 600 MB, for what users of the examples build with them.
full_test_packages=(clang g++-mingw-w64-x86-64-posix)

# Where help is asked for, prints what the script says of itself at its beginning, and ends.
help_if_asked() {
  case ${1:-} in
    -h | --help)
      sed -n '2,/^[^#]/{/^# shellcheck/d;s/^# \{0,1\}//p}' "$(dirname "${BASH_SOURCE[0]}")/${0##*/}"
      exit 0
      ;;
  esac
}

die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 1
}

# need_packages WHY PACKAGE…: installs those of the packages that are not there.
need_packages() {
  local why=$1 package missing=()
  shift
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  command -v apt-get >/dev/null || die "no apt-get here; install what corresponds to: ${missing[*]}"
  ((EUID == 0)) || command -v sudo >/dev/null || die "as root, run: apt-get install ${missing[*]}"
  printf 'Installing what is missing %s: %s\n' "$why" "${missing[*]}"
  if [[ -z ${package_lists_are_fresh:-} ]]; then
    apt_get update -qq || die "apt-get update failed (see above)"
    package_lists_are_fresh=yes
  fi
  apt_get install -qq -y --no-install-recommends "${missing[@]}" ||
    die "could not install all of: ${missing[*]} (see above). Debian has them from 12 on"
}

# need_program PACKAGE PROGRAM: installs a package for its program alone, where that is missing. Debian would start the
# service of the package, from now on and at every start; policy-rc.d is how one tells it not to.
need_program() {
  local package=$1 program=$2 policy=/usr/sbin/policy-rc.d ours='' status
  [[ -x $program ]] && return
  if [[ ! -e $policy ]]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy"
  fi
  (need_packages "for the tests" "$package")
  status=$?
  [[ -z $ours ]] || as_root rm "$policy"
  ((status == 0)) || return "$status"
  # It may be enabled where systemd does not run yet, in a container or an image.
  ! command -v systemctl >/dev/null || as_root systemctl --quiet disable "$package"
}

# apt_get ARGUMENT…: as root, without questions, waiting for another apt to end.
apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@"
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# need_rust MANIFEST: puts cargo on the PATH, or says how to get it, and stops.
need_rust() {
  local wanted found how='curl --proto "=https" --tlsv1.2 -sSf https://sh.rustup.rs | sh'
  wanted=$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' "$1")
  if ! command -v cargo >/dev/null && [[ -x ${CARGO_HOME:-$HOME/.cargo}/bin/cargo ]]; then
    PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
  fi
  command -v cargo >/dev/null || die "Rust is missing. Get it with: $how
Then open a new shell, or run: . ~/.cargo/env"
  found=$(cargo --version | cut -d ' ' -f 2)
  [[ $(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1) == "$wanted" ]] ||
    die "Rust $found is too old, $wanted or later is needed. Get it with: rustup update stable (or, without rustup: $how)"
}
