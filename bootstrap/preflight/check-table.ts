/** What a preflight check is about, and what holds for every result of it. */
export interface CheckEntry {
  readonly phase: 'host' | 'network';
  readonly title: string;
  readonly required: string;
  readonly why: string;
}

/** Every preflight check, by its id, which never changes. `conjurer explain ID` prints a row. */
export const checkTable = {
  // What enrolment needs on this machine
  'edge-name': {
    phase: 'host',
    title: 'this machine has a name',
    required: 'edgeName in conjurer.yaml or on the command line',
    why: 'the Controller lists machines by their edge name',
  },
  credentials: {
    phase: 'host',
    title: 'passphrase and credentials are usable',
    required: 'a pair as the Controller made it, not expired',
    why: 'they open the door to register, and say which Controller is meant',
  },

  // The way to the Controller, from the lowest layer up
  'controller-name': {
    phase: 'network',
    title: 'the name of the Controller resolves',
    required: 'at least one address',
    why: 'without an address nothing can be sent to the Controller; through a proxy, the name of the proxy counts',
  },
  'controller-address': {
    phase: 'network',
    title: 'this machine has a route to the Controller',
    required: 'a route to one of the addresses',
    why: 'the kernel must know which interface leads there',
  },
  'controller-tcp': {
    phase: 'network',
    title: 'the Controller accepts TCP connections',
    required: 'a TCP connection',
    why: 'a firewall on the way, a wrong port or a Controller that is down ends here',
  },
  'controller-proxy': {
    phase: 'network',
    title: 'the proxy opens a way to the Controller',
    required: 'CONNECT answered with success',
    why: 'the configuration says that the Controller is reached through this proxy',
  },
  'controller-tls': {
    phase: 'network',
    title: 'the server is the Controller of these credentials',
    required: 'TLS 1.3, a certificate for this name from the CA in the credentials',
    why: 'a proxy that intercepts TLS or a captive portal presents a certificate of its own here',
  },
  'controller-mtls': {
    phase: 'network',
    title: 'the Controller accepts the certificate of this machine',
    required: 'an HTTP answer other than 401 or 403',
    why: 'something that ends TLS before the Controller drops the client certificate; revoked or expired ones are refused',
  },
  'controller-http': {
    phase: 'network',
    title: 'the Controller answers in its protocol',
    required: 'HTTP 200 with the JSON of call 0',
    why: 'HTML or a redirect comes from a proxy, a load balancer or a captive portal, not from the Controller',
  },
  'time-skew': {
    phase: 'network',
    title: 'the clock agrees with the Controller',
    required: 'at most 5 s of difference, never more than 60 s',
    why: 'certificates are valid by the clock',
  },
} as const satisfies Record<string, CheckEntry>;

export type CheckId = keyof typeof checkTable;
