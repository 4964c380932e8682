/** Who can mend it: the person at the machine, the admin of the Controller, the builder of the image, or time alone. */
export type Fixer = 'technician' | 'controller-admin' | 'image-builder' | 'retry';

export interface ErrorEntry {
  /** The exit status of the process that ends with it (docs/errors.md lists their meanings). */
  readonly status: number;
  readonly fixer: Fixer;
  /** One line: what is wrong. */
  readonly title: string;
  /** What it means and what conjurer did about it. */
  readonly explain: string;
  /** What to type or do next. */
  readonly next: string;
  /** The protocol's own name of it, on the wire or local. */
  readonly problem?: string;
  /** How a call that ends so is treated. */
  readonly class?: 'retry' | 'wait' | 'terminal';
}

/** Every failure that conjurer can name. `conjurer explain CODE` prints a row, docs/errors.md is made from all. */
export const errorTable = {
  // The command and its inputs
  E_USAGE: {
    status: 2,
    fixer: 'technician',
    title: 'the command line is not understood',
    explain: 'A command, flag or value is unknown or missing. Nothing was done.',
    next: 'conjurer --help',
  },
  E_CONFIG_INVALID: {
    status: 78,
    fixer: 'technician',
    title: 'the configuration is not valid',
    explain:
      'A key of conjurer.yaml, of a drop-in, of an OVF property, of the environment or of a flag is unknown or has a value that does not fit. Nothing was done.',
    next: 'correct the key that is named, then: conjurer run',
  },
  E_INPUT_MISSING: {
    status: 78,
    fixer: 'technician',
    title: 'an input file is missing',
    explain:
      'The passphrase or the credentials file is not where the configuration says, and this machine has no certificate of its own yet.',
    next: 'put the file there (owner root, mode 0400), then: conjurer run',
  },
  E_INPUT_UNSAFE: {
    status: 78,
    fixer: 'technician',
    title: 'an input file could have been read or changed by others',
    explain:
      'The passphrase and the credentials are refused when they are a symlink, not owned by root, or open to group or others.',
    next: 'chown root: FILE && chmod 0400 FILE, then: conjurer run',
  },
  E_PASSPHRASE_WRONG: {
    status: 78,
    fixer: 'technician',
    title: 'the passphrase does not belong to these credentials',
    explain:
      'Neither the seal of the credentials file nor its key opens with this passphrase. Both files are downloaded as a pair when the cluster is created.',
    next: 'compare both files with the download on the Controller, replace the passphrase file, then: conjurer run',
    problem: 'passphrase_wrong',
    class: 'terminal',
  },
  E_CREDENTIALS_CHANGED: {
    status: 78,
    fixer: 'technician',
    title: 'the credentials file was changed after the Controller made it',
    explain:
      'The passphrase opens the key, but the seal over the file does not fit: CA, address or line endings are not those that the Controller wrote.',
    next: 'download the credentials again and copy them in binary mode, then: conjurer run',
    problem: 'credentials_changed',
    class: 'terminal',
  },
  E_CREDENTIALS_INVALID: {
    status: 78,
    fixer: 'technician',
    title: 'the passphrase or credentials file is not valid',
    explain:
      'One of the checks failed that are made before anything is sent: format, encryption, mac, keyOpens, keyFits, enrollment, issuer, clientAuth, san. The message names the first that did.',
    next: 'download the credentials again from the Controller, then: conjurer run',
    problem: 'credentials_invalid',
    class: 'terminal',
  },
  E_CREDENTIALS_EXPIRED: {
    status: 78,
    fixer: 'controller-admin',
    title: 'the bootstrap certificate in the credentials has expired',
    explain:
      'The credentials are genuine but too old. The file is read again at each slow retry, so it can be replaced in place while conjurer waits.',
    next: 'download new credentials and their passphrase, replace both files in place; a run that waits goes on by itself, else: conjurer run',
    problem: 'credentials_expired',
    class: 'wait',
  },
  E_NOT_ALLOWED: {
    status: 78,
    fixer: 'technician',
    title: 'this user may not do that',
    explain: 'The command changes the machine or reads what only root may read.',
    next: 'run the same command with sudo',
  },

  // Reaching the Controller
  E_CONTROLLER_UNREACHABLE: {
    status: 69,
    fixer: 'technician',
    title: 'the Controller cannot be reached',
    explain:
      'The connection failed at the layer that is named: name, address, tcp, proxy, tls or http. conjurer goes on trying; with --deadline it ends with status 69.',
    next: 'conjurer preflight names the layer that fails; when it is mended: conjurer run',
    problem: 'controller_unreachable',
    class: 'retry',
  },
  E_CONTROLLER_UNTRUSTED: {
    status: 69,
    fixer: 'technician',
    title: 'the server that answered is not the Controller of these credentials',
    explain:
      'Its certificate is not issued by the CA in the credentials, or not for this name. A proxy that intercepts TLS looks exactly like this. Nothing was sent.',
    next: 'conjurer preflight shows the certificate that was seen; let the address of the Controller pass the proxy unopened, then: conjurer run',
    problem: 'controller_untrusted',
    class: 'wait',
  },
  E_CLOCK_WRONG: {
    status: 75,
    fixer: 'technician',
    title: 'the clock of this machine is wrong',
    explain:
      'By the local clock a certificate is not valid yet or any more, and the clock could not be set from the signed time of the Controller.',
    next: 'set the clock (timedatectl set-time "YYYY-MM-DD HH:MM:SS") or give it a time server, then: conjurer run',
    problem: 'clock_wrong',
    class: 'wait',
  },
  E_CLOCK_NOT_SET: {
    status: 75,
    fixer: 'technician',
    title: 'the clock could not be set',
    explain: 'Setting the system clock was refused, as in a container or for a user other than root.',
    next: 'set the clock as root, of a container on its host (timedatectl set-time "YYYY-MM-DD HH:MM:SS"), then: conjurer run',
  },
  E_ANSWER_FOREIGN: {
    status: 69,
    fixer: 'technician',
    title: 'something other than the Controller answered',
    explain:
      'The answer is not in the form of the protocol (HTML from a proxy, a captive portal, a cut body). It is tried again.',
    next: 'conjurer preflight shows who answers; when it is mended: conjurer run',
    problem: 'answer_foreign',
    class: 'retry',
  },

  // What the Controller answers (protocol.md, Errors)
  E_MALFORMED: {
    status: 78,
    fixer: 'image-builder',
    title: 'the Controller does not understand the request',
    explain: 'Agent and Controller disagree about the protocol.',
    next: 'conjurer --version --json, and give what it prints to support, with the request id',
    problem: 'malformed',
    class: 'terminal',
  },
  E_CSR_INVALID: {
    status: 78,
    fixer: 'technician',
    title: 'the Controller refuses the certificate request',
    explain: 'The request, or the key in it, is not acceptable: a key may not be used twice.',
    next: 'put passphrase and credentials in place, then: conjurer recover --new-identity',
    problem: 'csr_invalid',
    class: 'terminal',
  },
  E_IDEMPOTENCY_MISMATCH: {
    status: 78,
    fixer: 'technician',
    title: 'the Controller knows this key with another request',
    explain: 'The registration stored on this machine and the one that the Controller holds differ.',
    next: 'put passphrase and credentials in place, then: conjurer recover',
    problem: 'idempotency_mismatch',
    class: 'terminal',
  },
  E_CLIENT_CERT_MISSING: {
    status: 78,
    fixer: 'technician',
    title: 'the Controller saw no client certificate',
    explain: 'Something between this machine and the Controller ends TLS and drops the certificate.',
    next: 'let the address of the Controller pass the proxy or load balancer unopened, then: conjurer run',
    problem: 'client_cert_missing',
    class: 'terminal',
  },
  E_CLIENT_CERT_UNTRUSTED: {
    status: 78,
    fixer: 'technician',
    title: 'the Controller does not trust the certificate of this machine',
    explain: 'The certificate was issued by another Controller, or the CA was replaced.',
    next: 'download passphrase and credentials again and put them in place, then: conjurer recover',
    problem: 'client_cert_untrusted',
    class: 'terminal',
  },
  E_CLIENT_CERT_EXPIRED: {
    status: 78,
    fixer: 'technician',
    title: 'the certificate of this machine has expired',
    explain: 'The machine was off, or cut off, for longer than its certificate lives.',
    next: 'put passphrase and credentials in place, then: conjurer recover',
    problem: 'client_cert_expired',
    class: 'terminal',
  },
  E_CLIENT_CERT_REVOKED: {
    status: 77,
    fixer: 'controller-admin',
    title: 'the certificate of this machine is revoked',
    explain: 'An admin revoked it, or the machine was enrolled again under a new key.',
    next: 'ask the admin of the Controller; where the machine shall come back, put passphrase and credentials in place, then: conjurer recover',
    problem: 'client_cert_revoked',
    class: 'terminal',
  },
  E_BOOTSTRAP_REVOKED: {
    status: 78,
    fixer: 'controller-admin',
    title: 'the credentials of the cluster are revoked',
    explain: 'The bootstrap certificate no longer opens the door. The file is read again at each slow retry.',
    next: 'download new credentials and their passphrase, replace both files in place; a run that waits goes on by itself, else: conjurer run',
    problem: 'bootstrap_revoked',
    class: 'wait',
  },
  E_BOOTSTRAP_EXPIRED: {
    status: 78,
    fixer: 'controller-admin',
    title: 'the Controller calls the credentials expired',
    explain:
      'The bootstrap certificate is too old by the clock of the Controller. The file is read again at each slow retry.',
    next: 'download new credentials and their passphrase, replace both files in place; a run that waits goes on by itself, else: conjurer run',
    problem: 'bootstrap_expired',
    class: 'wait',
  },
  E_QUOTA_EXHAUSTED: {
    status: 75,
    fixer: 'controller-admin',
    title: 'the cluster takes no more registrations',
    explain: 'The number of registrations that these credentials allow is used up.',
    next: 'raise the quota on the Controller or download new credentials; conjurer goes on by itself',
    problem: 'quota_exhausted',
    class: 'wait',
  },
  E_REGISTRATION_DENIED: {
    status: 77,
    fixer: 'controller-admin',
    title: 'the registration was denied',
    explain: 'An admin of the Controller denied this machine. It will not ask again by itself.',
    next: 'ask the admin of the Controller why; where it was a mistake: conjurer recover --new-identity',
    problem: 'registration_denied',
    class: 'terminal',
  },
  E_NODE_BANNED: {
    status: 77,
    fixer: 'controller-admin',
    title: 'this node is banned',
    explain: 'An admin of the Controller banned this node.',
    next: 'ask the admin of the Controller; when the ban is lifted: conjurer run',
    problem: 'node_banned',
    class: 'terminal',
  },
  E_WRONG_CLUSTER: {
    status: 78,
    fixer: 'technician',
    title: 'the certificate is for another cluster',
    explain: 'The Controller does not let this certificate act in that cluster.',
    next: 'download passphrase and credentials of the right cluster again and put them in place, then: conjurer run',
    problem: 'wrong_cluster',
    class: 'terminal',
  },
  E_WRONG_ROLE: {
    status: 78,
    fixer: 'technician',
    title: 'the certificate does not allow this call',
    explain: 'A bootstrap, node or operator certificate was used where another one is needed.',
    next: 'put passphrase and credentials in place, then: conjurer recover --new-identity',
    problem: 'wrong_role',
    class: 'terminal',
  },
  E_CLUSTER_UNKNOWN: {
    status: 75,
    fixer: 'controller-admin',
    title: 'the Controller does not know the cluster',
    explain: 'The cluster was deleted, or the Controller was restored from an older backup.',
    next: 'ask the admin of the Controller; conjurer goes on by itself',
    problem: 'cluster_unknown',
    class: 'wait',
  },
  E_NODE_UNKNOWN: {
    status: 75,
    fixer: 'controller-admin',
    title: 'the Controller does not know this node',
    explain: 'The node was deleted, or the Controller was restored from an older backup.',
    next: 'ask the admin of the Controller; where the node is gone for good, put passphrase and credentials in place, then: conjurer recover',
    problem: 'node_unknown',
    class: 'wait',
  },
  E_REGISTRATION_UNKNOWN: {
    status: 75,
    fixer: 'controller-admin',
    title: 'the Controller does not know this registration',
    explain: 'The first time conjurer waits, the second time it registers again, once.',
    next: 'ask the admin of the Controller; conjurer goes on by itself',
    problem: 'registration_unknown',
    class: 'wait',
  },
  E_NOT_FOUND: {
    status: 78,
    fixer: 'image-builder',
    title: 'the Controller does not have this call',
    explain: 'Agent and Controller disagree about the protocol.',
    next: 'conjurer --version --json, and give what it prints to support, with the request id',
    problem: 'not_found',
    class: 'terminal',
  },
  E_METHOD_NOT_ALLOWED: {
    status: 78,
    fixer: 'image-builder',
    title: 'the Controller does not allow this call',
    explain: 'Agent and Controller disagree about the protocol.',
    next: 'conjurer --version --json, and give what it prints to support, with the request id',
    problem: 'method_not_allowed',
    class: 'terminal',
  },
  E_NOT_APPROVED: {
    status: 75,
    fixer: 'retry',
    title: 'the registration is not approved yet',
    explain: 'The Controller has not finished the approval.',
    next: 'nothing, conjurer tries again',
    problem: 'not_approved',
    class: 'retry',
  },
  E_NOT_ACTIVATED: {
    status: 75,
    fixer: 'retry',
    title: 'the node is not activated yet',
    explain: 'The Controller has not finished the activation.',
    next: 'nothing, conjurer tries again',
    problem: 'not_activated',
    class: 'retry',
  },
  E_ALREADY_ACTIVATED: {
    status: 75,
    fixer: 'technician',
    title: 'the registration is activated already',
    explain:
      'The Controller counts this registration as activated, and this machine does not hold the certificate of it.',
    next: 'put passphrase and credentials in place, then: conjurer recover --new-identity',
    problem: 'already_activated',
    class: 'terminal',
  },
  E_EDGE_NAME_CONFLICT: {
    status: 75,
    fixer: 'controller-admin',
    title: 'another machine has this edge name',
    explain: 'A node with this name is active on other hardware. The newcomer waits for a decision.',
    next: 'choose another edgeName and run conjurer recover --new-identity, or have the admin release or approve this one',
    problem: 'edge_name_conflict',
    class: 'wait',
  },
  E_CLONE_SUSPECTED: {
    status: 75,
    fixer: 'controller-admin',
    title: 'the Controller suspects that this machine is a copy',
    explain:
      'The same identity was used from different hardware, or with a state that is older than the last one. The other machine goes on untouched.',
    next: 'on a copy: set another edgeName and run conjurer recover --new-identity; on the original: have the admin release it',
    problem: 'clone_suspected',
    class: 'wait',
  },
  E_RECOVERY_NEEDS_APPROVAL: {
    status: 75,
    fixer: 'controller-admin',
    title: 'this known machine comes back with a new key',
    explain:
      'Its disk or image is new. An admin must approve the new key, even where new machines are approved by themselves.',
    next: 'compare the claim code with the Controller and have it approved, or: conjurer recover --ticket FILE',
    problem: 'recovery_needs_approval',
    class: 'wait',
  },
  E_IMAGE_TOO_NEW: {
    status: 75,
    fixer: 'controller-admin',
    title: 'the image needs a newer Controller',
    explain: 'The image declares a lowest Controller version that this Controller does not reach.',
    next: 'upgrade the Controller, or use an older image; conjurer goes on by itself',
    problem: 'image_too_new',
    class: 'wait',
  },
  E_IMAGE_TOO_OLD: {
    status: 75,
    fixer: 'image-builder',
    title: 'the Controller wants a newer image',
    explain: 'The Controller declares a lowest image version that this image does not reach.',
    next: 'deploy the VM from a newer image, or have an admin of the Controller admit this one; conjurer goes on by itself',
    problem: 'image_too_old',
    class: 'wait',
  },
  E_IMAGE_BLOCKED: {
    status: 75,
    fixer: 'image-builder',
    title: 'the Controller blocks this image',
    explain: 'This very image is on the block list of the Controller.',
    next: 'deploy the VM from another image, or have an admin of the Controller admit this one; conjurer goes on by itself',
    problem: 'image_blocked',
    class: 'wait',
  },
  E_REGISTRATION_EXPIRED: {
    status: 75,
    fixer: 'retry',
    title: 'the registration expired before it was decided',
    explain: 'Nobody decided for 30 days. The same request is sent again.',
    next: 'have the registration approved on the Controller; conjurer goes on by itself',
    problem: 'registration_expired',
    class: 'retry',
  },
  E_NODE_DECOMMISSIONED: {
    status: 77,
    fixer: 'controller-admin',
    title: 'this node is decommissioned',
    explain: 'The Controller has released this node from the cluster for good.',
    next: 'where the machine shall be used anew: conjurer reset',
    problem: 'node_decommissioned',
    class: 'terminal',
  },
  E_TOO_LARGE: {
    status: 78,
    fixer: 'image-builder',
    title: 'the request is too large for the Controller',
    explain: 'A body is limited to 1 MiB, a bundle to 256 MiB.',
    next: 'conjurer facts --json, and give what it prints to support',
    problem: 'too_large',
    class: 'terminal',
  },
  E_RATE_LIMITED: {
    status: 75,
    fixer: 'retry',
    title: 'the Controller asks for patience',
    explain: 'Too many requests at this moment; it is tried again when the Controller said.',
    next: 'nothing, conjurer tries again',
    problem: 'rate_limited',
    class: 'retry',
  },
  E_MAINTENANCE: {
    status: 75,
    fixer: 'retry',
    title: 'the Controller is under maintenance',
    explain: 'It is tried again when the Controller said.',
    next: 'nothing, conjurer tries again',
    problem: 'maintenance',
    class: 'retry',
  },
  E_INTERNAL: {
    status: 75,
    fixer: 'retry',
    title: 'the Controller failed',
    explain: 'An internal error of the Controller; it is tried again.',
    next: 'nothing, conjurer tries again; where it lasts, give the request id to the admin of the Controller',
    problem: 'internal',
    class: 'retry',
  },
  E_PROBLEM_UNKNOWN: {
    status: 75,
    fixer: 'controller-admin',
    title: 'the Controller names a problem that this agent does not know',
    explain: 'It is treated by the class that the Controller gave it.',
    next: 'conjurer --version --json, and give what it prints to support, with the request id',
    problem: 'unknown',
  },

  // What the Controller sends
  E_CERTIFICATE_REFUSED: {
    status: 78,
    fixer: 'controller-admin',
    title: 'the certificate that the Controller issued does not fit this machine',
    explain: 'Its chain, key, names or use are not what was asked for. It was not stored.',
    next: 'give the message to the admin of the Controller, then: conjurer run',
  },
  E_CONFIG_DOCUMENT_REFUSED: {
    status: 78,
    fixer: 'controller-admin',
    title: 'the configuration from the Controller was refused',
    explain:
      'Its signature, addressee, nonce, generation or content is not acceptable. The last accepted one stays in force.',
    next: 'correct the configuration of the cluster on the Controller; conjurer run fetches it anew',
  },
  E_CONFIG_SUPERSEDED: {
    status: 75,
    fixer: 'retry',
    title: 'the Controller has a newer configuration than the one that was being handed off',
    explain:
      'The configuration changed while the management operator was waited for. The run goes on with the new one.',
    next: 'nothing, conjurer goes on by itself; where it stopped: conjurer run',
  },
  E_DRIVER_UNSUPPORTED: {
    status: 78,
    fixer: 'controller-admin',
    title: 'the configuration names a hand-off driver that this build does not have',
    explain: 'The configuration was made for another version of conjurer.',
    next: 'set handoff.driver on the Controller to one that conjurer --version --json lists, then: conjurer run',
  },
  E_VERSION_MISMATCH: {
    status: 75,
    fixer: 'controller-admin',
    title: 'Controller and agent have no protocol version in common',
    explain: 'The Controller does not speak protocol v1.',
    next: 'upgrade the Controller or the image, whichever is older; conjurer goes on by itself',
    class: 'wait',
  },
  E_OPERATOR_NOT_READY: {
    status: 75,
    fixer: 'technician',
    title: 'the management operator has not called the Controller',
    explain: 'It was started, but the Controller has not heard from it.',
    next: 'look at what the operator says, then: conjurer run',
    class: 'retry',
  },

  // What the image holds
  E_CONTAINERD: {
    status: 5,
    fixer: 'technician',
    title: 'containerd does not do what is asked of it',
    explain: 'An image could not be listed, imported or labelled. The message holds what containerd said.',
    next: 'systemctl status containerd; journalctl -u containerd; then: conjurer validate --repair',
  },
  E_UPDATE_REFUSED: {
    status: 78,
    fixer: 'controller-admin',
    title: 'the configuration names an update that cannot be made',
    explain:
      'An entry of its section components does not fit the manifest of this image. Nothing was fetched, and the configuration is taken back.',
    next: 'correct the section components of the configuration on the Controller, then: conjurer run',
  },
  E_UPDATE_FETCH: {
    status: 69,
    fixer: 'controller-admin',
    title: 'the update of a component could not be fetched',
    explain:
      'What was fetched stays, and the next run goes on from there. The component is as it was, and the configuration is taken back.',
    next: 'make the address that is named reachable from this machine, then: conjurer run',
  },
  E_UPDATE_MISMATCH: {
    status: 5,
    fixer: 'controller-admin',
    title: 'what was fetched is not the update that the configuration names',
    explain: 'Its hash or its size differs, so it was thrown away. The component is as it was.',
    next: 'correct the file at that address or the section components of the configuration, then: conjurer run',
  },
  E_UPDATE_NO_ROOM: {
    status: 78,
    fixer: 'technician',
    title: 'the disk has no room for the update of a component',
    explain: 'Nothing was fetched. The component is as it was.',
    next: 'df -h; make room or give the VM a larger disk, then: conjurer run',
  },
  E_IMAGE_ARCHIVE: {
    status: 5,
    fixer: 'image-builder',
    title: 'the archive that an image would be imported from is not the declared one',
    explain:
      'Its hash differs from the signed manifest, so nothing was imported from it. What is in containerd is as it was.',
    next: 'put the archive back from the image, or deploy the VM again, then: conjurer validate --repair',
  },
  E_MANIFEST_MISSING: {
    status: 5,
    fixer: 'image-builder',
    title: 'this machine has no component manifest',
    explain:
      'Without the signed manifest of the image nobody can say what should be here. conjurer run goes on without it.',
    next: 'ls -l /usr/share/conjurer/; the image builder makes it: conjurer manifest create --help',
  },
  E_MANIFEST_UNSIGNED: {
    status: 5,
    fixer: 'image-builder',
    title: 'the component manifest has no usable signature',
    explain:
      'The signature that belongs beside the manifest is not there or cannot be read, so nothing in the manifest counts.',
    next: 'deploy the VM from the image again; image builder: conjurer manifest sign --key FILE',
  },
  E_MANIFEST_KEY_UNKNOWN: {
    status: 5,
    fixer: 'image-builder',
    title: 'the component manifest is signed by a key that this machine does not trust',
    explain:
      'Neither the keys built into conjurer nor those in /etc/conjurer/trust.d hold the key that the signature names.',
    next: 'ls -l /etc/conjurer/trust.d; put the public key of the image builder there, then: conjurer validate',
  },
  E_MANIFEST_ALTERED: {
    status: 5,
    fixer: 'image-builder',
    title: 'the component manifest was altered after it was signed',
    explain: 'The bytes of the manifest are not those that the signature was made for. Nothing in it was read.',
    next: 'deploy the VM from the image again, or put back the manifest and its signature from the image',
  },
  E_MANIFEST_SIGNATURE_WRONG: {
    status: 5,
    fixer: 'image-builder',
    title: 'the signature of the component manifest is wrong',
    explain:
      'The signature was not made by the key that it names. It is damaged or forged. Nothing in the manifest was read.',
    next: 'deploy the VM from the image again; if that does not help, tell the image builder',
  },
  E_MANIFEST_INVALID: {
    status: 5,
    fixer: 'image-builder',
    title: 'the component manifest is not valid',
    explain: 'It is signed by a trusted key, but does not hold what a manifest of this version holds.',
    next: 'use the binary of the same release as the image; image builder: conjurer manifest create --help',
  },
  E_MANIFEST_OTHER_BUILD: {
    status: 5,
    fixer: 'image-builder',
    title: 'the component manifest is that of another image',
    explain:
      'It is signed by a trusted key, but its build is not the one that this machine was made from: it was swapped, or an older one was put back.',
    next: 'put back the manifest and signature of this image, or deploy the VM again, then: conjurer validate',
  },
  E_TRUST_UNSAFE: {
    status: 5,
    fixer: 'technician',
    title: 'the trusted keys could have been changed by others',
    explain:
      'The directory of the keys that may sign manifests, one above it, or a key in it belongs to another user, is a symlink, or may be written by others.',
    next: 'ls -ld /etc /etc/conjurer /etc/conjurer/trust.d; ls -l /etc/conjurer/trust.d',
  },
  E_TRUST_KEY_INVALID: {
    status: 5,
    fixer: 'technician',
    title: 'a trusted key cannot be read',
    explain: 'Every *.pem in /etc/conjurer/trust.d must hold one Ed25519 public key.',
    next: 'openssl pkey -pubin -in FILE -noout -text; replace or remove the file, then: conjurer validate',
  },
  E_COMPONENTS: {
    status: 5,
    fixer: 'technician',
    title: 'components do not match the manifest',
    explain:
      'Something that the image should hold is missing, altered, or was added, or could not be examined. The machine is not handed over like this.',
    next: 'conjurer validate',
  },
  E_FILE_CHANGED: {
    status: 75,
    fixer: 'technician',
    title: 'a file was changed while it was read',
    explain: 'Its size, time or place on the disk was another one after it was read, so its hash says nothing.',
    next: 'find out who writes to it (fuser -v FILE), then: conjurer validate',
  },
  E_SPEC_INVALID: {
    status: 2,
    fixer: 'image-builder',
    title: 'the declaration of the components is not valid',
    explain:
      'components.yaml has an unknown key or a value that does not fit, or names something that is not in the root directory. No manifest was written.',
    next: 'correct what is named, then: conjurer manifest create',
  },
  E_SIGNING_KEY: {
    status: 2,
    fixer: 'image-builder',
    title: 'the key to sign with cannot be used',
    explain:
      'It must be an Ed25519 private key in PEM, unencrypted, in a file of mode 0600 or 0400 that belongs to you. Nothing was signed.',
    next: 'openssl genpkey -algorithm ed25519 -out FILE && chmod 0600 FILE',
  },

  // The support bundle
  E_BUNDLE_RECIPIENT: {
    status: 2,
    fixer: 'technician',
    title: 'nobody is named who could read the bundle',
    explain:
      'A bundle is encrypted to the age recipients in the configuration (bundle.recipients) or after --recipient, and there are none, or one of them is no age recipient. It is left unencrypted only where --plaintext says so. Nothing was collected.',
    next: 'conjurer bundle --recipient RECIPIENT with the age1… that support has given you, or: conjurer bundle --plaintext',
  },
  E_BUNDLE_FAILED: {
    status: 75,
    fixer: 'technician',
    title: 'the bundle could not be made',
    explain:
      'It could not be encrypted, or what would have been shipped did not pass the last search for secrets. Nothing was written.',
    next: 'conjurer bundle once more; where it fails again, send what conjurer --version --json prints to support',
  },
  E_BUNDLE_ENCRYPTED: {
    status: 2,
    fixer: 'technician',
    title: 'the bundle is encrypted',
    explain: 'Only who holds an age identity of one of its recipients can look into it.',
    next: 'conjurer bundle inspect FILE --identity KEYFILE',
  },
  E_BUNDLE_INVALID: {
    status: 5,
    fixer: 'technician',
    title: 'the bundle is not as it was made',
    explain:
      'The file is damaged or no bundle, a file in it is not the one that its manifest names, something was added or taken away, or its signature does not fit.',
    next: 'fetch the file again, or have it made again with: conjurer bundle',
  },
  E_BUNDLE_NOT_ENROLLED: {
    status: 2,
    fixer: 'technician',
    title: 'this machine has no certificate to send a bundle with',
    explain: 'The Controller takes bundles from machines that it has approved. The bundle itself needs no Controller.',
    next: 'conjurer bundle, and send the file that it writes to support',
  },

  // This machine
  E_HOST_FILE: {
    status: 75,
    fixer: 'technician',
    title: 'a file could not be read or written',
    explain: 'The operation, the path and the reason of the kernel are named. What was there is unchanged.',
    next: 'df -h; findmnt /; then: conjurer run',
  },
  E_STATE_INVALID: {
    status: 75,
    fixer: 'technician',
    title: 'a state file of conjurer is damaged',
    explain: 'A file under /var/lib/conjurer does not hold what conjurer writes. It was left as it is.',
    next: 'conjurer recover',
  },
  E_PREFLIGHT_FAILED: {
    status: 3,
    fixer: 'technician',
    title: 'this machine cannot become a node as it is',
    explain:
      'A preflight check that blocks has failed, and nobody has waived it. Nothing was changed. The message names the checks; conjurer explain ID says what each is about.',
    next: 'conjurer preflight shows what was seen, and what to do; when it is mended: conjurer run',
  },
  E_FACTS_MISSING: {
    status: 75,
    fixer: 'technician',
    title: 'this machine does not say enough about itself',
    explain: 'A fact that enrolment cannot do without could not be read.',
    next: 'conjurer facts lists under missing what could not be read, and why; when it can be read: conjurer run',
  },
  E_UNIT: {
    status: 75,
    fixer: 'technician',
    title: 'a systemd unit could not be set as wanted',
    explain: 'systemctl refused, or the unit did not start.',
    next: 'systemctl status UNIT; journalctl -u UNIT; then: conjurer run',
  },
  E_CLONED: {
    status: 78,
    fixer: 'technician',
    title: 'this machine is a copy of another one',
    explain:
      'The identity on this disk was made on different hardware, so it is the original that goes on with it. With another edgeName this machine sets it aside and gets one of its own.',
    next: 'set another edgeName in /etc/conjurer/conjurer.yaml, put passphrase and credentials in place, then: conjurer run',
  },

  // The network of this machine
  E_NETWORK_UNSUPPORTED: {
    status: 78,
    fixer: 'image-builder',
    title: 'nothing on this machine takes a network configuration from conjurer',
    explain: 'There is neither netplan nor a systemd-networkd that is enabled. Nothing was changed.',
    next: 'remove the interfaces below network: from conjurer.yaml, or use an image with netplan, then: conjurer run',
  },
  E_NETWORK_UNGUARDED: {
    status: 78,
    fixer: 'image-builder',
    title: 'the network is not changed, since nothing would put it back',
    explain:
      'A change of the network is only made while conjurer-network-rollback.timer and .service can put it back without conjurer. One of them or their program is missing or not enabled. Nothing was changed.',
    next: 'install what systemd/install.list names for the network rollback, then: conjurer run',
  },
  E_NETWORK_REFUSED: {
    status: 78,
    fixer: 'technician',
    title: 'netplan refuses the network configuration',
    explain: 'netplan judged a copy of /etc/netplan with the wanted file in it. Nothing was changed.',
    next: 'correct network: in conjurer.yaml, then: conjurer plan --only network; conjurer run',
  },
  E_NETWORK_NOT_APPLIED: {
    status: 75,
    fixer: 'technician',
    title: 'the network configuration could not be put into force',
    explain: 'netplan or systemd-networkd failed while applying. The network was put back to what it was.',
    next: 'correct network: in conjurer.yaml, then: conjurer run; journalctl -u systemd-networkd says more',
  },
  E_NETWORK_NOT_PROVED: {
    status: 75,
    fixer: 'technician',
    title: 'the new network configuration does not work',
    explain:
      'Within network.confirmSeconds an address, the default route, the gateway or the Controller could not be shown to work with it. The network was put back to what it was, and the next run goes on with that; until the next boot these interfaces are not tried again.',
    next: 'correct network: in conjurer.yaml, or the network, then: conjurer run',
  },
  E_NETWORK_ROLLED_BACK: {
    status: 75,
    fixer: 'technician',
    title: 'the network was put back by the rollback unit',
    explain:
      'A change of the network was not confirmed before its deadline, so conjurer-network-rollback.service put back what was there before.',
    next: 'journalctl -u conjurer-network-rollback; correct network: in conjurer.yaml, then: conjurer run',
  },
  E_NETWORK_AFTER_KUBERNETES: {
    status: 78,
    fixer: 'technician',
    title: 'the network is not changed any more once Kubernetes has started',
    explain:
      'A change would take routes and addresses away from running pods and from the certificates of the cluster. Nothing was changed.',
    next: 'take the change of network: out of conjurer.yaml, or: conjurer reset, then: conjurer run',
  },

  // The firewall
  E_FIREWALL_UNAVAILABLE: {
    status: 78,
    fixer: 'image-builder',
    title: 'the packet filter cannot be used',
    explain: 'iptables is missing on this machine, or its kernel lacks what the rules need. No rule was set.',
    next: 'install iptables, or set firewall.enabled: false in conjurer.yaml, then: conjurer run',
  },
  E_FIREWALL_REFUSED: {
    status: 75,
    fixer: 'technician',
    title: 'iptables refused the rules',
    explain:
      'Reading or setting the rules failed. A table is set whole or not at all, and what the stage did before was undone.',
    next: 'read what iptables said, then: conjurer run --only firewall',
  },
  E_FIREWALL_OTHER: {
    status: 78,
    fixer: 'technician',
    title: 'another firewall is active',
    explain: 'ufw or firewalld rules the same packets. Two of them are never mixed, so no rule was set.',
    next: 'switch the other one off, or set firewall.enabled: false in conjurer.yaml, then: conjurer run',
  },
  E_FIREWALL_UPLINK: {
    status: 78,
    fixer: 'technician',
    title: 'the uplinks of this machine are not known',
    explain:
      'The rules hold for the interfaces that lead out of the machine. None was found, or firewall.uplinks names one that is not there. No rule was set.',
    next: 'ip -br link; name the right ones in firewall.uplinks, then: conjurer run',
  },
  E_FIREWALL_CUT_OFF: {
    status: 75,
    fixer: 'technician',
    title: 'the Controller was reached before the rules were set, and not after it',
    explain: 'So the rules were taken back. Established connections are never closed by them.',
    next: 'conjurer preflight, then: conjurer run',
  },

  // The cluster
  E_CLUSTER_UNSUPPORTED: {
    status: 78,
    fixer: 'controller-admin',
    title: 'this image cannot make or join the cluster that the configuration names',
    explain:
      'Distribution, version, role or preloaded images do not fit each other. Nothing is fetched from a network, so what the image lacks stays lacking. Nothing was done.',
    next: 'correct cluster: in the configuration on the Controller, or deploy an image that fits, then: conjurer run',
  },
  E_CLUSTER_FOREIGN: {
    status: 78,
    fixer: 'technician',
    title: 'this machine is in a cluster that is not of conjurer',
    explain:
      'There are files of a node here that conjurer did not make, or the certificate of the cluster is another one. They are left alone.',
    next: 'deploy the VM from the image again; or, where that cluster is not needed: kubeadm reset, then: conjurer run',
  },
  E_CLUSTER_DIFFERS: {
    status: 78,
    fixer: 'controller-admin',
    title: 'the configuration asks for another cluster than the one that stands',
    explain: 'Role, name and networks of a cluster are fixed when it is made. The cluster that stands is left alone.',
    next: 'put the section cluster back on the Controller, then: conjurer run; for a new cluster: conjurer reset',
  },
  E_CLUSTER_DAMAGED: {
    status: 78,
    fixer: 'technician',
    title: 'files of the cluster are gone',
    explain:
      'conjurer made this cluster, and files that kubeadm wrote are gone since. It may hold data, so that nothing is removed.',
    next: 'bring the files back from a backup, then: conjurer run; to give the cluster up: conjurer reset',
  },
  E_CLUSTER_FAILED: {
    status: 75,
    fixer: 'technician',
    title: 'kubeadm could not make, join or leave the cluster',
    explain: 'What it began is removed by the next run, which begins anew.',
    next: 'journalctl -u kubelet -u containerd shows why; then: conjurer run',
  },
  E_CLUSTER_NOT_READY: {
    status: 75,
    fixer: 'technician',
    title: 'the cluster does not call this node ready',
    explain: 'Everything is in place, and kubelet or the API server did not come to it in time.',
    next: 'journalctl -u kubelet -u containerd shows why; then: conjurer run',
  },
  E_KERNEL: {
    status: 75,
    fixer: 'technician',
    title: 'the kernel is not as Kubernetes needs it',
    explain: 'A module could not be loaded, or a value is not kept: another file below /etc/sysctl.d may set it.',
    next: 'conjurer preflight names what the kernel lacks; then: conjurer run',
  },

  E_WORKLOAD_REFUSED: {
    status: 78,
    fixer: 'controller-admin',
    title: 'the configuration names manifests that this image cannot be given',
    explain:
      'A file is not in the image, or has another SHA-256 than the configuration or the component manifest says; it names an image that is not preloaded; or it does not hold the workload that is to be ready. Nothing is fetched from a network. The cluster stands; nothing of these manifests was applied.',
    next: 'correct handoff and addons of the configuration on the Controller, or deploy an image that fits, then: conjurer run',
  },
  E_WORKLOAD_NOT_APPLIED: {
    status: 75,
    fixer: 'technician',
    title: 'the cluster did not take the objects of operator or addons',
    explain: 'What kubectl said is what was seen. What was applied before stays; the next run goes on from there.',
    next: 'kubectl --kubeconfig /etc/kubernetes/admin.conf get --raw /readyz?verbose; then: conjurer run',
  },
  E_WORKLOAD_NOT_READY: {
    status: 75,
    fixer: 'technician',
    title: 'operator or addon did not become ready',
    explain:
      'Its objects are in the cluster, and its pods did not all run in time. What was seen of them is named; the machine was not handed off.',
    next: 'kubectl --kubeconfig /etc/kubernetes/admin.conf describe pods -A; then: conjurer run',
  },

  // The run itself
  E_LOCKED: {
    status: 75,
    fixer: 'retry',
    title: 'another conjurer is at work',
    explain: 'Only one run may change the machine at a time. status, facts and plan never wait for it.',
    next: 'conjurer status --watch',
  },
  E_CHANGE_DID_NOT_TAKE: {
    status: 75,
    fixer: 'technician',
    title: 'a change was made but does not hold',
    explain:
      'The change was applied without an error, and the machine does not show it: something else changes it back.',
    next: 'conjurer plan shows what is missing; look for what changes it back, then: conjurer run',
  },
  E_STAGE_NOT_PROVED: {
    status: 75,
    fixer: 'technician',
    title: 'a stage was carried out but does not hold',
    explain: 'Reading the machine again did not show what the stage is for.',
    next: 'conjurer plan shows what is missing; then: conjurer run',
  },
  E_STAGE_NOT_REVERTED: {
    status: 75,
    fixer: 'technician',
    title: 'a stage failed and could not be put back',
    explain:
      'The stage can cut the machine off, so what it changed is undone when it fails. The undo itself failed; the journal still holds it.',
    next: 'conjurer revert, then: conjurer run',
  },
  E_WAITING: {
    status: 20,
    fixer: 'controller-admin',
    title: 'waiting for approval',
    explain: 'The machine is registered, and an admin must approve its key. It was asked not to wait (--no-wait).',
    next: 'have an admin compare the claim code and approve it on the Controller, then: conjurer run',
  },
  E_INTERRUPTED: {
    status: 130,
    fixer: 'technician',
    title: 'interrupted',
    explain: 'Stopped at a safe point by Ctrl-C. What is done is kept.',
    next: 'conjurer run, which goes on from here',
  },
  E_TERMINATED: {
    status: 143,
    fixer: 'technician',
    title: 'terminated',
    explain: 'Stopped at a safe point by SIGTERM. What is done is kept.',
    next: 'conjurer run, which goes on from here',
  },
  E_BUG: {
    status: 1,
    fixer: 'image-builder',
    title: 'a bug in conjurer',
    explain: 'Something happened that the program does not expect.',
    next: 'conjurer bundle, and send the file that it writes to support',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;
