// What a role holds to take part in a school: certificate, key, the school's authority, its room.
import type { DeviceId, RoomId, TeacherId } from '../../shared/domain/ids.ts';

/** What TLS needs of either role; all texts are PEM. */
export type TlsIdentity = {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** The one authority whose signatures count. */
  readonly authorityPem: string;
  readonly roomId: RoomId;
};

export type TeacherIdentity = TlsIdentity & { readonly teacherId: TeacherId };

/** `addresses`: where the console was at enrolment, as `host:port`. */
export type AgentIdentity = TlsIdentity & {
  readonly deviceId: DeviceId;
  readonly roomName: string;
  readonly addresses: readonly string[];
};
