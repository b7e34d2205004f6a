// A bad network between the relay and one device: a UDP forwarder on loopback that drops what it is told to.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

export type Impairment = {
  readonly port: number;
  /** Media packets that went towards the device, and those of them that were dropped. */
  readonly counts: () => { readonly media: number; readonly dropped: number };
  /** Decides for every packet towards the device; `index` counts media packets from 0. */
  readonly dropWhen: (rule: (index: number) => boolean) => void;
  readonly close: () => void;
};

const isMedia = (packet: Buffer): boolean => {
  const first = packet[0] ?? 0;
  const second = packet[1] ?? 0;
  return first >= 128 && first <= 191 && (second < 192 || second > 223);
};

/** Stands in for the relay: the device is told `port` instead of the relay's own. */
export const startImpairment = async (relayPort: number): Promise<Impairment> => {
  const front: Socket = createSocket('udp4');
  const back: Socket = createSocket('udp4');
  let device: RemoteInfo | null = null;
  let rule = (_index: number): boolean => false;
  let media = 0;
  let dropped = 0;
  front.on('message', (packet, from) => {
    device = from;
    back.send(packet, relayPort, '127.0.0.1');
  });
  back.on('message', (packet) => {
    if (isMedia(packet)) {
      media += 1;
      if (rule(media - 1)) {
        dropped += 1;
        return;
      }
    }
    if (device !== null) front.send(packet, device.port, device.address);
  });
  await new Promise<void>((resolve) => back.bind(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => front.bind(0, resolve));
  return {
    port: front.address().port,
    counts: () => ({ media, dropped }),
    dropWhen(next) {
      rule = next;
    },
    close() {
      front.close();
      back.close();
    },
  };
};
