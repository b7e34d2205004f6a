// enrol-token: a joining code that school IT makes before the console of the room runs.
import { renderSVG } from 'uqr';
import { defaultLinkPort, NetworkAddress } from '../../../shared/settings/policy.ts';
import type { AdminSchool } from '../../trust/admin-store.ts';
import { maxTokenAddresses } from '../../trust/enrolment-token.ts';
import { isTokenWish, makeToken } from '../../trust/token-record.ts';
import { type AdminCommand, done, explained, type Outcome, usage } from './command.ts';
import { fileTrouble, reserveFile } from './files.ts';
import { roomFor, unknownRoom, withSchool } from './school.ts';

const hourMs = 3_600_000;

/** `host:port` of each, the link's own port where none is named; null if one is no address. */
function readAddresses(list: string): string[] | null {
  const given = list.split(',').map((one) => one.trim());
  const isGood =
    given.length <= maxTokenAddresses &&
    given.every((one) => NetworkAddress.safeParse(one).success && one.length <= 58);
  return isGood
    ? given.map((one) => (/:\d{1,5}$/.test(one) && !one.endsWith(']') ? one : `${one}:${defaultLinkPort}`))
    : null;
}

type Wish = {
  readonly room: string;
  readonly uses: number;
  readonly lifetimeMs: number;
  readonly addresses: string[];
  readonly qrOut: string | null;
};

async function makeFor(school: AdminSchool, wish: Wish, nowMs: number): Promise<Outcome> {
  const { state, root } = school;
  const found = roomFor(state, wish.room);
  if (found === null) return unknownRoom(wish.room);
  const { room, isNew } = found;
  const { uses, addresses } = wish;
  const expiresAt = nowMs + wish.lifetimeMs;
  const { record, text } = makeToken({ uses, addresses, expiresAt, fingerprint: root.fingerprint });
  const reserved = wish.qrOut === null ? null : await reserveFile(wish.qrOut, 0o600);
  if (reserved !== null && !reserved.ok) return fileTrouble(wish.qrOut ?? '', reserved.error);
  const open = state.tokens.filter((one) => one.record.expiresAt > nowMs);
  const saved = await school.save({
    ...state,
    rooms: isNew ? [...state.rooms, room] : state.rooms,
    tokens: [...open, { roomId: room.id, teacherId: null, record }],
  });
  if (!saved.ok) {
    await reserved?.value.drop();
    return explained(saved.error);
  }
  const filled = await reserved?.value.fill(renderSVG(text, { ecc: 'M', border: 4 }));
  if (filled !== undefined && !filled.ok) return fileTrouble(wish.qrOut ?? '', filled.error);
  const isRunning = state.consoles.some(({ roomId, isRevoked }) => roomId === room.id && !isRevoked);
  const next = isRunning
    ? `The console of this room learns of it with "renew-teacher <teacher> --out <file>". Until then it refuses the code.`
    : `Make the teacher file of this room now with "add-teacher": it carries the code to the console.`;
  const until = new Date(record.expiresAt).toISOString();
  const facts = {
    token: text,
    id: record.id,
    room: room.id,
    isNewRoom: isNew,
    uses,
    expiresAt: until,
    addresses,
  };
  return done(wish.qrOut === null ? facts : { ...facts, qrOut: wish.qrOut }, [
    text,
    '',
    `Lets ${uses} ${uses === 1 ? 'device' : 'devices'} join room ${room.name} until ${until}.`,
    'Put it into the policy of the devices as "enrolmentToken", or type it there.',
    next,
  ]);
}

const enrolToken: AdminCommand = {
  name: 'enrol-token',
  usage:
    '--room <name or id> --uses <devices> --hours <hours> --address <host[:port]>[,...] [--qr-out <file.svg>]',
  about: 'Makes a joining code for the devices of a room, before its console runs.',
  help: [
    '--room <name or id>   A name that is not known yet makes a new room.',
    '--uses <devices>      How many devices it lets in, 1 to 500.',
    '--hours <hours>       How long it is good, up to 2160 (90 days).',
    `--address <list>      Where the console will be: up to ${maxTokenAddresses} of host or host:port (default port ${defaultLinkPort}).`,
    '--qr-out <file.svg>   The code as a picture, too.',
    '',
    'The code is shown once. The console knows it from the next teacher file or renewal of its room.',
  ],
  options: {
    room: { type: 'string' },
    uses: { type: 'string' },
    hours: { type: 'string' },
    address: { type: 'string' },
    'qr-out': { type: 'string' },
  },
  takesOperand: false,
  async run({ parts, text }) {
    const room = text('room');
    const addresses = readAddresses(text('address') ?? '');
    const [uses, hours] = [Number(text('uses') ?? Number.NaN), Number(text('hours') ?? Number.NaN)];
    const lifetimeMs = hours * hourMs;
    if (room === null) return usage('--room is needed.');
    if (addresses === null)
      return usage(
        `--address is needed: 1 to ${maxTokenAddresses} of host or host:port, with commas between.`,
      );
    if (!isTokenWish({ uses, lifetimeMs }))
      return usage('--uses is 1 to 500, --hours more than 0 and up to 2160.');
    const wish = { room, uses, lifetimeMs, addresses, qrOut: text('qr-out') };
    return withSchool(parts, (school) => makeFor(school, wish, parts.wallMs()));
  },
};

export const tokenCommands: readonly AdminCommand[] = [enrolToken];
