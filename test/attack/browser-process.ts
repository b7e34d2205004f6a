// A device's discovery by itself, in its own process and network stack: what it holds and how long its loop had to wait.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../../main/lib/clock.ts';
import { silentLog } from '../../main/lib/log.ts';
import { type Browser, browseConsoles } from '../../main/link/discovery.ts';
import { RoomId } from '../../shared/domain/ids.ts';
import { serveCalls } from './calls.ts';

let browser: Browser | null = null;
let most = 0;
let hints = 0;
const loop = monitorEventLoopDelay({ resolution: 5 });
loop.enable();

const running = (): Browser => {
  if (browser === null) throw new Error('not started');
  return browser;
};

const calls = {
  start(address: string, udpPort: number) {
    browser = browseConsoles({ clock: systemClock, log: silentLog(), interfaces: [address], udpPort });
    browser.events.on('hint', () => {
      hints += 1;
      most = Math.max(most, running().size());
    });
  },
  addressesOf: (roomId: string) => running().addressesOf(RoomId.parse(roomId)),
  figures() {
    const figures = {
      held: running().size(),
      most,
      hints,
      malformed: running().malformed(),
      loopP99Ms: loop.percentile(99) / 1e6,
      loopMaxMs: loop.max / 1e6,
      rssBytes: process.memoryUsage.rss(),
    };
    loop.reset();
    return figures;
  },
};
export type BrowserCalls = typeof calls;

serveCalls(calls, async () => browser?.close());
