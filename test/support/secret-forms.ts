/** The secret itself, and what any base64 that holds it holds, wherever in it the secret begins. */
export function formsOf(secret: string): string[] {
  const encoded = [0, 1, 2].map(before => {
    const text = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]).toString('base64url');
    return text.slice(before === 0 ? 0 : before + 1, -2);
  });
  return [secret, ...encoded, ...encoded.map(text => text.replaceAll('-', '+').replaceAll('_', '/'))];
}
