import { errorTable } from '../../../bootstrap/error-table.ts';

/**
 * Which TYPE of secret stands under a name such as DB_PASSWORD, clientSecret or --token, or null. A name that only
 * points to a secret (secretName, token-file, password_hash_algorithm) is none, and neither is a code of conjurer's own
 * errors, which a message begins with.
 */
export function secretKind(key: string): string | null {
  if (key === 'PWD' || key === 'OLDPWD' || Object.hasOwn(errorTable, key)) return null;
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '' && !qualifier.test(word));
  const flat = words.join('').replace(/\d+$/, '');
  for (const { type, name } of always) if (name.test(flat)) return type;
  if (pointing.has(words.at(-1) ?? '') || pointingEnd.test(flat)) return null;
  for (const { type, name } of kinds) if (name.test(flat)) return type;
  return words.length > 1 && words.at(-1) === 'pass' ? 'password' : null;
}

/** A name under which only a value of 32 bytes in base64 is a secret: WireGuard in netplan. */
export function mayBeWireguard(key: string): boolean {
  return /^(?:key|private|shared)$/i.test(key);
}

interface Kind {
  readonly type: string;
  readonly name: RegExp;
}

/** DB_PASSWORD_OLD, token2, secret.base64: still that secret. */
const qualifier = /^(?:old|new|prev|previous|current|next|backup|b64|base64|value|plain|text|raw|data|prod|dev|test)$/;

const always: readonly Kind[] = [
  { type: 'password', name: /passw(?:or)?dhash$|hashedpassw|plaintextpassw/ },
  { type: 'ticket', name: /recoveryticket$/ },
  { type: 'join-state', name: /joinstate$/ },
  { type: 'secret', name: /secretid$/ },
];

const kinds: readonly Kind[] = [
  { type: 'password', name: /passw(?:or)?d|passphrase|passcode|pwd$|^(?:db|user|root|admin|auth|smtp|bind)pass$/ },
  { type: 'docker-auth', name: /dockerconfigjson|dockercfg/ },
  { type: 'token', name: /token|bearer$/ },
  { type: 'authorization', name: /authorization$/ },
  { type: 'secret', name: /secret/ },
  { type: 'credential', name: /credentials?$|creds?$/ },
  { type: 'psk', name: /psk$/ },
  { type: 'cookie', name: /cookie$/ },
  {
    type: 'key',
    name: /(?:api|access|secret|private|auth|encryption|encrypt|signing|shared|master|account|storage|wep|session|recovery|certificate|client|tls|deploy|license|hmac|aes|rsa|fernet|fastopen|unlock|disk|luks|crypt|identity|root|admin)key$/,
  },
  { type: 'auth', name: /^(?:docker|registry|basic|proxy|http|npm|redis)?auth$/ },
];

const pointing = new Set(
  (
    'file files path paths dir directory name names ref refs id ids type mode ttl expiry expires expiration seconds ' +
    'timeout duration length len size count num number version url uri endpoint audience audiences issuer policy ' +
    'provider providers class namespace algorithm format fingerprint hash thumbprint enabled disabled required rotation ' +
    'authentication signer controller manager store driver plugin resource resources usage usages review reviews ' +
    'request requests scope scopes age date time changed change status prompt hint field keys selector authenticator ' +
    'cleaner lookup signing cert certs certificate public pub index min max limit origin source missing invalid'
  ).split(' '),
);

const pointingEnd = /(?:file|path|filename|name|namespace|keyref|secretref|enabled|seconds|expiration|cacerthash|ttl)$/;
