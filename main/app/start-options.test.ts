import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultLinkPort } from '../../shared/settings/policy.ts';
import { readStartOptions } from './start-options.ts';

const policyFile = (content: string): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'lehrpult-policy-')), 'policy.json');
  writeFileSync(path, content);
  return path;
};

test('without anything it is a console with defaults', () => {
  const { role, policy, profile, problems } = readStartOptions(['.'], null);
  expect({ role, profile, problems }).toEqual({ role: 'console', profile: null, problems: [] });
  expect(policy).toMatchObject({ linkPort: defaultLinkPort, useDiscovery: true, lockGraceSeconds: 120 });
});

test('the command line goes before the policy, switches of the browser are left alone', () => {
  const path = policyFile('{"role":"console","deviceName":"PC 1"}');
  const { role, policy, problems } = readStartOptions(
    ['--no-sandbox', '.', '--role=agent', `--policy=${path}`, '--remote-debugging-port=0'],
    null,
  );
  expect(role).toBe('agent');
  expect(policy.deviceName).toBe('PC 1');
  expect(problems).toEqual([]);
});

test('one wrong key is named and the others hold', () => {
  const path = policyFile('{"lockGraceSeconds":5,"roomName":"Raum 204","turnOffEncryption":true}');
  const { policy, problems } = readStartOptions([`--policy=${path}`], null);
  expect(policy).toMatchObject({ roomName: 'Raum 204', lockGraceSeconds: 120 });
  expect(problems).toEqual(['policy.lockGraceSeconds: not valid', 'policy.turnOffEncryption: unknown']);
});

test.each(['{', '[]', '"text"'])('a policy that is %s is named and the defaults hold', (content) => {
  const { role, problems } = readStartOptions([`--policy=${policyFile(content)}`], null);
  expect(role).toBe('console');
  expect(problems).toHaveLength(1);
});

test('a role that does not exist is named', () => {
  expect(readStartOptions(['--role=root'], null)).toMatchObject({
    role: 'console',
    problems: ['role: not valid'],
  });
});

test('the word admin is a role, and what follows is its command', () => {
  const started = [
    '--no-sandbox',
    '.',
    '--profile=/tmp/p',
    'admin',
    'add-teacher',
    '--name',
    'A B',
    '--json',
  ];
  expect(readStartOptions(started, null)).toMatchObject({
    role: 'admin',
    profile: '/tmp/p',
    adminLine: ['add-teacher', '--name', 'A B', '--json'],
    problems: [],
  });
  // As installed, where the app's path is not on the line; and with the role named, too.
  expect(readStartOptions(['admin', 'status'], null)).toMatchObject({ role: 'admin', adminLine: ['status'] });
  expect(readStartOptions(['.', '--role=admin', 'admin', 'init-school', '--name=admin'], null)).toMatchObject(
    {
      role: 'admin',
      adminLine: ['init-school', '--name=admin'],
    },
  );
  expect(readStartOptions(['--role=admin'], null)).toMatchObject({ role: 'admin', adminLine: [] });
});

test('the word admin further on, or as a value, starts no admin', () => {
  expect(readStartOptions(['.', '--profile', 'admin'], null)).toMatchObject({
    role: 'console',
    profile: 'admin',
  });
  expect(readStartOptions(['.', 'document', 'admin'], null)).toMatchObject({
    role: 'console',
    adminLine: [],
  });
  expect(readStartOptions(['.', '--role=agent', 'admin', 'status'], null).role).toBe('agent');
});
