import { expect, test } from 'vitest';
import { createRotation } from '../../../../agent/controller/rotation.ts';

const [a, b] = [new URL('https://a'), new URL('https://b')];

test('two failures in a row turn it, and it comes round', () => {
  const rotation = createRotation([a, b], 2);
  rotation.failed(a);
  expect(rotation.current).toBe(a);
  rotation.failed(a);
  expect(rotation.current).toBe(b);
  rotation.failed(b);
  rotation.failed(b);
  expect(rotation.current).toBe(a);
});

test('a success in between starts the count again', () => {
  const rotation = createRotation([a, b], 2);
  rotation.failed(a);
  rotation.succeeded();
  rotation.failed(a);
  expect(rotation.current).toBe(a);
});

test('a late failure of the address before does not count', () => {
  const rotation = createRotation([a, b], 1);
  rotation.failed(a);
  rotation.failed(a);
  expect(rotation.current).toBe(b);
});
