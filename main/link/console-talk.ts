// What an agent does with what its console says on one connection: the welcome, then orders, lesson, roster and signals in
// order. It dials nothing and decides nothing about lock, screen or presentation; handlers do.
import type { DeviceReport } from '../../shared/domain/device.ts';
import type { LessonId } from '../../shared/domain/ids.ts';
import {
  type CommandRefusal,
  type ConsoleMessage,
  clockDifferenceToldMs,
  type SignalChannel,
  type Verb,
} from '../../shared/protocol/link.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { AgentIdentity } from '../trust/identity.ts';
import type { RosterKeeper } from '../trust/roster.ts';
import { type CommandGate, type CommandOf, createCommandGate } from './command-gate.ts';
import type { ConsoleConnection } from './console-connection.ts';
import { createRenewal } from './renewal.ts';
import { createSignalFilter } from './signal-filter.ts';

/** Carries a command out; null is success. A verb without a handler does not compile. */
export type CommandHandlers = {
  readonly [V in Verb]: (body: CommandOf[V]) => CommandRefusal | null | Promise<CommandRefusal | null>;
};

export type WelcomeFacts = {
  readonly roomName: string;
  readonly teacherName: string;
  readonly lesson: LessonId | null;
  /** By how much our clock is ahead of the console's; null if people need not know. Nothing depends on it. */
  readonly clockDifferenceMs: number | null;
};

export type LinkClientHandlers = {
  /** Called in the order of arrival, without waiting for the one before. */
  readonly commands: CommandHandlers;
  readonly signal: (channel: SignalChannel, signal: Signal) => void;
  /** A connection is there and stands for a new conversation. */
  readonly welcome: (welcome: WelcomeFacts) => void;
  /** The lesson changed while connected. */
  readonly lesson: (lesson: LessonId | null) => void;
};

export type RefusedCommand = {
  readonly code: CommandRefusal;
  /** null when not even that could be believed. */
  readonly verb: Verb | null;
  /** Whom TLS has proved to be at the other end: SHA-256 of the key. */
  readonly teacherId: string;
};

export type TalkParts = {
  readonly connection: ConsoleConnection;
  readonly identity: AgentIdentity;
  readonly roster: RosterKeeper;
  readonly handlers: LinkClientHandlers;
  readonly report: () => DeviceReport;
  readonly clock: Clock;
  readonly log: Log;
  readonly onCertificate: (certificatePem: string) => void;
  readonly onWelcome: (welcome: WelcomeFacts) => void;
  readonly onRefused: (refused: RefusedCommand) => void;
};

export type ConsoleTalk = {
  readonly receive: (message: ConsoleMessage) => void;
  /** The connection has ended. */
  readonly close: () => void;
};

type Message<T extends ConsoleMessage['type']> = Extract<ConsoleMessage, { type: T }>;

function runCommand<V extends Verb>(handlers: CommandHandlers, verb: V, body: CommandOf[V]) {
  return handlers[verb](body);
}

/** One per connection, from its first message on. */
export function createConsoleTalk(parts: TalkParts): ConsoleTalk {
  const { connection, identity, roster, handlers, clock, log } = parts;
  const { issuer } = connection;
  const renewal = createRenewal({ identity, connection, clock, log, onCertificate: parts.onCertificate });
  const filter = createSignalFilter({
    peerAddress: connection.peerAddress,
    clock,
    onLoss: (loss) => log.info(`link.${loss}`),
  });
  let gate: CommandGate | null = null;

  const isListed = () => roster.allowsTeacher(issuer.keyId, identity.roomId);
  const stopListening = roster.onChange(() => {
    if (gate !== null && !isListed()) connection.fail('revoked');
  });

  const onWelcome = (welcome: Message<'welcome'>) => {
    // An older one, or one that is not our school's, changes nothing: what counts is the newest that we know.
    if (welcome.roster !== null) roster.offer(welcome.roster);
    if (!isListed()) {
      connection.fail('revoked');
      return;
    }
    const { lesson } = welcome;
    gate = createCommandGate({
      issuer,
      device: identity.deviceId,
      room: identity.roomId,
      session: connection.nonce,
      roster,
      lesson,
    });
    const aheadMs = clock.wallMs() - welcome.wallMs;
    const clockDifferenceMs = Math.abs(aheadMs) > clockDifferenceToldMs ? aheadMs : null;
    if (clockDifferenceMs !== null) log.warn('link.clock-differs', { aheadMs });
    renewal.begin(welcome.wallMs);
    parts.onWelcome({ roomName: welcome.room.name, teacherName: welcome.teacher, lesson, clockDifferenceMs });
  };

  const onCommand = ({ order, signature }: Message<'command'>, judge: CommandGate) => {
    const verdict = judge.check(order, signature);
    const answer = (seq: number | null, verb: Verb | null, refusal: CommandRefusal | null) => {
      connection.send({ type: 'result', seq, refusal, report: parts.report() });
      if (refusal === null) return;
      log.warn(`link.command-refused.${refusal}`, { verb });
      parts.onRefused({ code: refusal, verb, teacherId: issuer.keyId });
    };
    if (verdict.refusal !== null) {
      answer(verdict.seq, verdict.verb, verdict.refusal);
      return;
    }
    const { seq, body } = verdict;
    const run = async () => runCommand(handlers.commands, body.verb, body);
    run().then(
      (refusal) => answer(seq, body.verb, refusal),
      (cause: unknown) => {
        // A bug of a handler: the console is told, the log keeps what it was, the link goes on.
        log.error('link.handler-failed', { verb: body.verb, detail: String(cause) });
        answer(seq, body.verb, 'failed');
      },
    );
  };

  return {
    receive(message) {
      if (message.type === 'refused') connection.fail(message.code);
      else if (message.type === 'welcome') {
        if (gate === null) onWelcome(message);
        else connection.fail('wrong-order');
      } else if (gate === null) connection.fail('wrong-order');
      else if (message.type === 'lesson') {
        gate.setLesson(message.lesson);
        handlers.lesson(message.lesson);
      } else if (message.type === 'signal') {
        const signal = filter(message.channel, message.signal);
        if (signal !== null) handlers.signal(message.channel, signal);
      } else if (message.type === 'roster') roster.offer(message.roster);
      else if (message.type === 'certificate') {
        if (!renewal.receive(message)) connection.fail('wrong-order');
      } else onCommand(message, gate);
    },
    close() {
      stopListening();
      renewal.close();
    },
  };
}
