// One connection of an agent to its console, from the TLS socket on: WebSocket, hello, silence, frames to messages.
import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import type { DeviceFacts, DeviceReport } from '../../shared/domain/device.ts';
import { TeacherId } from '../../shared/domain/ids.ts';
import {
  type AgentMessage,
  ConsoleMessage,
  heartbeatTimeoutMs,
  LinkRefusal,
  linkSubprotocol,
  maxConsoleFrameBytes,
  protocolVersions,
} from '../../shared/protocol/link.ts';
import type { CancelTimer, Clock } from '../lib/clock.ts';
import { linkServerName, readCertificate } from '../trust/certificate-profile.ts';
import type { Issuer } from './command-gate.ts';
import { parseFrame } from './frame.ts';
import type { LinkProblem } from './link-status.ts';

export type ConnectionOptions = {
  /** Connected and authenticated. */
  readonly socket: TLSSocket;
  readonly clock: Clock;
  readonly hello: () => { readonly facts: DeviceFacts; readonly report: DeviceReport };
  readonly onMessage: (message: ConsoleMessage) => void;
  /** Comes once, not after `close`. */
  readonly onEnd: (problem: LinkProblem) => void;
};

export type ConsoleConnection = {
  /** The teacher TLS has proved to be at the other end. */
  readonly issuer: Issuer;
  /** IP address of the console. */
  readonly peerAddress: string;
  /** What our hello says makes this connection unlike any other. */
  readonly nonce: string;
  readonly send: (message: AgentMessage) => boolean;
  /** Ends it and reports the problem. */
  readonly fail: (problem: LinkProblem) => void;
  /** Ends it and reports nothing. */
  readonly close: () => void;
};

const welcomeTimeoutMs = 5_000;

function issuerOf(socket: TLSSocket): Issuer {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new Error('connection without a certificate');
  const { keyId, role, roomId } = readCertificate(certificate.raw);
  return { keyId: TeacherId.parse(keyId), publicKey: certificate.publicKey, role, roomId };
}

export function openConnection(options: ConnectionOptions): ConsoleConnection {
  const { clock, socket } = options;
  const issuer = issuerOf(socket);
  const peerAddress = socket.remoteAddress ?? '';
  const nonce = randomBytes(16).toString('base64url');
  let isOver = false;
  let isWelcome = false;
  let lastHeardMs = clock.nowMs();
  const webSocket = new WebSocket(`wss://${linkServerName}/link`, [linkSubprotocol], {
    createConnection: () => socket,
    perMessageDeflate: false,
    maxPayload: maxConsoleFrameBytes,
  });

  const send = (message: AgentMessage): boolean => {
    if (isOver || webSocket.readyState !== WebSocket.OPEN) return false;
    webSocket.send(JSON.stringify(message));
    return true;
  };
  const close = () => {
    if (isOver) return;
    isOver = true;
    stopTimer();
    if (webSocket.readyState === WebSocket.OPEN) webSocket.close(1000);
    // Whoever does not answer the close is cut; `terminate` before the upgrade also ends the socket below.
    if (webSocket.readyState === WebSocket.CLOSING) clock.after(250, () => webSocket.terminate());
    else webSocket.terminate();
  };
  const fail = (problem: LinkProblem) => {
    if (isOver) return;
    close();
    options.onEnd(problem);
  };
  const watchSilence = () => {
    const silentMs = clock.nowMs() - lastHeardMs;
    if (silentMs >= heartbeatTimeoutMs) fail('connection-lost');
    else stopTimer = clock.after(heartbeatTimeoutMs - silentMs, watchSilence);
  };
  let stopTimer: CancelTimer = clock.after(welcomeTimeoutMs, () => fail('not-welcomed'));

  webSocket.on('open', () => {
    send({ type: 'hello', versions: protocolVersions, nonce, wallMs: clock.wallMs(), ...options.hello() });
  });
  webSocket.on('ping', () => {
    lastHeardMs = clock.nowMs();
  });
  webSocket.on('message', (data, isBinary) => {
    if (isOver) return;
    lastHeardMs = clock.nowMs();
    if (isBinary || !Buffer.isBuffer(data)) {
      fail('not-json');
      return;
    }
    const parsed = parseFrame(ConsoleMessage, data);
    if (!parsed.ok) {
      fail(parsed.error.code);
      return;
    }
    if (parsed.value.type === 'welcome' && !isWelcome) {
      isWelcome = true;
      stopTimer();
      watchSilence();
    }
    options.onMessage(parsed.value);
  });
  // The console speaks its mind about our certificate only after our handshake is done (RFC 8446 section 4.4.2):
  // a connection that ends before the welcome was most likely refused for it.
  const lost = (): LinkProblem => (isWelcome ? 'connection-lost' : 'not-welcomed');
  webSocket.on('error', () => fail(lost()));
  webSocket.on('close', (_code, reason) => {
    const refusal = LinkRefusal.safeParse(reason.toString('utf8'));
    fail(refusal.success ? refusal.data : lost());
  });
  return { issuer, peerAddress, nonce, send, fail, close };
}
