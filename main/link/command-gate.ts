// The one place on an agent that decides whether a command may be carried out: genuine, meant for this device in this
// connection, new, and a right of whoever gave it. Default deny. It looks at no clock and carries nothing out.
import type { KeyObject } from 'node:crypto';
import type { DeviceId, LessonId, RoomId, TeacherId } from '../../shared/domain/ids.ts';
import { type CommandBody, type CommandRefusal, Order, type Verb } from '../../shared/protocol/link.ts';
import type { Role } from '../trust/certificate-profile.ts';
import { verifySignature } from '../trust/command-signature.ts';
import type { RosterKeeper } from '../trust/roster.ts';

export type CommandOf = { readonly [V in Verb]: Extract<CommandBody, { verb: V }> };

type Right<V extends Verb> = {
  readonly roles: readonly Role[];
  /** Whose devices: only those of the room that stands in the issuer's own certificate. */
  readonly room: 'own';
  /** A command that only takes away what a console holds over a device is good at any time. */
  readonly needsLesson: boolean | ((body: CommandOf[V]) => boolean);
};

/** Who may order what. A verb without a row does not compile. */
const rights: { readonly [V in Verb]: Right<V> } = {
  lock: { roles: ['teacher'], room: 'own', needsLesson: true },
  'renew-lock': { roles: ['teacher'], room: 'own', needsLesson: true },
  unlock: { roles: ['teacher'], room: 'own', needsLesson: false },
  watch: { roles: ['teacher'], room: 'own', needsLesson: ({ quality }) => quality !== 'off' },
  'show-presentation': { roles: ['teacher'], room: 'own', needsLesson: true },
  'end-presentation': { roles: ['teacher'], room: 'own', needsLesson: false },
  'open-url': { roles: ['teacher'], room: 'own', needsLesson: true },
};

/** Whom TLS has proved to be at the other end, as the certificate says. */
export type Issuer = {
  readonly keyId: TeacherId;
  readonly publicKey: KeyObject;
  readonly role: Role | null;
  readonly roomId: RoomId | null;
};

export type GateOptions = {
  readonly issuer: Issuer;
  readonly device: DeviceId;
  readonly room: RoomId;
  /** The nonce this device said in this connection's hello. */
  readonly session: string;
  readonly roster: Pick<RosterKeeper, 'allowsTeacher'>;
  readonly lesson: LessonId | null;
};

export type Verdict =
  | { readonly refusal: null; readonly seq: number; readonly body: CommandBody }
  /** `seq` null: the order is not genuine, not meant for us or not new. `verb` only for the agent's own log. */
  | { readonly refusal: CommandRefusal; readonly seq: number | null; readonly verb: Verb | null };

export type CommandGate = {
  readonly setLesson: (lesson: LessonId | null) => void;
  /** Judges the text exactly as it was received. Never throws for what a peer sends. */
  readonly check: (orderText: string, signature: string) => Verdict;
};

function parseOrder(text: string): Order | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = Order.safeParse(json);
  return parsed.success ? parsed.data : null;
}

function needsLesson<V extends Verb>(verb: V, body: CommandOf[V]): boolean {
  const right: Right<V> = rights[verb];
  return typeof right.needsLesson === 'function' ? right.needsLesson(body) : right.needsLesson;
}

/** One gate per connection: `session` and the last number are its own. */
export function createCommandGate(options: GateOptions): CommandGate {
  const { issuer, device, room, session, roster } = options;
  let lesson = options.lesson;
  let lastSeq = 0;

  /** What shows that an order was not given here and now by whom we are connected to; null if nothing does. */
  const forgery = (order: Order): CommandRefusal | null => {
    if (order.issuer !== issuer.keyId) return 'wrong-issuer';
    if (order.room !== room) return 'wrong-room';
    if (order.device !== device) return 'wrong-device';
    if (order.session !== session) return 'wrong-session';
    return order.seq <= lastSeq ? 'stale-sequence' : null;
  };
  const missingRight = (body: CommandBody): CommandRefusal | null => {
    if (!roster.allowsTeacher(issuer.keyId, room)) return 'revoked';
    const right = rights[body.verb];
    if (issuer.role === null || !right.roles.includes(issuer.role)) return 'no-right';
    if (right.room === 'own' && issuer.roomId !== room) return 'no-right';
    return lesson === null && needsLesson(body.verb, body) ? 'not-in-lesson' : null;
  };

  return {
    setLesson: (next) => {
      lesson = next;
    },
    check: (orderText, signature) => {
      if (!verifySignature(issuer.publicKey, orderText, signature)) {
        return { refusal: 'bad-signature', seq: null, verb: null };
      }
      const order = parseOrder(orderText);
      if (order === null) return { refusal: 'bad-command', seq: null, verb: null };
      const { seq, body } = order;
      const forged = forgery(order);
      if (forged !== null) return { refusal: forged, seq: null, verb: body.verb };
      lastSeq = seq;
      const missing = missingRight(body);
      return missing === null ? { refusal: null, seq, body } : { refusal: missing, seq, verb: body.verb };
    },
  };
}
