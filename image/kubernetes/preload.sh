#!/bin/sh
# Runs in a mount and a process namespace of its own (preload.ts): ROOT is the root file system of the image. Lets the
# containerd of the image import archives, so that its store is in the image with layers unpacked.
# usage: preload.sh ROOT [ARCHIVE REF]...
set -eu

root=$1
shift
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount --rbind /dev "$root/dev"

cat >"$root/tmp/containerd.toml" <<'EOF'
version = 2
imports = ["/etc/containerd/config.toml"]
disabled_plugins = ["io.containerd.grpc.v1.cri"]
EOF
chroot "$root" containerd --config /tmp/containerd.toml --log-level warn >"$root/tmp/log" 2>&1 &
daemon=$!

ask() {
  chroot "$root" ctr --namespace k8s.io --connect-timeout 30s "$@"
}
tries=0
until ask version >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -gt 300 ] || ! kill -0 "$daemon" 2>/dev/null; then
    cat "$root/tmp/log" >&2
    exit 1
  fi
  sleep 0.1
done

while [ $# -gt 0 ]; do
  ask images import --snapshotter overlayfs "$1" >/dev/null
  # By the first CRI knows the image, by the second kubelet leaves it alone.
  ask images label "$2" io.cri-containerd.image=managed io.cri-containerd.pinned=pinned >/dev/null
  shift 2
done

kill "$daemon"
wait "$daemon" || true

store="$root/var/lib/containerd"
# The name of this containerd, and what only its running needed.
rm -rf "$store/io.containerd.grpc.v1.introspection" "$store/tmpmounts" "$store"/io.containerd.runtime.*
