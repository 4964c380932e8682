import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';

/** Text that holds a secret, and the part of it that must not survive. */
export interface Planted {
  readonly text: string;
  readonly needle: string;
}

const lower = 'abcdefghijklmnopqrstuvwxyz';
const upper = lower.toUpperCase();
const digits = '0123456789';

export function word(alphabet: string, minLength: number, maxLength = minLength): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
}

const alnum = lower + upper + digits;
const base64 = (bytes: string) => Buffer.from(bytes).toString('base64');
const pick = (alphabet: string, length: number, make: (secret: string) => Planted) => word(alphabet, length).map(make);

const keys = [
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  generateKeyPairSync('ed25519').privateKey,
  generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
];
const pems = keys.map(key => key.export({ type: 'pkcs8', format: 'pem' }).toString());
const sec1 = keys[0]?.export({ type: 'sec1', format: 'pem' }).toString() ?? '';
const pkcs1 = keys[2]?.export({ type: 'pkcs1', format: 'pem' }).toString() ?? '';
const encrypted =
  keys[2]?.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }).toString() ?? '';
export const privatePems: readonly string[] = [...pems, sec1, pkcs1, encrypted];

/** A part of the second line of a PEM block, or of its only one. */
export function innerOf(pem: string): string {
  const lines = pem.trim().split('\n').slice(1, -1);
  return (lines[1] ?? lines[0] ?? '').slice(8, 40);
}

const pem = fc.constantFrom(...privatePems);

/** Every class that tells by itself that it is a secret, wherever it stands. Several lines only where said. */
export const shapes: Readonly<Record<string, fc.Arbitrary<Planted>>> = {
  'kubeadm token': fc
    .tuple(word(lower + digits, 6), word(lower + digits, 16))
    .map(([id, needle]) => ({ text: `${id}.${needle}`, needle })),
  'web token': pick(alnum, 40, needle => ({ text: `eyJhbGciOiJIUzI1NiJ9.eyJ${needle}.${needle}`, needle })),
  'base64 of a web token': pick(alnum, 40, secret => {
    const text = base64(`eyJhbGciOiJIUzI1NiJ9.${secret}`);
    return { text, needle: text.slice(30, 60) };
  }),
  'bearer token': pick(alnum, 24, needle => ({ text: `Bearer ${needle}`, needle })),
  'basic credentials': pick(alnum, 12, secret => {
    const needle = base64(`bob:${secret}`);
    return { text: `Basic ${needle}`, needle };
  }),
  'password in a URL': pick(`${alnum}!$%&*+-.=~`, 9, needle => ({ text: `https://bob:${needle}@h.example/x`, needle })),
  'password with a slash in a URL': pick(alnum, 8, needle => ({ text: `amqp://bob:x/${needle}@h:5672`, needle })),
  'password in a URL without a user': pick(alnum, 9, needle => ({ text: `redis://:${needle}@h:6379`, needle })),
  'password in an encoded URL': pick(alnum, 9, needle => ({ text: `http%3A%2F%2Fb%3A${needle}%40h%3A1`, needle })),
  'password in an escaped URL': pick(alnum, 9, needle => ({ text: `http:\\/\\/b:${needle}@h:1`, needle })),
  'database address of Go': pick(alnum, 9, needle => ({ text: `bob:${needle}@tcp(10.0.0.1:3306)/db`, needle })),
  'signed query': pick(alnum, 20, needle => ({ text: `https://h/x?se=1&sig=${needle}&v=2`, needle })),
  'signature of AWS': pick(alnum, 20, needle => ({ text: `https://h/x?X-Amz-Signature=${needle}`, needle })),
  'token in a query': pick(alnum, 20, needle => ({ text: `/x?a=1&access_token=${needle}&b=2`, needle })),
  'cloud key': pick(upper + digits, 16, needle => ({ text: `AKIA${needle}`, needle })),
  'key of Google': pick(alnum, 35, needle => ({ text: `AIza${needle}`, needle })),
  'token of GitHub': pick(alnum, 36, needle => ({ text: `ghp_${needle}`, needle })),
  'token of GitLab': pick(alnum, 20, needle => ({ text: `glpat-${needle}`, needle })),
  'token of Slack': pick(alnum, 24, needle => ({ text: `xoxb-${needle}`, needle })),
  'token of Vault': pick(alnum, 24, needle => ({ text: `hvs.${needle}`, needle })),
  'key of Stripe': pick(alnum, 24, needle => ({ text: `sk_live_${needle}`, needle })),
  'password hash': fc
    .tuple(fc.constantFrom('1', '5', '6', 'y', '2b'), word(alnum, 8), word(alnum, 30))
    .map(([kind, salt, needle]) => ({ text: `$${kind}$${salt}$${needle}`, needle })),
  'password hash, argon2': pick(alnum, 30, needle => ({
    text: `$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$${needle}`,
    needle,
  })),
  'password hash, LDAP': pick(alnum, 30, needle => ({ text: `{SSHA}${needle}`, needle })),
  'age key': pick(upper + digits, 58, needle => ({ text: `AGE-SECRET-KEY-1${needle}`, needle })),
  'private key in base64': pem.map(text => {
    const encoded = base64(text);
    return { text: encoded, needle: encoded.slice(60, 100) };
  }),
  'private key as DER': fc.constantFrom(...keys).map(key => {
    const text = key.export({ type: 'pkcs8', format: 'der' }).toString('base64');
    return { text, needle: text.slice(20, 50) };
  }),
  'private key, escaped': pem.map(text => ({ text: text.replaceAll('\n', '\\n'), needle: innerOf(text) })),
  'private key, escaped twice': pem.map(text => ({ text: text.replaceAll('\n', '\\\\n'), needle: innerOf(text) })),
  'private key, escaped and cut off': pem.map(text => ({
    text: text.replaceAll('\n', '\\n').slice(0, 90),
    needle: (text.split('\n')[1] ?? '').slice(4, 24),
  })),
  'IPsec state': pick('0123456789abcdef', 40, needle => ({ text: `auth-trunc hmac(sha256) 0x${needle} 128`, needle })),
  'IPsec secret': pick(alnum, 12, needle => ({ text: `10.0.0.1 : PSK "${needle}"`, needle })),
  'curl -u': pick(alnum, 12, needle => ({ text: `curl -s -u bob:${needle} https://h/`, needle })),
  sshpass: pick(alnum, 12, needle => ({ text: `sshpass -p ${needle} ssh h`, needle })),
  'mysql -p': pick(alnum, 12, needle => ({ text: `mysql -u root -p${needle} db`, needle })),
  'echo into chpasswd': pick(alnum, 12, needle => ({ text: `echo ubuntu:${needle} | chpasswd`, needle })),
  'kubectl create secret': pick(alnum, 12, needle => ({
    text: `kubectl create secret generic x --from-literal=a=${needle}`,
    needle,
  })),
  'docker login': pick(alnum, 12, needle => ({ text: `docker login -u bob -p ${needle} r.io`, needle })),
  'command line in the audit log': pick(alnum, 12, secret => {
    const needle = Buffer.from(`x\0--password\0${secret}`).toString('hex').toUpperCase();
    return { text: `type=PROCTITLE msg=audit(1:2): proctitle=${needle}`, needle };
  }),
};

/** Names under which a value is secret. */
export const secretNames: readonly string[] = [
  'password', 'DB_PASSWORD', 'db.password', 'dbPassword', 'POSTGRES_PASSWORD_2', 'passwd', 'hashed_passwd', 'passphrase',
  'plain_text_passwd', 'client_secret', 'clientSecret', 'secret', 'SECRET', 'webhook-secret', 'token', 'API_TOKEN',
  'registrationToken', 'bootstrap-token', 'identitytoken', 'api_key', 'apiKey', 'X-Api-Key', 'AWS_SECRET_ACCESS_KEY',
  'AccountKey', 'private-key', 'privateKey', 'PrivateKey', 'PresharedKey', 'certificateKey', 'client-key-data',
  'encryption_key', 'psk', 'wpa-psk', 'sae_password', 'wep_key0', 'userpass', 'db_pass', 'credentials', 'joinState',
  'recoveryTicket', 'auth_token', 'MYSQL_PWD', 'tcp_fastopen_key', 'stable_secret',
]; // biome-ignore format: a list

const values = word(`${alnum}!#%*+-./:=?@^_~`, 9, 24).filter(
  text =>
    /[a-z]/i.test(text) &&
    !text.startsWith('-') &&
    !text.startsWith('/') &&
    !text.endsWith(':') &&
    !/^[|>#.:=?@!%*+^_~-]/.test(text),
);

/** How a name and its value are written. `depth`: how often JSON is written as a text within JSON. */
export const spellings: Readonly<Record<string, (name: string, value: string) => string>> = {
  yaml: (name, value) => `  ${name}: ${value}`,
  'yaml, quoted': (name, value) => `${name}: '${value}'`,
  'yaml, quoted over lines': (name, value) => `${name}: "some words\n  ${value}\n  ${value}"\nb: c`,
  'yaml, in a list': (name, value) => `- ${name}: "${value}"`,
  'yaml, block': (name, value) => `a:\n  ${name}: |\n    ${value}\n  b: c`,
  'yaml, folded block': (name, value) => `${name}: >-\n  ${value}\n\n  ${value}\nb: c`,
  'yaml, on the next line': (name, value) => `${name}:\n    ${value}\nb: c`,
  'yaml, list below': (name, value) => `${name}:\n- ${value}\n- x${value}\nb: c`,
  ini: (name, value) => `[a]\n${name} = ${value}\nb = c`,
  'ini, with spaces': (name, value) => `${name}=${value} and ${value}`,
  'environment file': (name, value) => `export ${name}="${value} b"`,
  systemd: (name, value) => `Environment=${name}=${value} B=c`,
  'systemd, quoted': (name, value) => `Environment="A=b" "${name}=${value} x ${value}"`,
  json: (name, value) => JSON.stringify({ a: 1, [name]: value, b: 'c' }),
  'json, pretty': (name, value) => JSON.stringify({ a: 1, [name]: value, b: 'c' }, null, 2),
  'json, list': (name, value) => JSON.stringify({ [name]: [value, value] }),
  'json, list, pretty': (name, value) => JSON.stringify({ [name]: [value, value] }, null, 2),
  'json in json': (name, value) => JSON.stringify({ m: JSON.stringify({ [name]: value, b: 'c' }) }),
  'json in json in json': (name, value) =>
    JSON.stringify({ m: JSON.stringify({ m: JSON.stringify({ [name]: value }) }) }),
  'yaml in json': (name, value) => JSON.stringify({ m: `a: b\n${name}: ${value}\nb: c` }),
  'yaml block in json': (name, value) => JSON.stringify({ m: `${name}: |\n  ${value}\nb: c` }),
  'flag, =': (name, value) => `/usr/bin/x --a b --${name}=${value} --c`,
  flag: (name, value) => `/usr/bin/x --${name} ${value} --c`,
  'flag, quoted': (name, value) => `x "--${name}=${value} and ${value}" --c`,
  'flag in a json list': (name, value) => JSON.stringify(['x', `--${name}`, value, '--c']),
  'flag in a pretty json list': (name, value) => JSON.stringify(['x', `--${name}`, value, '--c'], null, 2),
  'flag = in a json list': (name, value) => JSON.stringify(['x', `--${name}=${value}`, '--c']),
  'flag in a yaml list': (name, value) => `args:\n- --${name}\n- ${value}\n- --c`,
  'flag in a list of Go': (name, value) => `args=[x --${name} ${value} --c]`,
  'flag over two lines': (name, value) => `x --${name} \\\n  ${value} \\\n --c`,
  'flag with zero bytes': (name, value) => `x\0--${name}\0${value}\0--c`,
  'environment with zero bytes': (name, value) => `A=b\0${name}=${value}\0C=d`,
  'environment in a json list': (name, value) => JSON.stringify({ Env: ['A=b', `${name}=${value}`, 'C=d'] }),
  'pair, json': (name, value) =>
    JSON.stringify([
      { name, value },
      { name: 'a', value: 'b' },
    ]),
  'pair, json, value first': (name, value) => JSON.stringify([{ value, name }]),
  'pair, pretty json': (name, value) => JSON.stringify([{ name, value }], null, 2),
  'pair, pretty json, value first': (name, value) => JSON.stringify([{ value, name }], null, 2),
  'pair, json in json': (name, value) => JSON.stringify({ m: JSON.stringify([{ name, value }]) }),
  'pair, yaml': (name, value) => `env:\n- name: ${name}\n  value: ${value}\n- name: a\n  value: b`,
  'pair, yaml, value first': (name, value) => `env:\n- value: ${value}\n  name: ${name}`,
  'pair, yaml block': (name, value) => `env:\n- name: ${name}\n  value: |\n    ${value}\n- name: a`,
  logfmt: (name, value) => `time=x level=info ${name}=${value} b=c`,
  'logfmt, quoted': (name, value) => `time=x level=info ${name}="${value} ${value}" b=c`,
  'struct of Go': (name, value) => `{User:bob ${name}:${value} B:c}`,
  'map of Go': (name, value) => `headers: map[A:[b] ${name}:[${value}] C:[d]]`,
  python: (name, value) => `{'a': 1, '${name}': '${value}', 'b': u'c'}`,
  ruby: (name, value) => `{:a=>1, "${name}"=>"${value}"}`,
  'cut off in a quote': (name, value) => `{"a":1,"${name}":"${value}`,
  query: (name, value) => `GET /x?${name}=${encodeURIComponent(value).replaceAll("'", '')}&b=c HTTP/1.1`,
};

/** A value under any of the names, spelled so. */
export function fields(spelling: string): fc.Arbitrary<Planted> {
  return fc.tuple(fc.constantFrom(...secretNames), values).map(([name, value]) => ({
    text: spellings[spelling]?.(name, value) ?? '',
    needle: spelling === 'query' ? encodeURIComponent(value) : value,
  }));
}

/** Whole files of several lines. */
export const documents: Readonly<Record<string, fc.Arbitrary<Planted>>> = {
  'private key': pem.map(text => ({ text, needle: innerOf(text) })),
  'private key, never ended': pem.map(text => ({
    text: text.slice(0, text.lastIndexOf('-----END')),
    needle: innerOf(text),
  })),
  'private key, begin missing': pem.map(text => ({ text: text.slice(text.indexOf('\n') + 20), needle: innerOf(text) })),
  'private key, indented': pem.map(text => ({ text: `key: |\n${text.replace(/^/gm, '    ')}`, needle: innerOf(text) })),
  'private key in a journal': pem.map(text => ({
    text: text.trim().replace(/^/gm, 'Nov 22 18:57:20 edge-1 x[12]: '),
    needle: innerOf(text),
  })),
  'private key in a pod log': pem.map(text => ({
    text: text.trim().replace(/^/gm, '2026-11-22T18:57:20.123456789Z stdout F '),
    needle: innerOf(text),
  })),
  'private key in a log of docker': pem.map(text => ({
    text: text
      .trim()
      .split('\n')
      .map(log => JSON.stringify({ log: `${log}\n`, stream: 'stdout', time: '2026-11-22T18:57:20Z' }))
      .join('\n'),
    needle: innerOf(text),
  })),
  'key of PuTTY': pick(alnum, 64, needle => ({
    text: `PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPrivate-Lines: 2\n${needle}\n${needle}\nPrivate-MAC: 00`,
    needle,
  })),
  'private key in wrapped base64': pem.map(text => {
    const lines = base64(text).match(/.{1,64}/g) ?? [];
    return { text: lines.join('\n'), needle: (lines[1] ?? '').slice(0, 30) };
  }),
  'chpasswd of cloud-init': pick(alnum, 12, needle => ({
    text: `chpasswd:\n  expire: false\n  list: |\n    ubuntu:${needle}\n    root:x${needle}\nruncmd: []`,
    needle,
  })),
  'chpasswd of cloud-init, list': pick(alnum, 12, needle => ({
    text: `chpasswd:\n  list:\n  - ubuntu:${needle}\n  expire: false\nruncmd: []`,
    needle,
  })),
  'chpasswd of cloud-init, in json': pick(alnum, 12, needle => ({
    text: JSON.stringify({ userData: `#cloud-config\nchpasswd:\n  list: |\n    ubuntu:${needle}\n` }),
    needle,
  })),
  'docker login file': pick(alnum, 20, needle => ({
    text: JSON.stringify({ auths: { 'r.io': { auth: needle } } }, null, 2),
    needle,
  })),
  'Secret, yaml': pick(alnum, 20, needle => ({
    text: `apiVersion: v1\ndata:\n  a: ${needle}\n  b.c: ${needle}\nkind: Secret\nmetadata:\n  name: x\ntype: Opaque`,
    needle,
  })),
  'Secret, yaml, kind first': pick(alnum, 20, needle => ({
    text: `apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\nstringData:\n  a: ${needle}\n  b: "${needle} ${needle}"\n---\na: b`,
    needle,
  })),
  'Secret in a list, yaml': pick(alnum, 20, needle => ({
    text: `items:\n- apiVersion: v1\n  data:\n    a: ${needle}\n  kind: Secret\n  metadata:\n    name: x\n- kind: Pod`,
    needle,
  })),
  'Secret, json': pick(alnum, 20, needle => ({
    text: JSON.stringify({ data: { a: needle, b: needle }, kind: 'Secret' }),
    needle,
  })),
  'Secret, pretty json': pick(alnum, 20, needle => ({
    text: JSON.stringify({ apiVersion: 'v1', data: { a: needle, b: needle }, kind: 'Secret', metadata: {} }, null, 4),
    needle,
  })),
  'Secret, json in json': pick(alnum, 20, needle => ({
    text: JSON.stringify({ last: JSON.stringify({ data: { a: needle }, kind: 'Secret' }) }),
    needle,
  })),
  EncryptionConfiguration: pick(alnum, 43, secret => ({
    text: `resources:\n- providers:\n  - aescbc:\n      keys:\n      - name: key1\n        secret: ${secret}=`,
    needle: secret,
  })),
  'WireGuard in netplan': pick(alnum, 43, needle => ({
    text: `tunnels:\n  wg0:\n    mode: wireguard\n    key: ${needle}=`,
    needle,
  })),
};
