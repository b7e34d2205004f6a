// What a role holds to take part in a school: certificate, key, the school's authority, its room.
import type { DeviceId, RoomId, TeacherId } from '../../shared/domain/ids.ts';
import type { SignedRoster } from '../../shared/protocol/roster.ts';

/** Certificate and key as PEM texts. */
export type KeyAndCertificate = { readonly certificatePem: string; readonly privateKeyPem: string };

/** What TLS needs of either role; all texts are PEM. */
export type TlsIdentity = {
  /** What is shown to the peer: a device's holds, behind its own, the certificate of its room's authority. */
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** Certificate of the school's root: the one authority whose signatures count. */
  readonly authorityPem: string;
  readonly roomId: RoomId;
};

export type TeacherIdentity = TlsIdentity & { readonly teacherId: TeacherId };

/** `addresses`: where the console was at enrolment, as `host:port`. `roster`: the one that came with the enrolment. */
export type AgentIdentity = TlsIdentity & {
  readonly deviceId: DeviceId;
  readonly roomName: string;
  readonly addresses: readonly string[];
  readonly roster: SignedRoster;
};
