import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { RoomId, TeacherId } from '../../shared/domain/ids.ts';
import { maxRevokedKeys, type Roster, type SignedRoster } from '../../shared/protocol/roster.ts';
import { createLog, silentLog } from '../lib/log.ts';
import { fingerprintOf } from './certificate-profile.ts';
import { createSigner } from './command-signature.ts';
import { createRosterKeeper, type RosterKeeper, signRoster } from './roster.ts';
import { createSchool, type KeyAndCertificate, openSchool } from './school-authority.ts';

const teacher = TeacherId.parse('a'.repeat(64));
const colleague = TeacherId.parse('b'.repeat(64));
const device = 'c'.repeat(64);
const room = RoomId.parse(randomUUID());
const otherRoom = RoomId.parse(randomUUID());

let school: KeyAndCertificate;
let other: KeyAndCertificate;
let fingerprint = '';
beforeAll(async () => {
  school = await createSchool(Date.now());
  other = await createSchool(Date.now());
  fingerprint = (await openSchool(school)).fingerprint;
});

const rosterOf = (changes: Partial<Roster> = {}): Roster => ({
  v: 1,
  school: fingerprint,
  epoch: 1,
  issuedAt: 0,
  teachers: [{ id: teacher, name: 'Frau Muster', rooms: [room] }],
  revoked: [],
  ...changes,
});
const signed = (changes: Partial<Roster> = {}) => signRoster(school.privateKeyPem, rosterOf(changes));
const open = (stored: SignedRoster | null = null) => {
  const saved: SignedRoster[] = [];
  const logged: string[] = [];
  const keeper: RosterKeeper = createRosterKeeper({
    authorityPem: school.certificatePem,
    stored,
    save: (next) => saved.push(next),
    log: createLog({ sink: (line) => logged.push(line) }),
  });
  return { keeper, saved, logged };
};

describe('the roster', () => {
  it('allows nobody before the first one came', () => {
    const { keeper } = open();
    expect(keeper.current()).toBeNull();
    expect(keeper.signed()).toBeNull();
    expect(keeper.allowsTeacher(teacher, room)).toBe(false);
    expect(keeper.isRevoked(teacher)).toBe(false);
  });

  it('lists who teaches where; who is not listed does not', () => {
    const { keeper, saved } = open();
    const first = signed();
    expect(keeper.offer(first)).toEqual({ ok: true, value: 'taken' });
    expect(saved).toEqual([first]);
    expect(keeper.signed()).toEqual(first);
    expect(keeper.allowsTeacher(teacher, room)).toBe(true);
    expect(keeper.allowsTeacher(teacher, otherRoom)).toBe(false);
    expect(keeper.allowsTeacher(colleague, room)).toBe(false);
  });

  it('goes forward only: the highest epoch wins and older ones are refused, also after a restart', () => {
    const before = signed();
    const after = signed({ epoch: 2, revoked: [teacher, device] });
    const { keeper, saved } = open(before);
    const heard = vi.fn();
    const stop = keeper.onChange(heard);
    expect(keeper.offer(before)).toEqual({ ok: true, value: 'known' });
    expect(heard).not.toHaveBeenCalled();
    expect(keeper.offer(after)).toEqual({ ok: true, value: 'taken' });
    expect(heard).toHaveBeenCalledWith(rosterOf({ epoch: 2, revoked: [teacher, device] }));
    expect(keeper.allowsTeacher(teacher, room)).toBe(false);
    expect(keeper.isRevoked(device)).toBe(true);
    expect(keeper.offer(before)).toMatchObject({ error: { code: 'roster-old' } });
    expect(keeper.signed()).toEqual(after);
    stop();
    const again = open(saved.at(-1));
    expect(again.keeper.offer(before)).toMatchObject({ error: { code: 'roster-old' } });
    expect(again.keeper.isRevoked(teacher)).toBe(true);
  });

  it('of the same epoch but with another text is refused and reported', () => {
    const { keeper, logged } = open(signed({ revoked: [device] }));
    expect(keeper.offer(signed())).toMatchObject({ error: { code: 'roster-old' } });
    expect(keeper.isRevoked(device)).toBe(true);
    expect(logged.join()).toContain('roster.forked');
  });

  it('counts only with the root’s signature over exactly this text', () => {
    const { keeper, saved } = open(signed());
    const newer = signed({ epoch: 9 });
    const forged: SignedRoster[] = [
      { ...newer, text: newer.text.replace('"epoch":9', '"epoch":8') },
      { ...newer, text: `${newer.text} ` },
      { ...newer, signature: 'A'.repeat(86) },
      { ...newer, signature: '' },
      signRoster(other.privateKeyPem, rosterOf({ epoch: 9 })),
      { text: 'not JSON', signature: newer.signature },
    ];
    for (const roster of forged) {
      expect(keeper.offer(roster)).toMatchObject({ error: { code: 'roster-signature' } });
    }
    expect(saved).toEqual([]);
    expect(keeper.current()?.epoch).toBe(1);
  });

  it('of another school is named as that', async () => {
    const { keeper } = open();
    const theirs = (await openSchool(other)).fingerprint;
    expect(fingerprintOf((await openSchool(other)).certificateDer)).toBe(theirs);
    for (const keyPem of [school.privateKeyPem, other.privateKeyPem]) {
      expect(keeper.offer(signRoster(keyPem, rosterOf({ school: theirs })))).toMatchObject({
        error: { code: 'roster-other-school' },
      });
    }
    expect(keeper.current()).toBeNull();
  });

  it('with a genuine signature over nonsense is damaged, and changes nothing', () => {
    const { keeper } = open(signed());
    const sign = createSigner(school.privateKeyPem);
    for (const text of ['', '{}', '[]', 'null', JSON.stringify({ ...rosterOf({ epoch: 2 }), v: 2 })]) {
      expect(keeper.offer({ text, signature: sign(text) })).toMatchObject({
        error: { code: 'roster-damaged' },
      });
    }
    expect(keeper.current()?.epoch).toBe(1);
  });

  it('that was kept and changed on disk is not believed', () => {
    const kept = signed({ revoked: [device] });
    const { keeper, logged } = open({ ...kept, text: kept.text.replace(device, colleague) });
    expect(keeper.current()).toBeNull();
    expect(keeper.allowsTeacher(teacher, room)).toBe(false);
    expect(logged.join()).toContain('roster.stored-refused');
    expect(keeper.offer(kept)).toEqual({ ok: true, value: 'taken' });
  });

  it('is not signed when devices would refuse it', () => {
    const full = Array.from({ length: maxRevokedKeys }, () => device);
    const keeper = createRosterKeeper({
      authorityPem: school.certificatePem,
      stored: null,
      save: () => {},
      log: silentLog(),
    });
    expect(keeper.offer(signed({ revoked: full })).ok).toBe(true);
    expect(() => signed({ revoked: [...full, device] })).toThrow();
    expect(() => signed({ revoked: ['not a key'] })).toThrow();
    const rooms = Array.from({ length: 100 }, () => room);
    const teachers = Array.from({ length: 100 }, () => ({ id: teacher, name: 'N', rooms }));
    expect(() => signed({ teachers })).toThrow('too long');
  });
});
