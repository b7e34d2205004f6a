import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      '{main,shared,renderer}/**/*.test.{ts,tsx}',
      'test/{fleet,support,contract,property}/**/*.test.ts',
    ],
    testTimeout: 20_000,
  },
});
