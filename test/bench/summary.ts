// Rounds of one size put together by medians, and shown as a table with one column per size.

import type { Goal } from './bench-types.ts';
import { median } from './machine.ts';
import type { Round } from './round.ts';
import { number, table } from './table.ts';

export type Summary = {
  readonly topology: Round['topology'];
  readonly peers: number;
  readonly rounds: number;
  /** Medians over the rounds by name; NaN where nothing was measured. */
  readonly values: Readonly<Record<Name, number>>;
};

type Line = {
  readonly name: string;
  readonly text: string;
  readonly read: (round: Round) => number | null | undefined;
  readonly digits: number;
  readonly isRelayOnly?: boolean;
};

const lines = [
  { name: 'encoders', text: 'encoders', read: (r) => r.encoders, digits: 0 },
  { name: 'encodesPerFrame', text: 'encodes per captured frame', read: (r) => r.encodesPerFrame, digits: 3 },
  { name: 'capturedFps', text: 'captured frames/s', read: (r) => r.capturedFps, digits: 1 },
  { name: 'encoderKbps', text: 'encoder kb/s', read: (r) => r.encoderKbps, digits: 0 },
  { name: 'encodeMs', text: 'encode ms per frame', read: (r) => r.encodeMsPerFrame, digits: 1 },
  {
    name: 'senderCpu',
    text: 'sender CPU above idle, % of a core',
    read: (r) => r.senderCpuAboveIdle,
    digits: 1,
  },
  { name: 'senderIdleCpu', text: 'sender CPU idle, %', read: (r) => r.senderIdleCpuPercent, digits: 1 },
  {
    name: 'relayCpu',
    text: 'relay CPU, % of a core',
    read: (r) => r.relay?.cpuPercent,
    digits: 2,
    isRelayOnly: true,
  },
  {
    name: 'relayCpuPerDevice',
    text: 'relay CPU per device, %',
    read: (r) => r.relay?.cpuPercentPerDevice,
    digits: 3,
    isRelayOnly: true,
  },
  {
    name: 'relayMicroseconds',
    text: 'relay us per packet and device',
    read: (r) => r.relay?.microsecondsPerPacket,
    digits: 2,
    isRelayOnly: true,
  },
  {
    name: 'bareMicroseconds',
    text: 'bare SRTP+send us per packet',
    read: (r) => r.bare?.microsecondsPerPacket,
    digits: 2,
    isRelayOnly: true,
  },
  {
    name: 'relayToBare',
    text: 'relay / bare',
    read: (r) =>
      r.relay === null || r.bare === null
        ? null
        : r.relay.microsecondsPerPacket / r.bare.microsecondsPerPacket,
    digits: 2,
    isRelayOnly: true,
  },
  {
    name: 'relayMegabytes',
    text: 'relay memory, MB',
    read: (r) => r.relay?.residentMegabytes,
    digits: 0,
    isRelayOnly: true,
  },
  { name: 'latencyP5', text: 'latency p5, ms', read: (r) => r.latencyP5Ms, digits: 0 },
  { name: 'latencyP50', text: 'latency p50, ms', read: (r) => r.latencyP50Ms, digits: 0 },
  { name: 'latencyP95', text: 'latency p95, ms', read: (r) => r.latencyP95Ms, digits: 0 },
  { name: 'jitterBuffer', text: 'jitter buffer of the device, ms', read: (r) => r.jitterBufferMs, digits: 0 },
  { name: 'receiverFps', text: 'frames/s, Chromium device', read: (r) => r.receiverFps, digits: 1 },
  { name: 'sinkFpsMedian', text: 'frames/s, other devices, median', read: (r) => r.sinkFpsMedian, digits: 1 },
  { name: 'sinkFpsMin', text: 'frames/s, other devices, least', read: (r) => r.sinkFpsMin, digits: 1 },
  {
    name: 'wireRatio',
    text: 'wire bytes / (N x encoder bytes)',
    read: (r) => r.relay?.wireRatio,
    digits: 3,
    isRelayOnly: true,
  },
  { name: 'stormKeyFrames', text: 'all join: key frames', read: (r) => r.storm.keyFrames, digits: 0 },
  {
    name: 'firstFrameChromium',
    text: 'all join: first frame, Chromium device, ms',
    read: (r) => r.storm.chromiumMs,
    digits: 0,
  },
  { name: 'firstFrameP50', text: 'all join: first frame p50, ms', read: (r) => r.storm.p50Ms, digits: 0 },
  { name: 'firstFrameP95', text: 'all join: first frame p95, ms', read: (r) => r.storm.p95Ms, digits: 0 },
  { name: 'firstFrameAll', text: 'all join: last first frame, ms', read: (r) => r.storm.allMs, digits: 0 },
  { name: 'withoutFrame', text: 'devices without a frame', read: (r) => r.storm.withoutFrame, digits: 0 },
  { name: 'machineBusy', text: 'machine busy, % of all cores', read: (r) => r.machineBusyPercent, digits: 0 },
  { name: 'loadAverage', text: 'load average', read: (r) => r.loadAverage, digits: 1 },
] as const satisfies readonly Line[];
type Name = (typeof lines)[number]['name'];

/** One summary per way and size, in the order they first came. */
export const summarize = (rounds: readonly Round[]): Summary[] => {
  const groups = new Map<string, Round[]>();
  for (const round of rounds) {
    const key = `${round.topology} ${round.peers}`;
    groups.set(key, [...(groups.get(key) ?? []), round]);
  }
  return [...groups.values()].flatMap((group) => {
    const first = group[0];
    if (first === undefined) return [];
    const values = lines.map((line: Line) => {
      const known = group.map((round) => line.read(round) ?? Number.NaN).filter(Number.isFinite);
      return [line.name, median(known)] as const;
    });
    return {
      topology: first.topology,
      peers: first.peers,
      rounds: group.length,
      values: Object.fromEntries(values) as Record<Name, number>,
    };
  });
};

/** A table with one column per summary. */
export const showSummaries = (summaries: readonly Summary[]): string[] => {
  const hasRelay = summaries.some(({ topology }) => topology === 'relay');
  const shown: readonly Line[] = lines;
  return table([
    ['', ...summaries.map(({ topology, peers }) => `${topology} N=${peers}`)],
    ...shown
      .filter((line) => hasRelay || line.isRelayOnly !== true)
      .map(({ name, text, digits }) => [
        text,
        ...summaries.map(({ values }) => number(values[name as Name], digits)),
      ]),
  ]);
};

export type Gain = {
  readonly peers: number;
  /** Of one connection per device to the relay: above 1 the relay is better. */
  readonly encodes: number;
  readonly sharingCpu: number;
  readonly latencyP50: number;
  /** Frames at the devices through the relay to those without. */
  readonly frames: number;
};

/** What the relay gains at each size where both ways were measured. */
export const gainsOf = (summaries: readonly Summary[]): Gain[] =>
  summaries.flatMap(({ topology, peers, values: relay }) => {
    const other = summaries.find((each) => each.topology === 'mesh' && each.peers === peers)?.values;
    if (topology !== 'relay' || other === undefined) return [];
    // Where there is only one device it is the Chromium.
    const frames = (values: Summary['values']): number =>
      Number.isFinite(values.sinkFpsMedian) ? values.sinkFpsMedian : values.receiverFps;
    return {
      peers,
      encodes: other.encodesPerFrame / relay.encodesPerFrame,
      // The relay's own work is part of what sharing costs.
      sharingCpu: other.senderCpu / (relay.senderCpu + relay.relayCpu),
      latencyP50: other.latencyP50 / relay.latencyP50,
      frames: frames(relay) / frames(other),
    };
  });

export const showGains = (gains: readonly Gain[]): string[] =>
  gains.length === 0
    ? []
    : [
        '',
        'one connection per device against the relay (above 1: the relay is better)',
        ...table([
          ['', ...gains.map(({ peers }) => `N=${peers}`)],
          ['encodes per captured frame', ...gains.map(({ encodes }) => number(encodes, 2))],
          ['sharing side CPU (page + relay)', ...gains.map(({ sharingCpu }) => number(sharingCpu, 2))],
          ['latency p50', ...gains.map(({ latencyP50 }) => number(latencyP50, 2))],
          ['frames/s at the devices', ...gains.map(({ frames }) => number(frames, 2))],
        ]),
      ];

/** The goals that these sizes can judge. */
export const judge = (summaries: readonly Summary[]): Goal[] => {
  const relays = summaries.filter(({ topology }) => topology === 'relay');
  const goals: Goal[] = [];
  const atMost = (what: string, value: number, limit: number, unit = ''): void => {
    goals.push({ what, goal: `<= ${limit}${unit}`, value, isMet: value <= limit });
  };
  for (const { peers, values } of relays) {
    // Below 1: frames that came while the encoder was busy. Just above: one frame across the window's edge.
    goals.push({
      what: `N=${peers}: encodes per captured frame, ${values.encoders} encoder`,
      goal: '1 and one encoder',
      value: values.encodesPerFrame,
      isMet: values.encoders === 1 && values.encodesPerFrame < 1.02,
    });
    if (peers >= 10) {
      atMost(`N=${peers}: relay CPU per device`, values.relayCpuPerDevice, 0.5, ' %');
      atMost(`N=${peers}: relay / bare loop`, values.relayToBare, 3);
    }
    atMost(`N=${peers}: wire bytes / (N x encoder bytes)`, values.wireRatio, 1.1);
    if (peers === 30) {
      atMost('N=30: latency p50', values.latencyP50, 60, ' ms');
      atMost('N=30: latency p95', values.latencyP95, 100, ' ms');
      atMost('N=30: key frames when all join', values.stormKeyFrames, 3);
      atMost('N=30: first frame p95 when all join', values.firstFrameP95, 1_500, ' ms');
      atMost('N=30: sharing side CPU above idle', values.senderCpu + values.relayCpu, 45, ' %');
    }
  }
  // What was not measured is not judged.
  return goals.filter(({ value }) => Number.isFinite(value));
};
