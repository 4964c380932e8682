#!/bin/sh
# Inside a machine of the tests: carries out what comes through the port, "ID BASE64" a line, and answers each with
# "ID STATUS BASE64-OF-STDOUT BASE64-OF-STDERR" (test/vm/probe.ts).
#
# With cgroups v1 each container that runc starts freezes and thaws a group, and each first freeze and last thaw has the
# kernel patch its own code (static key `freezer_active`). QEMU 7.2 may go on executing the breakpoint that stands there
# meanwhile, on both processors and for good. One group that stays frozen leaves nothing to patch (decision 0052).
freezer=/sys/fs/cgroup/freezer
if [ -d $freezer ]; then
  mkdir -p $freezer/vm-probe
  echo FROZEN >$freezer/vm-probe/freezer.state
fi

port=/dev/virtio-ports/org.conjurer.probe
until [ -e $port ]; do sleep 0.2; done
mkdir -p /run/vm-probe.d
exec 3<>$port
while read -r id script <&3; do
  echo "$script" | base64 -d >/run/vm-probe.d/script
  sh /run/vm-probe.d/script >/run/vm-probe.d/stdout 2>/run/vm-probe.d/stderr </dev/null 3<&-
  echo "$id $? $(base64 -w0 /run/vm-probe.d/stdout) $(base64 -w0 /run/vm-probe.d/stderr)" >&3
done
