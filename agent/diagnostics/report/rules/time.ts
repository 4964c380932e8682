import { anyLog, badCheck, endedWith, failedCheck, line, lineAnd, type Rule } from './rule.ts';

/** Clocks and certificates. */
export const timeRules: readonly Rule[] = [
  {
    id: 'clock-wrong',
    weight: 'cause',
    title: 'the clock of this machine is wrong, so that valid certificates look invalid',
    why: 'A certificate counts between two dates, by the clock of the machine that checks it.',
    who: 'technician',
    next: 'set the time on the hypervisor or by a time server, look with: timedatectl; then: conjurer run',
    needs: [[endedWith('E_CLOCK_WRONG', 'E_CLOCK_NOT_SET'), failedCheck('time-skew')]],
    backing: [
      lineAnd(anyLog, /is before \d{4}|not yet valid/, 'certificate has expired or is not yet valid'),
      line(anyLog, 'certificate is not yet valid'),
      badCheck('rtc', 'time-synchronized'),
    ],
    explains: ['certificate-not-yet-valid', 'controller-intercepted', 'time-not-synchronised', 'certificate-expired'],
  },
  {
    id: 'certificate-not-yet-valid',
    weight: 'sign',
    title: 'a certificate was refused because it was not valid yet',
    why: 'Either the clock was behind when it was checked, or ahead when it was issued.',
    who: 'technician',
    next: 'timedatectl; conjurer preflight',
    needs: [
      [
        lineAnd(anyLog, /current time \S+ is before /, 'certificate has expired or is not yet valid'),
        line(anyLog, 'certificate is not yet valid', 'CERT_NOT_YET_VALID'),
      ],
    ],
  },
  {
    id: 'certificate-expired',
    weight: 'cause',
    title: 'a certificate that Kubernetes needs has expired',
    why: 'The components of the cluster refuse each other, and the API server cannot be used.',
    who: 'technician',
    next: 'kubeadm certs check-expiration; kubeadm certs renew all, then restart the node',
    needs: [[lineAnd(anyLog, /current time \S+ is after /, 'certificate has expired or is not yet valid')]],
    backing: [line(/^certificates\//, 'expired')],
    explains: ['api-server-down', 'kubelet-cannot-register'],
  },
  {
    id: 'credentials-expired',
    weight: 'cause',
    title: 'the credentials to register with have expired or were revoked',
    why: 'They open the door to register, for a time that the admin of the Controller chose.',
    who: 'controller-admin',
    next: 'issue new credentials on the Controller, put both files in place, then: conjurer run',
    needs: [
      [endedWith('E_CREDENTIALS_EXPIRED', 'E_BOOTSTRAP_EXPIRED', 'E_BOOTSTRAP_REVOKED', 'E_CLIENT_CERT_EXPIRED')],
    ],
    backing: [failedCheck('credentials')],
  },
  {
    id: 'time-not-synchronised',
    weight: 'note',
    title: 'no time service keeps the clock',
    why: 'It drifts, and one day certificates do not fit.',
    who: 'technician',
    next: 'timedatectl; name reachable time servers as network.ntp.servers in conjurer.yaml',
    needs: [[badCheck('time-synchronized'), line(/^clock\/timedatectl\.txt$/, 'NTPSynchronized=no')]],
  },
];
