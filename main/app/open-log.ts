// The log of this start: a bounded file in the profile, errors also where a console user sees them.
import { join } from 'node:path';
import { createLog, fileSink, type Log } from '../lib/log.ts';

export const openLog = (profile: string): Log => {
  const toFile = fileSink(join(profile, 'logs', 'lehrpult.log'));
  return createLog({
    sink(line) {
      toFile(line);
      if (line.includes('"level":"error"')) process.stderr.write(`${line}\n`);
    },
  });
};
