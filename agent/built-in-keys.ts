/** Replaced by the build with the public keys of build/trust/ (build/trust-keys.ts); absent when run from source. */
declare const CONJURER_TRUST_KEYS: readonly string[] | undefined;

/** The keys, PEM, that may sign a manifest on every machine, beside those of /etc/conjurer/trust.d. */
export const builtInKeys: readonly string[] = typeof CONJURER_TRUST_KEYS === 'undefined' ? [] : CONJURER_TRUST_KEYS;
