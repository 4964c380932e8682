/** How a check may ask the network. The agent has the real one, since sockets are its own. */
export interface Outside {
  /**
   * Names that this machine must resolve: of the Controller, or of the proxy that leads to it. [] where they are reached
   * by their addresses, or are this machine; null: nobody can tell, since the credentials are not there or may not be read.
   */
  names(): Promise<readonly string[] | null>;
  /** Asks this name server once for the addresses of a name. Rejects only with the signal's reason. */
  askNameServer(server: string, name: string, signal: AbortSignal): Promise<NameAnswer>;
  /** Asks a registry by the proxy in force. Rejects only with the signal's reason. */
  askRegistry(registry: Registry, signal: AbortSignal): Promise<RegistryAnswer>;
}

export interface Registry {
  /** "registry.example.com:5000" */
  readonly host: string;
  /** Trusted for it beside the CAs of the system, PEM. */
  readonly cas: readonly string[];
  /** false: its certificate is not looked at. */
  readonly verifies: boolean;
}

export type NameAnswer =
  /** Sorted. */
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  /** The server answers, and knows no address for the name. */
  | { readonly kind: 'unknown-name' }
  /** `code`: ETIMEOUT, ECONNREFUSED, ESERVFAIL, EREFUSED, … */
  | { readonly kind: 'no-answer'; readonly code: string };

/** `problem` null: it answered as a registry does. */
export interface RegistryAnswer {
  readonly observed: string;
  readonly problem: string | null;
}
