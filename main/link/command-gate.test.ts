import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DeviceId, LessonId, LockId, PresentationId, RoomId, TeacherId } from '../../shared/domain/ids.ts';
import type { CommandBody, CommandRefusal, Order, Verb } from '../../shared/protocol/link.ts';
import { keyIdOf } from '../trust/certificate-profile.ts';
import { createSigner } from '../trust/command-signature.ts';
import { createCommandGate, type GateOptions } from './command-gate.ts';

const makeTeacher = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKey,
    keyId: TeacherId.parse(keyIdOf(publicKey.export({ type: 'spki', format: 'der' }))),
    sign: createSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
  };
};
const uuid = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;
const teacher = makeTeacher();
const stranger = makeTeacher();
const room = RoomId.parse(uuid(1));
const otherRoom = RoomId.parse(uuid(2));
const device = DeviceId.parse('d'.repeat(64));
const session = 'S'.repeat(22);
const lesson = LessonId.parse(uuid(3));
const lockId = LockId.parse(uuid(4));
const presentationId = PresentationId.parse(uuid(5));

const bodies: { readonly [V in Verb]: Extract<CommandBody, { verb: V }> } = {
  lock: { verb: 'lock', lockId, text: '', graceMs: 30_000, capMs: 60_000 },
  'renew-lock': { verb: 'renew-lock', lockId },
  unlock: { verb: 'unlock', lockId: null },
  watch: { verb: 'watch', quality: 'tile' },
  'show-presentation': { verb: 'show-presentation', presentationId },
  'end-presentation': { verb: 'end-presentation', presentationId: null },
  'open-url': { verb: 'open-url', url: 'https://example.org/' },
};
const verbs = Object.keys(bodies) as Verb[];

const openGate = (changes: Partial<GateOptions> = {}) =>
  createCommandGate({
    issuer: { keyId: teacher.keyId, publicKey: teacher.publicKey, role: 'teacher', roomId: room },
    device,
    room,
    session,
    roster: { allowsTeacher: () => true },
    lesson,
    ...changes,
  });

const orderText = (changes: Partial<Record<keyof Order | 'extra', unknown>> = {}): string =>
  JSON.stringify({
    v: 1,
    body: bodies.lock,
    room,
    device,
    issuer: teacher.keyId,
    session,
    seq: 1,
    ...changes,
  });
const signed = (text: string, by = teacher): [string, string] => [text, by.sign(text)];

describe('the gate', () => {
  it('lets through what the teacher of this room orders of this device in this connection', () => {
    const gate = openGate();
    verbs.forEach((verb, index) => {
      const seq = index * 2 + 1;
      expect(gate.check(...signed(orderText({ body: bodies[verb], seq })))).toEqual({
        refusal: null,
        seq,
        body: bodies[verb],
      });
    });
  });

  it('[LK25] takes no text but the one that was signed, and no key but the one TLS has proved', () => {
    const gate = openGate();
    const [text, signature] = signed(orderText());
    const forged: [string, string][] = [
      [text.replace('"seq":1', '"seq":2'), signature],
      [`${text} `, signature],
      [text.replace('{"v":1', '{ "v":1'), signature],
      [text, 'A'.repeat(86)],
      signed(orderText(), stranger),
      signed(orderText({ issuer: stranger.keyId }), stranger),
    ];
    for (const parts of forged) {
      expect(gate.check(...parts)).toEqual({ refusal: 'bad-signature', seq: null, verb: null });
    }
    expect(gate.check(text, signature)).toMatchObject({ refusal: null });
  });

  it('[LK25] takes nothing that is signed and is no order', () => {
    const gate = openGate();
    const texts = [
      '',
      'null',
      '[]',
      '{',
      orderText({ v: 2 }),
      orderText({ extra: 1 }),
      orderText({ seq: 0 }),
      orderText({ seq: 1.5 }),
      orderText({ body: { verb: 'run', program: 'calc' } }),
      orderText({ body: { ...bodies.unlock, force: true } }),
      orderText({ body: { verb: 'constructor' } }),
      orderText({ session: 'short' }),
    ];
    for (const text of texts) {
      expect(gate.check(...signed(text))).toEqual({ refusal: 'bad-command', seq: null, verb: null });
    }
  });

  const lies: [CommandRefusal, Partial<Record<keyof Order, unknown>>][] = [
    ['wrong-issuer', { issuer: stranger.keyId }],
    ['wrong-room', { room: otherRoom }],
    ['wrong-device', { device: 'e'.repeat(64) }],
    ['wrong-session', { session: 'T'.repeat(22) }],
  ];
  it.each(lies)(
    '[LK26] says %s to a genuine order that was meant otherwise, and believes nothing in it',
    (code, lie) => {
      const gate = openGate();
      expect(gate.check(...signed(orderText({ ...lie, seq: 9 })))).toEqual({
        refusal: code,
        seq: null,
        verb: 'lock',
      });
      // Its number counts for nothing either.
      expect(gate.check(...signed(orderText({ seq: 1 })))).toMatchObject({ refusal: null });
    },
  );

  it('[LK10] takes each number once and only upwards', () => {
    const gate = openGate();
    const outcome = (seq: number) => gate.check(...signed(orderText({ seq }))).refusal;
    expect([1, 1, 5, 2, 5, 6].map(outcome)).toEqual([
      null,
      'stale-sequence',
      null,
      'stale-sequence',
      'stale-sequence',
      null,
    ]);
  });

  it('[LK27] knows no right but those in its table', () => {
    const refusalOf = (changes: Partial<GateOptions>) =>
      new Set(
        verbs.map((verb) => openGate(changes).check(...signed(orderText({ body: bodies[verb] }))).refusal),
      );
    const issuer = {
      keyId: teacher.keyId,
      publicKey: teacher.publicKey,
      role: 'teacher',
      roomId: room,
    } as const;
    expect(refusalOf({})).toEqual(new Set([null]));
    expect(refusalOf({ issuer: { ...issuer, role: 'agent' } })).toEqual(new Set(['no-right']));
    expect(refusalOf({ issuer: { ...issuer, role: null } })).toEqual(new Set(['no-right']));
    expect(refusalOf({ issuer: { ...issuer, roomId: otherRoom } })).toEqual(new Set(['no-right']));
    expect(refusalOf({ issuer: { ...issuer, roomId: null } })).toEqual(new Set(['no-right']));
  });

  it('[LK28] asks the roster at each command', () => {
    let isListed = true;
    const asked: unknown[] = [];
    const gate = openGate({
      roster: {
        allowsTeacher: (id, where) => {
          asked.push([id, where]);
          return isListed;
        },
      },
    });
    expect(gate.check(...signed(orderText({ seq: 1 })))).toMatchObject({ refusal: null });
    isListed = false;
    for (const verb of verbs) {
      const order = orderText({ body: bodies[verb], seq: 2 + verbs.indexOf(verb) });
      expect(gate.check(...signed(order))).toMatchObject({ refusal: 'revoked' });
    }
    expect(asked[0]).toEqual([teacher.keyId, room]);
  });

  it('[LK11] outside a lesson lets through only what releases', () => {
    const gate = openGate({ lesson: null });
    const released = verbs.filter(
      (verb, index) =>
        gate.check(...signed(orderText({ body: bodies[verb], seq: index + 1 }))).refusal === null,
    );
    expect(released).toEqual(['unlock', 'end-presentation']);
    const off = orderText({ body: { verb: 'watch', quality: 'off' }, seq: 100 });
    expect(gate.check(...signed(off))).toMatchObject({ refusal: null });
    expect(gate.check(...signed(orderText({ seq: 101 })))).toEqual({
      refusal: 'not-in-lesson',
      seq: 101,
      verb: 'lock',
    });
    gate.setLesson(lesson);
    expect(gate.check(...signed(orderText({ seq: 102 })))).toMatchObject({ refusal: null });
    gate.setLesson(null);
    expect(gate.check(...signed(orderText({ seq: 103 })))).toMatchObject({ refusal: 'not-in-lesson' });
  });
});
