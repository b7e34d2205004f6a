// The same presentation with one connection per device from the page, beside the relay in the same run.

import type { Bench } from './bench-types.ts';
import { runPlan } from './presentation.ts';

export const mesh: Bench = {
  name: 'mesh',
  summary: 'the same with one RTCPeerConnection per device, beside the relay, until the machine is full',
  run: (context) =>
    runPlan(context, {
      peers: context.options.peers ?? [1, 10, 30],
      seconds: context.options.seconds ?? 6,
      rounds: context.options.rounds ?? 1,
      meshUpTo: Number.POSITIVE_INFINITY,
      withBare: false,
      budgetMs: 230_000,
    }),
};
