// One secret line from standard input: unseen when a person types it, plain when a program pipes it.
import type { ReadStream } from 'node:tty';

const maxSecretLength = 4_096;
const enter = new Set(['\r', '\n', '\u0004']);

type Input = Pick<ReadStream, 'on' | 'off' | 'resume' | 'pause' | 'setEncoding'> & {
  readonly isTTY?: boolean;
  readonly setRawMode?: (isRaw: boolean) => unknown;
};

/**
 * Gives the first line without its end; the empty text if the input ends before one. `prompt` is written only where a
 * person sits. Control-C gives the empty text.
 */
export function readSecretLine(
  input: Input,
  writeError: (text: string) => unknown,
  prompt: string,
): Promise<string> {
  const isPerson = input.isTTY === true;
  input.setEncoding('utf8');
  if (isPerson) {
    writeError(prompt);
    input.setRawMode?.(true);
  }
  return new Promise((resolve) => {
    let text = '';
    const end = (value: string) => {
      input.off('data', onData);
      input.off('end', onEnd);
      input.pause();
      if (isPerson) {
        input.setRawMode?.(false);
        writeError('\n');
      }
      resolve(value.slice(0, maxSecretLength));
    };
    const onEnd = () => end(text);
    const onData = (chunk: Buffer | string) => {
      for (const character of chunk.toString()) {
        if (enter.has(character)) return end(text);
        if (isPerson && character === '\u0003') return end('');
        if (isPerson && (character === '\u007f' || character === '\b'))
          text = [...text].slice(0, -1).join('');
        else text += character;
      }
      if (text.length > maxSecretLength) end(text);
      return undefined;
    };
    input.on('data', onData);
    input.on('end', onEnd);
    input.resume();
  });
}
