import { expect, test } from 'vitest';
import { matchesNoProxy } from '../../../../agent/controller/no-proxy.ts';

test.each([
  ['controller.example.org', 'controller.example.org', true],
  ['controller.example.org', 'Controller.Example.ORG', true],
  ['controller.example.org', 'example.org', true],
  ['controller.example.org', '.example.org', true],
  ['controller.example.org', '*.example.org', true],
  ['example.org', 'example.org', true],
  ['example.org', '.example.org', false],
  ['notexample.org', 'example.org', false],
  ['controller.example.org', 'ample.org', false],
  ['controller.example.org', 'controller', false],
  ['controller.example.org.', 'example.org', true],
  ['anything', '*', true],
  ['anything', '', false],
  ['anything', ' anything ', true],
  ['controller.example.org', 'example.org:8443', true],
  ['controller.example.org', 'example.org:443', false],
  ['10.1.2.3', '10.1.2.3', true],
  ['10.1.2.3', '10.1.2.4', false],
  ['10.1.2.3', '10.1.2.3:8443', true],
  ['10.1.2.3', '10.1.2.3:443', false],
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['10.1.2.3', '10.1.2.0/23', true],
  ['10.1.4.3', '10.1.2.0/23', false],
  ['10.1.2.3', '0.0.0.0/0', true],
  ['10.1.2.3', '10.0.0.0/33', false],
  ['10.1.2.3', '10.0.0.0/', false],
  ['10.1.2.3', '10.0.0.0/8/8', false],
  ['fd00::1', 'fd00::/8', true],
  ['fe80::1', 'fd00::/8', false],
  ['fd00::1', '[fd00::]/8', true],
  ['fd00::1', 'fd00:0:0::1', true],
  ['fd00::1', '[fd00::1]', true],
  ['fd00::1', '[fd00::1]:8443', true],
  ['fd00::1', '[fd00::1]:443', false],
  ['fd00::1', '10.0.0.0/8', false],
  ['10.host.example', '10.0.0.0/8', false],
])('%s by %s: %s', (host, entry, expected) => {
  expect(matchesNoProxy(host, 8443, [entry])).toBe(expected);
});

test('any entry counts', () => {
  expect(matchesNoProxy('b', 443, ['a', 'b'])).toBe(true);
  expect(matchesNoProxy('b', 443, [])).toBe(false);
});
