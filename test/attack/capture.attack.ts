// T01: what somebody hears who listens on the wire of a whole lesson.
import { readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll } from 'vitest';
import { attack } from './attack-table.ts';
import type { Capture } from './network.ts';
import { waitMs } from './peers.ts';
import { type AttackRoom, startRoom, until } from './room.ts';
import { findWords, readStreams, type Stream } from './wire.ts';

/** Words that occur in the lesson and must never be on the wire. */
const canaries = {
  roomName: 'Kanarienraum-Zwölf-7Q',
  teacherName: 'Frau Kanarie-Übelacker',
  deviceNames: ['KANARI-GERAET-A1', 'KANARI-GERAET-B2', 'KANARI-GERAET-C3', 'KANARI-GERAET-Ö4'],
  lockText: 'Kanarisch: bitte nach vorne schauen',
  url: 'https://kanarienseite.example/geheim-4711',
};
const words = [
  canaries.roomName,
  canaries.teacherName,
  ...canaries.deviceNames,
  canaries.lockText,
  canaries.url,
  'kanarienseite',
  'v=0\r\n',
  'a=candidate',
  'candidate:',
  'a=fingerprint',
  'a=ice-pwd',
];

const pcapPath = join(tmpdir(), `lehrpult-attack-${process.pid}.pcap`);
let room: AttackRoom;
let capture: Capture | null = null;

beforeAll(async () => {
  room = await startRoom({
    ...canaries,
    isAdvertised: true,
    policy: { useDiscovery: true },
    async beforeDevices(network) {
      capture = await network.capture(pcapPath);
    },
  });
});
afterAll(async () => {
  await room?.close();
  rmSync(pcapPath, { force: true });
});

/**
 * Everything a lesson does, in one go. Handing out files belongs here, before the end, once the product has it: one call that
 * sends a file of known content, and its content and name as words.
 */
const lesson = async (): Promise<string[]> => {
  const { console } = room;
  const done: string[] = [];
  await console.startLesson();
  const ids = await console.online();
  await console.watch('tile');
  for (const id of ids) await until('a screen', async () => (await console.tile(id)).framesComplete > 3);
  done.push('watched');
  await console.present(room.recordings);
  for (const device of room.devices)
    await until('the presentation', async () => (await device.stats()).viewer.framesComplete > 3);
  done.push('presented');
  const locked = await console.lock(ids, canaries.lockText);
  if (locked.some(({ error }) => error !== null)) throw new Error(JSON.stringify(locked));
  for (const device of room.devices)
    if ((await device.stats()).cover.notice?.text !== canaries.lockText) throw new Error('not locked');
  done.push('locked');
  for (const id of ids) await console.command(id, { verb: 'open-url', url: canaries.url });
  await console.unlock(ids);
  await console.endPresentation();
  await console.endLesson();
  done.push('ended');
  return done;
};

/** The same words in clear over the same wire, plain, packed and coded: a listener sees these. */
const sayInClear = async (): Promise<void> => {
  const port = await room.console.echo();
  const content = words.join('\n');
  for (const body of [
    Buffer.from(content, 'utf8'),
    Buffer.from(content, 'utf16le'),
    Buffer.from(Buffer.from(content).toString('base64')),
    Buffer.from(Buffer.from(content).toString('hex')),
    gzipSync(content),
  ])
    await new Promise<void>((resolve, reject) => {
      const socket = connect(port, room.network.console.address);
      let bytes = 0;
      socket.on('error', reject);
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes >= body.length) socket.end();
      });
      socket.on('close', () => resolve());
      socket.write(body);
    });
};

let streams: readonly Stream[] = [];

attack({
  id: 'T01',
  title: 'a listener on the wire of a whole lesson',
  async control() {
    const done = await lesson();
    if (capture === null) {
      console.log(
        'T01: nobody may capture packets here: only what passes a connection in between is looked at',
      );
      return done.length === 4;
    }
    await sayInClear();
    await waitMs(1_000);
    streams = readStreams(readFileSync(await capture.stop()));
    const found = findWords(streams, words);
    const seen = new Set(found.filter(({ stream }) => stream.startsWith('tcp')).map(({ word }) => word));
    const forms = new Set(found.map(({ form }) => form));
    return (
      words.every((word) => seen.has(word)) &&
      ['utf-8', 'utf-16le', 'base64', 'hex', 'packed utf-8'].every((form) => forms.has(form))
    );
  },
  async attempts(tally) {
    const linkPort = `:${room.port}`;
    // What was said in clear on purpose is not the lesson's.
    const lessons = streams.filter(({ name }) => name.startsWith('udp') || name.includes(linkPort));
    const found = findWords(lessons, words);
    tally.count(
      lessons.length,
      found.map(({ word, form, stream }) => `${JSON.stringify(word)} as ${form} in ${stream}`),
    );
    const bytes = lessons.reduce((sum, stream) => sum + stream.bytes.length, 0);
    const tcp = lessons.filter(({ name }) => name.startsWith('tcp')).length;
    tally.figure(
      'heard',
      `${(bytes / 2 ** 20).toFixed(1)} MiB in ${tcp} streams and ${lessons.length - tcp} packets`,
    );
    tally.figure('words', `${words.length} in 12 forms`);
  },
});
