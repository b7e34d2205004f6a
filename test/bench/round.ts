// One measured presentation to N devices, through the relay or with one connection per device. Each round captures
// anew, so that the presenting Chromium's idle cost is measured right before it.
import { rtpHeaderBytes } from '../../main/relay/rtp.ts';
import { reduceSourceOffer } from '../../main/relay/sdp.ts';
import { ringPackets } from '../../main/relay/stream.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { startCpuMeter } from '../support/cpu-usage.ts';
import { type RelayProcess, startRelay, until, wirePresenter } from '../support/relay-rig.ts';
import {
  type Audience,
  deviceNames,
  openAudience,
  type Reception,
  receiverName,
  type Storm,
} from './audience.ts';
import { type LoopResult, runBareLoop } from './bare-loop.ts';
import type { SendingCounts } from './bench-page.ts';
import type { CleanUp } from './clean-up.ts';
import { loadAverage, residentMegabytes, startBusyMeter, wait } from './machine.ts';
import { framesPerSecond, type Stage } from './stage.ts';

/** Header of UDP and IPv4, and the authentication tag that SRTP adds (RFC 3711: AES-CM with HMAC-SHA1-80). */
const wireBytesPerPacket = 28 + 10;
const idleMs = 2_000;
/** The encoder finds its bitrate and the devices settle. */
const settleMs = 2_500;
const stormTimeoutMs = 15_000;

export type RoundOptions = { readonly peers: number; readonly seconds: number; readonly withBare: boolean };

export type RelayCost = {
  readonly cpuPercent: number;
  readonly cpuPercentPerDevice: number;
  readonly microsecondsPerPacket: number;
  readonly packetsPerSecondPerDevice: number;
  readonly residentMegabytes: number;
  /** Bytes on the wire for each byte of the encoder and device. */
  readonly wireRatio: number;
  readonly retransmitted: number;
  readonly skipped: number;
  /** Key frame requests to the presenter. */
  readonly plisSent: number;
};

export type Round = Reception & {
  readonly topology: 'relay' | 'mesh';
  readonly peers: number;
  readonly encoders: number;
  readonly capturedFps: number;
  readonly encodesPerFrame: number;
  readonly encodeMsPerFrame: number;
  readonly encoderKbps: number;
  readonly pictureWidth: number;
  readonly qualityLimitation: string;
  /** The presenting Chromium, all its processes: while presenting, before, and the difference. */
  readonly senderCpuPercent: number;
  readonly senderIdleCpuPercent: number;
  readonly senderCpuAboveIdle: number;
  readonly senderCpuByProcess: Readonly<Record<string, number>>;
  readonly storm: Storm & { readonly keyFrames: number };
  readonly relay: RelayCost | null;
  readonly bare: LoopResult | null;
  /** Of all cores. */
  readonly machineBusyPercent: number;
  readonly loadAverage: number;
};

const kinds = ['browser', 'gpu-process', 'renderer', 'utility'] as const;
const kindOf = (command: string): string => /--type=([a-z-]+)/.exec(command)?.[1] ?? 'browser';

const sending = (stage: Stage): Promise<SendingCounts> =>
  stage.presenter.page.evaluate(() => window.bench.sending());

const measureIdle = async (stage: Stage): Promise<number> => {
  const meter = startCpuMeter(stage.presenterPid);
  await wait(idleMs);
  return meter.percent();
};

const capture = async (stage: Stage): Promise<void> => {
  const settings = await stage.presenter.page.evaluate((rate) => window.bench.capture(rate), framesPerSecond);
  if (settings.displaySurface !== 'monitor')
    throw new Error(`The display is not what was captured: ${JSON.stringify(settings)}`);
};

type Measured = Omit<
  Round,
  'topology' | 'peers' | 'senderIdleCpuPercent' | 'senderCpuAboveIdle' | 'storm' | 'relay' | 'bare'
>;

/** Watches everything that both ways have in common for that long. */
const watchFor = async (stage: Stage, audience: Audience, seconds: number): Promise<Measured> => {
  const [before, stop] = await Promise.all([sending(stage), audience.watch()]);
  const meter = startCpuMeter(stage.presenterPid);
  const busy = startBusyMeter();
  const startedAtMs = performance.now();
  await wait(seconds * 1000);
  const elapsedSeconds = (performance.now() - startedAtMs) / 1000;
  const senderCpuPercent = meter.percent();
  const senderCpuByProcess = Object.fromEntries(
    kinds.map((kind) => [kind, meter.percent((command) => kindOf(command) === kind)]),
  );
  const machineBusyPercent = busy();
  const [after, reception] = await Promise.all([sending(stage), stop()]);
  const encoded = after.framesEncoded - before.framesEncoded;
  const captured = after.framesCaptured - before.framesCaptured;
  const encoderBytes = after.encoderBytes - before.encoderBytes;
  const problems = await stage.presenter.page.evaluate(() => window.bench.problems());
  return {
    ...reception,
    problems: [...reception.problems, ...problems],
    encoders: after.encoders,
    capturedFps: captured / elapsedSeconds,
    encodesPerFrame: encoded / captured,
    encodeMsPerFrame: (after.encodeMs - before.encodeMs) / encoded,
    encoderKbps: (encoderBytes * 8) / 1000 / elapsedSeconds,
    pictureWidth: after.width,
    qualityLimitation: after.qualityLimitation,
    senderCpuPercent,
    senderCpuByProcess,
    machineBusyPercent,
    loadAverage: loadAverage(),
  };
};

/** Runs `work` with the display captured and ends the capture whatever happens. */
const whileCapturing = async <T>(stage: Stage, work: () => Promise<T>): Promise<T> => {
  await capture(stage);
  try {
    return await work();
  } finally {
    await stage.presenter.page.evaluate(() => window.bench.stop()).catch(() => {});
  }
};

const withIdle = (idle: number, measured: Measured) => {
  return { ...measured, senderIdleCpuPercent: idle, senderCpuAboveIdle: measured.senderCpuPercent - idle };
};

type Stats = Awaited<ReturnType<typeof nextStats>>;
const nextStats = (relay: RelayProcess) => relay.next('stats');
const sumPeers = (stats: Stats, key: 'packets' | 'bytes' | 'retransmitted' | 'skipped'): number =>
  stats.peers.reduce((total, peer) => total + peer[key], 0);

/** Watches the relay at the same time; the two ends of the window are the same up to one interval of its statistics. */
const watchRelay = async (relay: RelayProcess, peers: number, work: () => Promise<Measured>) => {
  const before = await nextStats(relay);
  const meter = startCpuMeter(relay.pid);
  const startedAtMs = performance.now();
  const measured = await work();
  const after = await nextStats(relay);
  const cpuPercent = meter.percent();
  const elapsedSeconds = (performance.now() - startedAtMs) / 1000;
  const delta = (key: Parameters<typeof sumPeers>[1]): number => sumPeers(after, key) - sumPeers(before, key);
  const packets = delta('packets');
  const wireBytes = delta('bytes') + packets * wireBytesPerPacket;
  // What the encoder made, as it came in: both ends of the ratio are of the same moments.
  const sourcePackets = after.source.packets - before.source.packets;
  const encoderBytes = after.source.bytes - before.source.bytes - sourcePackets * rtpHeaderBytes;
  const cost: RelayCost = {
    cpuPercent,
    cpuPercentPerDevice: cpuPercent / peers,
    microsecondsPerPacket: (cpuPercent * 10_000 * elapsedSeconds) / packets,
    packetsPerSecondPerDevice: packets / elapsedSeconds / peers,
    residentMegabytes: residentMegabytes(relay.pid),
    wireRatio: wireBytes / (encoderBytes * peers),
    retransmitted: delta('retransmitted'),
    skipped: delta('skipped'),
    plisSent: after.source.plisSent - before.source.plisSent,
  };
  const packetBytes = Math.round(delta('bytes') / packets);
  return { measured, cost, packetBytes };
};

/** All N join a running presentation at once. */
const joinAll = async (relay: RelayProcess, audience: Audience): Promise<Round['storm']> => {
  await audience.show();
  const before = (await nextStats(relay)).source.keyFrames;
  const sinceMs = Date.now();
  for (const peerId of audience.names) relay.post({ type: 'peer-add', peerId });
  const storm = await audience.storm(sinceMs, stormTimeoutMs);
  await wait(settleMs);
  return { ...storm, keyFrames: (await nextStats(relay)).source.keyFrames - before };
};

/** Through the relay: one connection of the presenter, the rest is the relay's. */
export const runRelayRound = async (
  stage: Stage,
  cleanUp: CleanUp,
  options: RoundOptions,
): Promise<Round> => {
  const { peers, seconds } = options;
  const senderIdle = await measureIdle(stage);
  return whileCapturing(stage, async () => {
    const relay = await startRelay();
    const closeRelay = cleanUp.add(() => relay.close());
    const audience = openAudience(stage, cleanUp, peers, (peerId, signal) =>
      relay.post({ type: 'peer-signal', peerId, signal }),
    );
    relay.onEvent((event) => {
      if (event.type === 'peer-signal') audience.deliver(event.peerId, event.signal);
    });
    try {
      wirePresenter(stage.presenter, 'presenter', relay);
      const connected = relay.next('source-state', ({ state }) => state === 'connected');
      await stage.presenter.page.evaluate(() => window.bench.present('presenter'));
      await connected;
      // Long enough that the ring alone cannot serve joiners any more: they need a key frame.
      await until(
        'a presentation that has run for a while',
        async () => (await nextStats(relay)).source.packets,
        (packets) => packets > ringPackets,
        stormTimeoutMs,
      );
      const storm = await joinAll(relay, audience);
      const { measured, cost, packetBytes } = await watchRelay(relay, peers, () =>
        watchFor(stage, audience, seconds),
      );
      await audience.close();
      // The presenter goes on, so that both have the same neighbours on this machine.
      const packetsPerSecond = cost.packetsPerSecondPerDevice;
      const bare = options.withBare
        ? await runBareLoop({ packetsPerSecond, packetBytes, peers, seconds: Math.min(seconds, 5) })
        : null;
      return { topology: 'relay', peers, ...withIdle(senderIdle, measured), storm, relay: cost, bare };
    } finally {
      await audience.close();
      await closeRelay();
    }
  });
};

/** Simulated devices send no transport-wide feedback, so they are not offered any: the encoder keeps its start bitrate. */
const plainOffer = (name: string, signal: Signal): Signal => {
  if (name === receiverName || signal.kind !== 'offer') return signal;
  return { ...signal, sdp: reduceSourceOffer(signal.sdp)?.sdp ?? signal.sdp };
};

/** One connection per device from the page itself. */
export const runMeshRound = async (stage: Stage, cleanUp: CleanUp, options: RoundOptions): Promise<Round> => {
  const { peers, seconds } = options;
  const senderIdle = await measureIdle(stage);
  return whileCapturing(stage, async () => {
    const { presenter } = stage;
    const audience = openAudience(stage, cleanUp, peers, (name, signal) => {
      void presenter.deliver(name, signal).catch(() => {});
    });
    for (const name of deviceNames(peers))
      presenter.onSignal(name, (signal) => audience.deliver(name, plainOffer(name, signal)));
    try {
      await audience.show();
      const sinceMs = Date.now();
      await presenter.page.evaluate((names) => window.bench.presentMesh(names), audience.names);
      const storm = await audience.storm(sinceMs, stormTimeoutMs);
      await wait(settleMs);
      const { keyFrames } = await sending(stage);
      const measured = await watchFor(stage, audience, seconds);
      return {
        topology: 'mesh',
        peers,
        ...withIdle(senderIdle, measured),
        storm: { ...storm, keyFrames },
        relay: null,
        bare: null,
      };
    } finally {
      await audience.close();
    }
  });
};
