import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { shownFingerprint } from './fingerprint.ts';

it('the shown fingerprint is the SHA-256 of the certificate', async () => {
  const der = Uint8Array.from([48, 130, 1, 2, 3]);
  const expected = createHash('sha256').update(der).digest('hex').toUpperCase().match(/../g)?.join(':');
  expect(await shownFingerprint(der)).toBe(expected);
});
