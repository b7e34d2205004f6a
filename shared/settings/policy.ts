// What school IT decides for a machine. Read from a JSON file; every key has a safe default.
import { z } from 'zod';
import { DisplayName } from '../domain/ids.ts';

export const AppRole = z.enum(['console', 'agent', 'admin']);
export type AppRole = z.infer<typeof AppRole>;

/** `host`, `host:port`, `[v6]` or `[v6]:port`. */
export const NetworkAddress = z
  .string()
  .min(1)
  .max(128)
  .regex(/^(?:\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/);

export const defaultLinkPort = 47_100;

export const Policy = z.strictObject({
  role: AppRole.optional(),
  /** Console: the room it serves. */
  roomName: DisplayName.optional(),
  /** Console: name that pupils read. */
  teacherName: DisplayName.optional(),
  /** Agent: name shown on the wall until the teacher gives it one; default is the host's name. */
  deviceName: DisplayName.optional(),
  /** Console: makes a school of its own at its first start without asking; names come from this policy or the host. */
  ownSchool: z.boolean().default(false),
  /** Console: TCP port of the link; 0 takes any free one. */
  linkPort: z.int().min(0).max(65_535).default(defaultLinkPort),
  /** Console: UDP port of the relay; 0 takes any free one. */
  relayPort: z.int().min(0).max(65_535).default(0),
  /** Console: the one local address it serves; all without it. */
  listenAddress: z.union([z.ipv4(), z.ipv6()]).optional(),
  /** Agent: where to look for the console besides mDNS. */
  consoleAddresses: z.array(NetworkAddress).max(16).default([]),
  /** Find each other by mDNS. */
  useDiscovery: z.boolean().default(true),
  /** Agent: joins the school with it at first start. */
  enrolmentToken: z.string().max(1024).optional(),
  /** Where school IT lays the newest roster (a path on a share); read again every 15 seconds. */
  rosterFile: z.string().min(1).max(1024).optional(),
  /** Console: where school IT lays renewed teacher certificates (a folder on a share); looked at when the console starts. */
  renewalFolder: z.string().min(1).max(1024).optional(),
  /** How long the logs of who did what are kept, in days. */
  auditDays: z.int().min(1).max(365).default(30),
  /** Agent: web pages without encryption may be opened, too. */
  allowHttpLinks: z.boolean().default(false),
  /** How long a lock outlives a silent console, in seconds. */
  lockGraceSeconds: z.int().min(30).max(600).default(120),
  language: z.enum(['system', 'de', 'en']).optional(),
  theme: z.enum(['system', 'light', 'dark']).optional(),
});
export type Policy = z.infer<typeof Policy>;
