/** Variables that steer Node, TLS or proxies. The Controller and its proxy come from the configuration alone. */
const foreign = /^(NODE_.*|OPENSSL_.*|SSL_CERT_FILE|SSL_CERT_DIR|SSLKEYLOGFILE|(all|http|https|ftp|no)_proxy)$/i;

/** Takes them out of an environment, before anything that would look at them is loaded. */
export function removeForeign(environment: Record<string, string | undefined>): void {
  for (const name of Object.keys(environment)) if (foreign.test(name)) delete environment[name];
}
