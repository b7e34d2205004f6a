// Presentation through the relay, for classes of several sizes: what it costs the teacher's PC and what arrives.

import type { Bench, BenchContext, BenchReport } from './bench-types.ts';
import { wait } from './machine.ts';
import { type Round, runMeshRound, runRelayRound } from './round.ts';
import { openStage, type Stage } from './stage.ts';
import { gainsOf, judge, showGains, showSummaries, summarize } from './summary.ts';

export type RunPlan = {
  readonly peers: readonly number[];
  readonly seconds: number;
  readonly rounds: number;
  /** Sizes up to this one also with one connection per device; 0 for none. */
  readonly meshUpTo: number;
  readonly withBare: boolean;
  /** No round begins when the run is that old. */
  readonly budgetMs: number;
};

/** A machine so full that frames are lost by half tells nothing at a larger size. */
const isFull = (round: Round): boolean => {
  const arrived = Number.isFinite(round.sinkFpsMin) ? round.sinkFpsMin : round.receiverFps;
  return round.storm.withoutFrame > 0 || arrived < round.capturedFps / 2 || round.capturedFps < 15;
};

const inWords = (round: Round): string => {
  const { topology, peers, encodesPerFrame, senderCpuAboveIdle, relay, latencyP50Ms, storm } = round;
  const cost = relay === null ? '' : `, relay ${relay.cpuPercent.toFixed(1)} %`;
  return (
    `${topology} N=${peers}: ${encodesPerFrame.toFixed(2)} encodes per frame, sender ${senderCpuAboveIdle.toFixed(0)} %` +
    `${cost}, latency ${latencyP50Ms.toFixed(0)} ms, ${storm.keyFrames} key frames for all to join`
  );
};

type Runner = typeof runRelayRound;

/** Runs all sizes in turn, then again: neighbours in time can be compared, and medians over the rounds. */
const runRounds = async (stage: Stage, { cleanUp, say }: BenchContext, plan: RunPlan, notes: string[]) => {
  const startedAtMs = performance.now();
  const rounds: Round[] = [];
  let largestMesh = plan.meshUpTo;
  let longestMs = 0;
  const measure = async (run: Runner, peers: number): Promise<Round | null> => {
    const beganAtMs = performance.now();
    if (beganAtMs - startedAtMs + longestMs > plan.budgetMs) {
      notes.push(`no time was left for another round with N=${peers}`);
      return null;
    }
    const round = await run(stage, cleanUp, { peers, seconds: plan.seconds, withBare: plan.withBare });
    longestMs = Math.max(longestMs, performance.now() - beganAtMs);
    rounds.push(round);
    say(inWords(round));
    // What was closed goes away before the next idle measurement.
    await wait(500);
    return round;
  };
  for (let turn = 0; turn < plan.rounds; turn += 1) {
    for (const peers of plan.peers) {
      await measure(runRelayRound, peers);
      if (peers > largestMesh) continue;
      const round = await measure(runMeshRound, peers);
      if (round === null || !isFull(round)) continue;
      largestMesh = peers - 1;
      notes.push(`one connection per device fills this machine at N=${peers}; larger classes are left out`);
    }
  }
  return rounds;
};

/** Runs a plan on a new stage and makes the report. */
export const runPlan = async (context: BenchContext, plan: RunPlan): Promise<BenchReport> => {
  const startedAtMs = performance.now();
  const stage = await openStage(context.cleanUp);
  const notes: string[] = [];
  const rounds = await runRounds(stage, context, plan, notes);
  const summaries = summarize(rounds);
  const gains = gainsOf(summaries);
  const problems = [...new Set(rounds.flatMap((round) => round.problems))];
  const lines = [
    `1920x1080 at 30 frames/s, real capture; medians of ${plan.rounds} rounds of ${plan.seconds} s`,
    '',
    ...showSummaries(summaries),
    ...showGains(gains),
    ...(notes.length + problems.length === 0 ? [] : ['']),
    ...[...notes, ...problems].map((note) => `note: ${note}`),
  ];
  const durationS = Math.round((performance.now() - startedAtMs) / 1000);
  return {
    lines,
    goals: judge(summaries),
    data: { plan, durationS, summaries, gains, notes, problems, rounds },
  };
};

export const presentation: Bench = {
  name: 'presentation',
  summary: 'one captured screen through the relay to N devices: cost, latency, frames, key frames, bytes',
  run: (context) =>
    runPlan(context, {
      peers: context.options.peers ?? [1, 10, 30, 60],
      seconds: context.options.seconds ?? 6,
      rounds: context.options.rounds ?? 2,
      meshUpTo: context.options.withMesh ? 30 : 0,
      withBare: true,
      budgetMs: 230_000,
    }),
};
