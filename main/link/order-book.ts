// A console's orders to one device in one connection: numbers and signs them, and matches the answers. It sends nothing.
import type { DeviceId, RoomId, TeacherId } from '../../shared/domain/ids.ts';
import type { CommandBody, CommandRefusal, Order } from '../../shared/protocol/link.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import type { Clock } from '../lib/clock.ts';

export type CommandFailure = AppError<CommandRefusal | 'gone' | 'timeout'>;

/** Who orders, and the way to sign; one for all connections of a console. */
export type OrderSigner = {
  readonly room: RoomId;
  readonly issuer: TeacherId;
  readonly sign: (text: string) => string;
};

export type SignedOrder = { readonly order: string; readonly signature: string };
type Waiting = { readonly dueMs: number; readonly settle: (result: Result<void, CommandFailure>) => void };

export type OrderBook = {
  /** Signs the next order. `answer` never rejects; it is open until `answered`, `sweep` or `close` settles it. */
  readonly add: (
    body: CommandBody,
    timeoutMs: number,
  ) => { readonly signed: SignedOrder; readonly answer: Promise<Result<void, CommandFailure>> };
  /** False if no order had this number. An answer after its time changes nothing: the asker was told `timeout`. */
  readonly answered: (seq: number, refusal: CommandRefusal | null) => boolean;
  /** Settles with `timeout` whatever is late. */
  readonly sweep: () => void;
  /** Settles all with `gone`. */
  readonly close: () => void;
};

/** `session`: the nonce the device said in its hello. */
export function createOrderBook(parts: {
  readonly signer: OrderSigner;
  readonly device: DeviceId;
  readonly session: string;
  readonly clock: Clock;
}): OrderBook {
  const { signer, device, session, clock } = parts;
  const waiting = new Map<number, Waiting>();
  let lastSeq = 0;
  return {
    add(body, timeoutMs) {
      lastSeq += 1;
      const seq = lastSeq;
      const { room, issuer, sign } = signer;
      const order = JSON.stringify({ v: 1, body, room, device, issuer, session, seq } satisfies Order);
      const answer = new Promise<Result<void, CommandFailure>>((settle) => {
        waiting.set(seq, { dueMs: clock.nowMs() + timeoutMs, settle });
      });
      return { signed: { order, signature: sign(order) }, answer };
    },
    answered(seq, refusal) {
      if (seq > lastSeq) return false;
      waiting.get(seq)?.settle(refusal === null ? ok(undefined) : fail(refusal));
      waiting.delete(seq);
      return true;
    },
    sweep() {
      const nowMs = clock.nowMs();
      for (const [seq, { dueMs, settle }] of waiting) {
        if (dueMs > nowMs) continue;
        waiting.delete(seq);
        settle(fail('timeout', 'retry'));
      }
    },
    close() {
      for (const { settle } of waiting.values()) settle(fail('gone', 'retry'));
      waiting.clear();
    },
  };
}
