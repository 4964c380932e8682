#!/bin/sh
# Deploys a machine for each line of a CSV file (edge_name,address,gateway) from one template. Run again it leaves the
# machines alone that are there already. govc takes vCenter, user and password from GOVC_URL, GOVC_USERNAME, GOVC_PASSWORD.
set -eu

: "${TEMPLATE:?the template that was made of the OVA}"
: "${PASSPHRASE_FILE:?the passphrase, as downloaded from the Controller}"
: "${CREDENTIALS_FILE:?the credentials, as downloaded from the Controller}"
: "${SSH_KEY_FILE:?a public key that may log in}"
: "${SSH_FROM:?the network that may use ssh, as 10.0.0.0/8}"
: "${NAMESERVER:?address of a name server}"
: "${NTP_SERVER:?a time server}"
PROXY=${PROXY-}
INTERFACE=${INTERFACE-ens192}
machines=${1-machines.csv}
templates=$(dirname "$0")/../vsphere-guestinfo
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077

passphrase=$(tr -d '\r\n' <"$PASSPHRASE_FILE" | base64 | tr -d '\n')
credentials=$(base64 <"$CREDENTIALS_FILE" | tr -d '\n')

# Reads a template, writes it filled in. The values come from files and this script, so that none is in a command line.
fill() {
  cat >"$work/values.sed" <<VALUES
/^\${data_disk}\$/d
s|\${edge_name}|$1|g
s|\${instance_id}|$1|g
s|\${hostname}|$(printf %s "$1" | tr '[:upper:]' '[:lower:]')|g
s|\${address}|$2|g
s|\${gateway}|$3|g
s|\${everywhere}|0.0.0.0/0|g
s|\${dhcp4}|false|g
s|\${interface}|$INTERFACE|g
s|\${nameservers}|'$NAMESERVER'|g
s|\${ntp_servers}|'$NTP_SERVER'|g
s|\${ssh_from}|'$SSH_FROM'|g
s|\${ssh_key}|$(cat "$SSH_KEY_FILE")|g
s|\${proxy}|$PROXY|g
s|\${passphrase_base64}|$passphrase|g
s|\${credentials_base64}|$credentials|g
VALUES
  sed -f "$work/values.sed"
}

deploy() {
  if [ -n "$(govc find -type m -name "$1")" ]; then
    echo "$1 is there already"
    return
  fi
  fill "$1" "$2" "$3" <"$templates/metadata" | base64 | tr -d '\n' >"$work/metadata"
  fill "$1" "$2" "$3" <"$templates/userdata" | base64 | tr -d '\n' >"$work/userdata"
  govc vm.clone -vm "$TEMPLATE" -on=false "$1"
  govc vm.change -vm "$1" \
    -f "guestinfo.metadata=$work/metadata" -e guestinfo.metadata.encoding=base64 \
    -f "guestinfo.userdata=$work/userdata" -e guestinfo.userdata.encoding=base64
  govc vm.power -on "$1"
}

tail -n +2 "$machines" >"$work/machines"
while IFS=, read -r name address gateway <&3; do
  [ -z "$name" ] || deploy "$name" "$address" "$gateway"
done 3<"$work/machines"
