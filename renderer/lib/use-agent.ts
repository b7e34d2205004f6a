// The agent's state as its pages see it: a snapshot of main, then its changes.
import { useEffect, useState } from 'react';
import type { AgentSnapshot } from '../../shared/ipc/contract.ts';
import { call, on } from './ipc-client.ts';

/** null until main has answered. */
export const useAgent = (): AgentSnapshot | null => {
  const [snapshot, setSnapshot] = useState<AgentSnapshot | null>(null);
  useEffect(() => {
    let hasEvent = false;
    const stop = on('device:changed', (changed) => {
      hasEvent = true;
      setSnapshot(changed);
    });
    void call('device:snapshot', {}).then((result) => {
      // An event that came first is newer than the answer.
      if (result.ok && !hasEvent) setSnapshot(result.value);
    });
    return stop;
  }, []);
  return snapshot;
};
