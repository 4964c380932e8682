/** More than any OVF document needs. A document that is larger is refused, so that a hostile one costs nothing. */
export const xmlLimits = { characters: 1024 * 1024, levels: 32, elements: 20_000, attributes: 64 } as const;
