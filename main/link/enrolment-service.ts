// The console's two enrolment services on the link's port: the authority's certificate in clear, and one POST over TLS.
// It checks form and size; whether a token is good is the desk's business.
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  authorityPath,
  type EnrolmentRefusal,
  EnrolmentRequest,
  enrolmentPath,
  maxEnrolmentBytes,
} from '../../shared/protocol/enrolment.ts';
import type { PairingRefusal } from '../../shared/protocol/pairing.ts';
import { type AppError, fail, type Result } from '../../shared/result/result.ts';
import { enrolmentServerName } from '../trust/certificate-profile.ts';
import type { EnrolmentDesk } from '../trust/enrolment-desk.ts';
import type { TlsIdentity } from '../trust/identity.ts';
import { parseFrame } from './frame.ts';
import { plainAddress } from './front-door.ts';
import { isPairingPath, type PairingService } from './pairing-service.ts';
import { enrolmentServerOptions, onTlsFailure, type TransportFailure } from './tls-settings.ts';

export type EnrolmentServiceRefusal =
  | `enrol-${EnrolmentRefusal}`
  | `pair-${PairingRefusal}`
  | TransportFailure;

export type EnrolmentService = {
  readonly authority: (socket: Socket) => void;
  readonly enrolment: (socket: Socket) => void;
};

export type EnrolmentServiceOptions = {
  readonly identity: TlsIdentity;
  readonly desk: EnrolmentDesk;
  /** With it devices can join by hand, too. */
  readonly pairing?: PairingService;
  readonly requestTimeoutMs: number;
  readonly onRefused: (code: EnrolmentServiceRefusal, address: string, detail?: string) => void;
};

const statusOf: Readonly<Record<EnrolmentRefusal, number>> = {
  'bad-request': 400,
  'bad-certificate-request': 400,
  'token-unknown': 403,
  'token-expired': 403,
  'token-used-up': 403,
  'too-many-tries': 429,
};

const pairingStatusOf: Readonly<Record<PairingRefusal, number>> = {
  'bad-request': 400,
  'bad-certificate-request': 400,
  'pairing-closed': 404,
  'pairing-unknown': 404,
  'pairing-order': 409,
  'pairing-crowded': 429,
  'pairing-refused': 403,
  'pairing-different': 403,
  'pairing-expired': 410,
};

/** The whole body, null as soon as it is longer than allowed or breaks off. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    // Not destroyed on return, so that a body that is too long can still be answered.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      if (bytes > maxBytes) return null;
      chunks.push(chunk);
    }
  } catch {
    // The peer went away in the middle; nobody is left to answer.
    return null;
  }
  return Buffer.concat(chunks);
}

export function createEnrolmentService(options: EnrolmentServiceOptions): EnrolmentService {
  const { desk, onRefused } = options;
  const limits = { maxHeaderSize: 2_048, requestTimeout: options.requestTimeoutMs, keepAliveTimeout: 1 };
  const send = (response: ServerResponse, status: number, type: string, body: string | Uint8Array) => {
    const headers = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), Connection: 'close' };
    response.writeHead(status, headers).end(body);
  };
  const refuse = (response: ServerResponse, address: string, code: EnrolmentRefusal, detail?: string) => {
    onRefused(`enrol-${code}`, address, detail);
    send(response, statusOf[code], 'application/json', JSON.stringify({ code }));
  };

  /** A page of the web reaches us under a name of its own (DNS rebinding); devices say the service's. */
  const isOwnHost = ({ headers, socket }: IncomingMessage): boolean => {
    if (headers.host === enrolmentServerName) return true;
    const literal = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::\d{1,5})?$/i.exec(headers.host ?? '');
    const address = literal?.[1] ?? literal?.[2];
    return address !== undefined && address === plainAddress(socket.localAddress);
  };
  const isOurs = (request: IncomingMessage): boolean =>
    request.headers.origin === undefined && isOwnHost(request);

  const onAuthority = (request: IncomingMessage, response: ServerResponse) => {
    const address = plainAddress(request.socket.remoteAddress);
    const isRight = request.method === 'GET' && request.url === authorityPath && isOurs(request);
    if (isRight) send(response, 200, 'application/pkix-cert', desk.authorityDer);
    else refuse(response, address, 'bad-request', 'authority');
  };

  const onPairing = async (pairing: PairingService, request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request;
    const address = plainAddress(request.socket.remoteAddress);
    const isPost = method === 'POST';
    const isForm = isOurs(request) && (!isPost || headers['content-type'] === 'application/json');
    const body = isPost && isForm ? await readBody(request, maxEnrolmentBytes) : null;
    const answer: Result<unknown, AppError<PairingRefusal>> = isForm
      ? await pairing({ method, path: url, body, address })
      : fail('bad-request', 'choose-again', 'form');
    if (answer.ok) {
      send(response, 200, 'application/json', JSON.stringify(answer.value));
      return;
    }
    const { code, detail } = answer.error;
    onRefused(`pair-${code}`, address, detail);
    send(response, pairingStatusOf[code], 'application/json', JSON.stringify({ code }));
  };

  const onEnrolment = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers } = request;
    const address = plainAddress(request.socket.remoteAddress);
    const isRight = method === 'POST' && url === enrolmentPath && isOurs(request);
    const isJson = isRight && headers['content-type'] === 'application/json';
    const body = isJson ? await readBody(request, maxEnrolmentBytes) : null;
    const claim = body === null ? null : parseFrame(EnrolmentRequest, body);
    if (claim === null || !claim.ok) {
      refuse(response, address, 'bad-request', claim?.error.detail ?? 'form');
      return;
    }
    const { secret, facts } = claim.value;
    const requestDer = Buffer.from(claim.value.request, 'base64');
    const answer = await desk.redeem({ secret, requestDer, facts, address });
    if (answer.ok) send(response, 200, 'application/json', JSON.stringify(answer.value));
    else refuse(response, address, answer.error.code, answer.error.detail);
  };

  const onBadHttp = (_cause: Error, socket: Duplex) => {
    onRefused('enrol-bad-request', '', 'HTTP');
    socket.destroy();
  };
  const plain = createHttpServer(limits, onAuthority);
  plain.on('clientError', onBadHttp);
  const tls = createHttpsServer(
    { ...enrolmentServerOptions(options.identity), ...limits },
    (request, response) => {
      if (options.pairing !== undefined && isPairingPath(request.url ?? '')) {
        void onPairing(options.pairing, request, response);
        return;
      }
      // `onEnrolment` fails as a value; what it throws is a bug and ends the process as any unhandled rejection does.
      void onEnrolment(request, response);
    },
  );
  tls.on('clientError', onBadHttp);
  onTlsFailure(tls, onRefused);
  return {
    authority: (socket) => plain.emit('connection', socket),
    enrolment: (socket) => tls.emit('connection', socket),
  };
}
