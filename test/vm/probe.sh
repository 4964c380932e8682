#!/bin/sh
# Inside a machine of the tests: carries out what comes through the port, "ID BASE64" a line, and answers each with
# "ID STATUS BASE64-OF-STDOUT BASE64-OF-STDERR" (test/vm/probe.ts).
port=/dev/virtio-ports/org.conjurer.probe
until [ -e $port ]; do sleep 0.2; done
mkdir -p /run/vm-probe.d
exec 3<>$port
while read -r id script <&3; do
  echo "$script" | base64 -d >/run/vm-probe.d/script
  sh /run/vm-probe.d/script >/run/vm-probe.d/stdout 2>/run/vm-probe.d/stderr </dev/null 3<&-
  echo "$id $? $(base64 -w0 /run/vm-probe.d/stdout) $(base64 -w0 /run/vm-probe.d/stderr)" >&3
done
