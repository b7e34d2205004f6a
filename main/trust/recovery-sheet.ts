// The recovery sheet as a page to print: self-contained HTML for A4 in German or English, no script, nothing loaded. It
// holds the school's key in clear, so it is for paper and for nothing else.

import { renderSVG } from 'uqr';
import { recoveryQrText } from './recovery.ts';
import type { SchoolAuthority } from './school-authority.ts';

export type SheetLanguage = 'de' | 'en';

export type SheetContent = {
  /** Printed large; without it the line is left out. */
  readonly schoolName?: string;
  /** SHA-256 of the root's certificate, hex. */
  readonly fingerprint: string;
  readonly code: string;
  readonly certificatePem: string;
  readonly language: SheetLanguage;
  /** An `<svg>` element; put into the page as it is. */
  readonly qrSvg: string;
};

const words = {
  de: {
    title: 'Wiederherstellungsblatt',
    what: 'Dieses Blatt ist der Schlüssel deiner Schule in Lehrpult. Mit ihm lassen sich neue Lehrkräfte und Räume anlegen, wenn der Rechner mit dem Schlüssel verloren, gestohlen oder kaputt ist. Kein Gerät muss dafür neu verbunden werden.',
    warning: 'Wer dieses Blatt hat, ist die Schule.',
    keepTitle: 'Aufbewahren',
    keep: [
      'Drucke das Blatt auf einem Drucker aus, der nichts speichert, und lösche danach die Datei.',
      'Lege es in den Tresor oder dorthin, wo das Schulsiegel liegt. Nicht zum Rechner, nicht in die Cloud, kein Foto.',
      'Hat es jemand gesehen, der es nicht sehen durfte: lege eine neue Schule an und verbinde die Geräte neu.',
    ],
    useTitle: 'Benutzen',
    use: [
      'Installiere Lehrpult auf dem neuen Rechner und starte in einer Eingabeaufforderung:',
      'Tippe den Code ab oder lies den QR-Code ein. Groß- und Kleinschreibung, Leerzeichen und Striche sind gleich. Zum abgetippten Code gehört das Zertifikat der Schule: „--certificate“ mit der Datei identity.json eines Geräts oder school.json eines Pults.',
      'Sperre danach die Lehrkraft, deren Rechner weg ist, mit „revoke“ und lege sie mit „add-teacher“ neu an.',
    ],
    command: 'lehrpult admin recover',
    code: 'Code',
    qr: 'Derselbe Code mit dem Zertifikat der Schule',
    fingerprint: 'Fingerabdruck der Schule (SHA-256)',
    certificate: 'Zertifikat der Schule (nicht geheim; jedes Gerät hat es)',
  },
  en: {
    title: 'Recovery sheet',
    what: 'This sheet is the key of your school in Lehrpult. With it new teachers and rooms can be added when the computer that holds the key is lost, stolen or broken. No device has to join again for that.',
    warning: 'Whoever has this sheet is the school.',
    keepTitle: 'Keep it',
    keep: [
      'Print it on a printer that stores nothing, and delete the file afterwards.',
      'Put it into the safe or where the school keeps its seal. Not beside the computer, not into the cloud, no photo.',
      'If somebody has seen it who must not: make a new school and let the devices join again.',
    ],
    useTitle: 'Use it',
    use: [
      'Install Lehrpult on the new computer and start in a command prompt:',
      'Type the code or scan the QR code. Upper and lower case, blanks and hyphens do not matter. A typed code needs the certificate of the school: “--certificate” with the file identity.json of a device or school.json of a console.',
      'Then revoke the teacher whose computer is gone with “revoke” and add them anew with “add-teacher”.',
    ],
    command: 'lehrpult admin recover',
    code: 'Code',
    qr: 'The same code with the certificate of the school',
    fingerprint: 'Fingerprint of the school (SHA-256)',
    certificate: 'Certificate of the school (no secret; every device has it)',
  },
} as const;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

// It has to fit one page: a second sheet would be lost first.
const style = `
  @page { size: A4; margin: 14mm; }
  * { box-sizing: border-box; }
  body { margin: 0 auto; max-width: 182mm; color: #111; background: #fff;
    font: 10pt/1.4 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
  @media screen { body { padding: 8mm 0; } }
  h1 { font-size: 21pt; line-height: 1.2; margin: 0 0 1mm; }
  h2 { font-size: 11.5pt; margin: 4mm 0 1mm; }
  p { margin: 0 0 1.5mm; }
  ol, ul { margin: 0; padding-left: 5mm; }
  .school { font-size: 14pt; }
  .warning { border: 1.5pt solid #111; padding: 1.5mm 3mm; font-weight: 700; margin: 2.5mm 0; }
  .key { display: flex; gap: 8mm; justify-content: space-between; margin-top: 4mm; break-inside: avoid; }
  .key h2 { margin-top: 0; }
  .code { display: grid; grid-template-columns: repeat(4, auto); gap: 4mm 7mm; margin: 3mm 0 0;
    font: 700 16pt/1.2 ui-monospace, Consolas, "Liberation Mono", monospace; }
  .qr { flex: none; width: 62mm; } .qr svg { display: block; width: 62mm; height: 62mm; }
  .qr p { font-size: 8.5pt; margin: 1mm 0 0; }
  .small { font: 7pt/1.35 ui-monospace, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; margin: 0; }
  pre.small { white-space: pre-wrap; }
  code { font: 10pt ui-monospace, Consolas, "Liberation Mono", monospace; }
`;

/** The sheet as one HTML document. Every text is escaped but `qrSvg`. */
export function recoverySheetHtml(sheet: SheetContent): string {
  const text = words[sheet.language];
  const list = (items: readonly string[]) => items.map((item) => `<li>${escaped(item)}</li>`).join('');
  const groups = sheet.code
    .split('-')
    .map((group) => `<span>${escaped(group)}</span>`)
    .join(' ');
  const fingerprint =
    sheet.fingerprint
      .toUpperCase()
      .match(/.{1,4}/g)
      ?.join(' ') ?? '';
  const [start, ...rest] = text.use;
  const name = sheet.schoolName === undefined ? '' : `<p class="school">${escaped(sheet.schoolName)}</p>`;
  return `<!doctype html>
<html lang="${sheet.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Lehrpult – ${escaped(text.title)}</title>
<style>${style}</style>
</head>
<body>
<h1>Lehrpult – ${escaped(text.title)}</h1>
${name}
<p>${escaped(text.what)}</p>
<p class="warning">${escaped(text.warning)}</p>
<div class="key">
<div><h2>${escaped(text.code)}</h2><p class="code">${groups}</p></div>
<div class="qr">${sheet.qrSvg}<p>${escaped(text.qr)}</p></div>
</div>
<h2>${escaped(text.keepTitle)}</h2>
<ul>${list(text.keep)}</ul>
<h2>${escaped(text.useTitle)}</h2>
<ol><li>${escaped(start)}<br><code>${escaped(text.command)}</code></li>${list(rest)}</ol>
<h2>${escaped(text.fingerprint)}</h2>
<p class="small">${escaped(fingerprint)}</p>
<h2>${escaped(text.certificate)}</h2>
<pre class="small">${escaped(sheet.certificatePem.trim())}</pre>
</body>
</html>
`;
}

/** The sheet of a school whose root is at hand. Whoever calls it writes it where the person said, and nowhere else. */
export function drawRecoverySheet(
  root: Pick<SchoolAuthority, 'certificatePem' | 'fingerprint' | 'recoveryCode'>,
  wish: { readonly schoolName?: string; readonly language: SheetLanguage },
): string {
  const code = root.recoveryCode();
  const { certificatePem, fingerprint } = root;
  const qrSvg = renderSVG(recoveryQrText(code, certificatePem), { ecc: 'M', border: 2 });
  return recoverySheetHtml({ ...wish, code, certificatePem, fingerprint, qrSvg });
}
