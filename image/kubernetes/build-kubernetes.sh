#!/bin/sh
# Runs as root inside a throw-away Debian (build.ts): Kubernetes from Debian's source package, and pause. Leaves in /out the
# static programs, and in /out/version the version of the source package.
set -eu

programs="kubeadm kubectl kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy"

mkdir -p /build /out
cd /build
apt-get source -q --only-source kubernetes
cd kubernetes-*/
dpkg-parsechangelog --show-field Version >/out/version
# As Debian names it: 1.20.5+really1.20.2-1.1 is 1.20.2.
release=$(sed -E 's/^.*really//; s/-.*$//' /out/version)

# The vendored one panics in programs that Go 1.18 or later compiled; Debian's own does not.
rm -r vendor/github.com/modern-go/reflect2
cp -rL /usr/share/gocode/src/github.com/modern-go/reflect2 vendor/github.com/modern-go/reflect2

# What Kubernetes asks of git, which has nothing to say of a source package.
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog --show-field Timestamp)
export SOURCE_DATE_EPOCH
cat >/build/version <<EOF
KUBE_GIT_COMMIT='debian'
KUBE_GIT_TREE_STATE='clean'
KUBE_GIT_VERSION='v$release'
KUBE_GIT_MAJOR='$(echo "$release" | cut -d. -f1)'
KUBE_GIT_MINOR='$(echo "$release" | cut -d. -f2)'
EOF

export KUBE_GIT_VERSION_FILE=/build/version GOPATH="$PWD/.go" CGO_ENABLED=0 HOME=/build PATH="/usr/lib/go-1.19/bin:$PATH"
mkdir -p .go/src/k8s.io
ln -s ../../.. .go/src/k8s.io/kubernetes
what=
for program in $programs; do what="$what cmd/$program"; done
make WHAT="$what"
for program in $programs; do install -m 0755 "_output/bin/$program" /out/; done

gcc -static -Os -Wall -DVERSION=3.2 -o /out/pause build/pause/linux/pause.c
strip /out/pause
