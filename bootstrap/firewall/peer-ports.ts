/** What the nodes of one cluster ask of each other, and nobody else: Kubernetes, and the usual networks between pods. */
export const peerPorts: readonly string[] = [
  '-p tcp -m tcp --dport 6443', //              API server
  '-p tcp -m tcp --dport 2379:2380', //         etcd
  '-p tcp -m tcp --dport 10250', //             kubelet
  '-p tcp -m tcp --dport 179', //               BGP
  '-p tcp -m tcp --dport 4240', //              Cilium's health checks
  '-p tcp -m tcp --dport 5473', //              Calico Typha
  '-p udp -m udp --dport 4789', //              VXLAN
  '-p udp -m udp --dport 8472', //              VXLAN of Flannel and Cilium
  '-p udp -m udp --dport 51820:51821', //       WireGuard
  '-p 4', //                                    IP in IP
];
