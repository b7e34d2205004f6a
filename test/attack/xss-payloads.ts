// Texts that want to be more than text: markup, script, templates, direction tricks. Each would set `__xss` if it ran.

const run = 'globalThis.__xss=1';

const vectors = [
  `<script>${run}</script>`,
  `<SCRIPT SRC=data:text/javascript,${run}></SCRIPT>`,
  `<img src=x onerror=${run}>`,
  `<img src=x onerror="${run}"//`,
  `<svg onload=${run}>`,
  `<svg><script>${run}</script></svg>`,
  `<svg><animate onbegin=${run} attributeName=x dur=1s>`,
  `<math><mtext></mtext><script>${run}</script></math>`,
  `<body onload=${run}>`,
  `<iframe srcdoc="<script>parent.__xss=1</script>"></iframe>`,
  `<iframe src="javascript:${run}"></iframe>`,
  `<object data="data:text/html,<script>${run}</script>"></object>`,
  `<embed src="javascript:${run}">`,
  `<a href="javascript:${run}" autofocus>x</a>`,
  `<input autofocus onfocus=${run}>`,
  `<details open ontoggle=${run}>`,
  `<video><source onerror=${run}></video>`,
  `<audio src=x onerror=${run}></audio>`,
  `<marquee onstart=${run}>`,
  `<style>@import'http://127.0.0.1:9/x'</style>`,
  `<link rel=stylesheet href=http://127.0.0.1:9/x>`,
  `<base href=http://127.0.0.1:9/>`,
  `<meta http-equiv=refresh content="0;url=data:text/html,x">`,
  `<form><button formaction=javascript:${run}>x</button></form>`,
  `<template><img src=x onerror=${run}></template>`,
  `<noscript><img src=x onerror=${run}></noscript>`,
  `<textarea></textarea><img src=x onerror=${run}>`,
  `<x onclick=${run} tabindex=1 autofocus onfocus=${run}>x`,
  `<dialog open onclose=${run}><form method=dialog><button>x`,
  `<button popovertarget=x onbeforetoggle=${run}>x`,
  `&lt;img src=x onerror=${run}&gt;`,
  `&#60;script&#62;${run}&#60;/script&#62;`,
  `%3Cscript%3E${run}%3C/script%3E`,
  `\\u003cscript\\u003e${run}\\u003c/script\\u003e`,
  `\\x3cimg src=x onerror=${run}\\x3e`,
  `javascript:${run}`,
  `data:text/html,<script>${run}</script>`,
  `\${${run}}`,
  `{{constructor.constructor('${run}')()}}`,
  `{{code}} {{teacher}} {{name}}`,
  `$t(errors.unknown) $t(device.states.idle)`,
  `$t(errors.unknown, {"code": "x"})`,
  `<%= ${run} %>`,
  `#{${run}}`,
  `[[${run}]]`,
  `__proto__`,
  `constructor`,
  `=cmd|'/c calc'!A1`,
  `';${run};//`,
  `\`;${run};//`,
];

/** 200 different ones. */
export const payloads: readonly string[] = ['', '">', '</title></script>', "'-->]]>"].flatMap((prefix) =>
  vectors.map((vector) => `${prefix}${vector}`),
);

const code = (...points: number[]): string => String.fromCodePoint(...points);

/** Names that no name may be: controls, direction changes, halves of characters, more than a line, more than a name. */
export const badNames: readonly string[] = [
  ...Array.from({ length: 32 }, (_, point) => `PC${code(point)}1`),
  ...Array.from({ length: 33 }, (_, index) => `PC${code(0x7f + index)}1`),
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069].map(
    (point) => `exe.${code(point)}gpj`,
  ),
  ...[0x2028, 0x2029].map((point) => `PC${code(point)}1`),
  ...['\ud800', 'a\udc00', '\udfff\ud800'],
  ...['', ' ', '\t', 'x'.repeat(65), '\u{1f600}'.repeat(65)],
];
