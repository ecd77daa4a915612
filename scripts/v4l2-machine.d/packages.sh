# shellcheck shell=bash disable=SC2154 # to be sourced by v4l2-machine, which has set cache and parts
# Where the emulator, the kernel and the tools of the machine come from: Debian's packages, unpacked, not installed.

# To boot, to look at cameras with, and to name them (udev makes /dev/v4l/by-path and the group of /dev/video0).
packages=(qemu-system-x86 busybox-static kmod udev v4l-utils xz-utils)
# What init needs before it sees the files of this machine; modprobe finds all others there.
boot_modules=(virtio_pci virtio_console 9pnet_virtio 9p overlay)

# with_packages COMMAND…: runs it with what was unpacked; what is installed goes first.
with_packages() {
  PATH=$PATH:/usr/sbin:$cache/root/usr/bin:$cache/root/usr/sbin \
    LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$cache/root/usr/lib/x86_64-linux-gnu "$@"
}

# Fills $cache/root with the packages that this machine lacks, and with the kernel.
unpack_packages() {
  local new=$cache/root as_root=() version plan package
  [[ $(dpkg --print-architecture 2>/dev/null) == amd64 ]] || fail 125 "needs Debian on x86-64"
  ((EUID == 0)) || as_root=(sudo -n)
  # Who may not do this takes the package lists as they are.
  "${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=120 update 2>/dev/null || true
  version=$(LC_ALL=C apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: linux-image-//p') ||
    fail 125 "apt knows no linux-image-amd64 (see above); is this Debian, and has it package lists?"
  plan=$(LC_ALL=C apt-get --simulate install --no-install-recommends --no-upgrade "${packages[@]}") ||
    fail 125 "apt cannot install all of ${packages[*]} (see above)"
  mapfile -t plan < <(awk '/^Inst/ { print $2 }' <<<"$plan")
  plan+=("linux-image-$version")
  echo "v4l2-machine: fetching ${#plan[@]} packages into $cache" >&2

  rm -rf "$new"
  mkdir -p "$new/debs" "$new/usr/"{bin,sbin,lib,lib64}
  ln -s usr/{bin,sbin,lib,lib64} "$new"
  (cd "$new/debs" && apt-get -qq -o APT::Sandbox::User=root download "${plan[@]}") >&2 ||
    fail 125 "could not fetch all of ${plan[*]} (see above)"
  for package in "$new/debs/"*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink --no-same-owner -C "$new"
  done
  rm -r "$new/debs"
  # kmod's own links are absolute, which leads out of here.
  [[ ! -e $new/bin/kmod ]] || ln -s kmod "$new/bin/depmod"
  [[ ! -e $new/bin/kmod ]] || ln -s kmod "$new/bin/modprobe"
  with_packages depmod -b "$new" "$version"
  unpack_kernel "$new/boot/vmlinuz-$version" >"$new/boot/vmlinux"
  touch "$new/complete"
}

# unpack_kernel FILE: what is packed in it. QEMU can start that, too; emulated, unpacking would take 3 s at each boot.
unpack_kernel() {
  local begin
  IFS=: read -r begin _ < <(LC_ALL=C grep -abo $'\xfd7zXZ' "$1")
  with_packages xz -dc --single-stream < <(tail -c "+$((begin + 1))" "$1")
}

# pack_initramfs FILE: busybox, init, and the modules it loads, in an order in which each finds what it depends on.
pack_initramfs() {
  local tree=$1.d version module file name
  version=$(basename "$cache/root/lib/modules/"*)
  mkdir -p "$tree/"{bin,modules,host,tools,run,upper,root}
  install "$parts/init" "$tree/init"
  install "$(with_packages bash -c 'type -P busybox')" "$tree/bin/busybox"
  for module in "${boot_modules[@]}"; do
    with_packages modprobe -d "$cache/root" -S "$version" --show-depends "$module"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
    name=$(basename "${file%.xz}")
    if [[ $file == *.xz ]]; then with_packages xz -dc "$file"; else cat "$file"; fi >"$tree/modules/$name"
    echo "$name" >>"$tree/modules/order"
  done
  (cd "$tree" && find . | ./bin/busybox cpio -o -H newc 2>/dev/null) >"$1"
}
