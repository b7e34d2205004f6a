// What the relay costs against the least that any relay could cost: the same packets to the same number of native
// peers, once through the relay and once from a loop that does nothing else. Run by hand or by the bench.
import { readFileSync } from 'node:fs';
import nodeDataChannel from 'node-datachannel';
import { type RelayProcess, startRelay, until } from '../support/relay-rig.ts';
import { addSinks } from '../support/relay-sinks.ts';
import { type Load, startFrames } from '../support/relay-stimulus.ts';

export type LoopOptions = Load & { readonly peers: number; readonly seconds: number };
export type LoopResult = {
  /** Of one core. */
  readonly cpuPercent: number;
  readonly microsecondsPerPacket: number;
  readonly residentMegabytes: number;
  /** Packets that left the process in the measured time. */
  readonly packets: number;
};

const ticksPerSecond = 100;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** User and system time of a process in seconds. */
const cpuSeconds = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};
const residentMegabytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

const measure = async (pid: number, options: LoopOptions): Promise<LoopResult> => {
  const before = cpuSeconds(pid);
  const startedMs = performance.now();
  await wait(options.seconds * 1000);
  const elapsedSeconds = (performance.now() - startedMs) / 1000;
  const used = cpuSeconds(pid) - before;
  const packetsPerFrame = Math.max(1, Math.round(options.packetsPerSecond / 30));
  const packets = Math.round(packetsPerFrame * 30 * elapsedSeconds * options.peers);
  return {
    cpuPercent: (used / elapsedSeconds) * 100,
    microsecondsPerPacket: (used * 1e6) / packets,
    residentMegabytes: residentMegabytes(pid),
    packets,
  };
};

const withSinks = async (
  process_: RelayProcess,
  options: LoopOptions,
  begin: () => Promise<() => void>,
): Promise<LoopResult> => {
  const names = Array.from({ length: options.peers }, (_, index) => `sink-${index}`);
  // The first one is looked at, to be sure that packets arrive; the others only decrypt.
  const first = addSinks(process_, names.slice(0, 1));
  const others = addSinks(process_, names.slice(1), false);
  const stop = await begin();
  try {
    await until(
      'packets',
      () => first[0]?.packets() ?? 0,
      (count) => count > options.packetsPerSecond,
      20_000,
    );
    return await measure(process_.pid, options);
  } finally {
    stop();
    for (const sink of [...first, ...others]) sink.close();
    await process_.close();
  }
};

/** The floor: encrypt and send, nothing else. */
export const runBareLoop = async (options: LoopOptions): Promise<LoopResult> => {
  const port = 40_000 + (process.pid % 10_000);
  const bare = await startRelay(1, port, '../support/relay-bare-sender.ts');
  return withSinks(bare, options, async () => {
    await wait(1_500);
    const { packetsPerSecond, packetBytes } = options;
    bare.postRaw({ type: 'load', load: { packetsPerSecond, packetBytes } });
    return () => {};
  });
};

/** The same load through the real relay, from a native presenter. */
export const runRelayLoop = async (options: LoopOptions): Promise<LoopResult> => {
  const relay = await startRelay();
  const presenter = new nodeDataChannel.PeerConnection('presenter', { iceServers: [], mtu: 1500 });
  const video = new nodeDataChannel.Video('0', 'SendOnly');
  video.addVP8Codec(96);
  video.addSSRC(0x1234_5678, 'bench', 'bench', 'bench');
  return withSinks(relay, options, async () => {
    presenter.onLocalDescription((sdp) => {
      relay.post({ type: 'source-signal', signal: { kind: 'offer', sdp, generation: 1 } });
    });
    presenter.onLocalCandidate((line, sdpMid) => {
      const candidate = line.replace(/^a=/, '');
      const signal = { kind: 'candidate', candidate, sdpMid, sdpMLineIndex: 0, generation: 1 } as const;
      relay.post({ type: 'source-signal', signal });
    });
    relay.onEvent((event) => {
      if (event.type !== 'source-signal') return;
      const { signal } = event;
      if (signal.kind === 'answer') presenter.setRemoteDescription(signal.sdp, 'answer');
      else if (signal.kind === 'candidate')
        presenter.addRemoteCandidate(`a=${signal.candidate}`, signal.sdpMid ?? '0');
    });
    const track = presenter.addTrack(video);
    const opened = new Promise<void>((resolve) => track.onOpen(resolve));
    presenter.setLocalDescription('offer');
    await opened;
    await wait(1_500);
    const frames = startFrames(options, (packet) => track.sendMessageBinary(packet));
    // Any feedback may be a wish for a key frame; one more costs nothing here.
    track.onMessage(() => frames.keyFrame());
    return () => {
      frames.stop();
      presenter.close();
    };
  });
};

if (import.meta.main) {
  const [peers = 30, rounds = 2, seconds = 5] = process.argv.slice(2).map(Number);
  const options = { packetsPerSecond: 270, packetBytes: 1_160, peers, seconds };
  for (let round = 0; round < rounds; round += 1) {
    const bare = await runBareLoop(options);
    const relay = await runRelayLoop(options);
    const show = ({ cpuPercent, microsecondsPerPacket, residentMegabytes: rss }: LoopResult): string =>
      `${cpuPercent.toFixed(1)} % of a core, ${microsecondsPerPacket.toFixed(2)} us per packet, ${rss.toFixed(0)} MB`;
    console.log(`${peers} peers, 2.5 Mb/s each`);
    console.log(`  bare   ${show(bare)}`);
    console.log(`  relay  ${show(relay)}`);
    console.log(`  ratio  ${(relay.microsecondsPerPacket / bare.microsecondsPerPacket).toFixed(2)}`);
  }
  process.exit(0);
}
