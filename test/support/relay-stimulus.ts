// Packets for benches: bursts of one frame each, shaped like Chromium's VP8 but without any picture in them.

export type Load = {
  readonly packetsPerSecond: number;
  readonly packetBytes: number;
};

const framesPerSecond = 30;

/** Calls `send` for every packet of every frame until the returned function is called. */
export const startFrames = (
  load: Load,
  send: (packet: Buffer) => void,
): { readonly keyFrame: () => void; readonly stop: () => void } => {
  const packetsPerFrame = Math.max(1, Math.round(load.packetsPerSecond / framesPerSecond));
  const packet = Buffer.alloc(load.packetBytes, 0x5a);
  packet[0] = 0x80;
  packet.writeUInt32BE(0x1234_5678, 8);
  packet.set([0x90, 0xe0], 12);
  let sequence = 0;
  let frame = 0;
  let isKeyWanted = true;
  const startedMs = performance.now();
  const sendFrame = (): void => {
    for (let index = 0; index < packetsPerFrame; index += 1) {
      const isFirst = index === 0;
      packet[1] = (index === packetsPerFrame - 1 ? 0x80 : 0) | 96;
      packet.writeUInt16BE(sequence++ & 0xffff, 2);
      packet.writeUInt32BE((frame * 3_000) >>> 0, 4);
      packet[12] = isFirst ? 0x90 : 0x80;
      packet.writeUInt16BE(0x8000 | (frame & 0x7fff), 14);
      packet[16] = frame & 0xff;
      packet[17] = 0;
      packet[18] = isFirst && isKeyWanted ? 0 : 1;
      send(packet);
    }
    frame += 1;
    isKeyWanted = false;
  };
  const timer = setInterval(() => {
    while (frame < ((performance.now() - startedMs) / 1000) * framesPerSecond) sendFrame();
  }, 5);
  return {
    keyFrame: () => {
      isKeyWanted = true;
    },
    stop: () => clearInterval(timer),
  };
};
