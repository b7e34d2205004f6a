// Desktops of pupils who write: an essay, a table of measurements, a program.
import { type Desktop, drawBackground, drawWindow, fill, line, text, wrap } from './desktop.ts';

const essayText =
  'Im Herbst verändert sich der Wald jeden Tag ein wenig. Morgens liegt Nebel zwischen den Buchen, und wenn die Sonne ' +
  'höher steigt, leuchten die Blätter gelb und rot. Wir sind mit unserer Klasse am Bach entlang gegangen und haben ' +
  'sieben verschiedene Pilze gefunden. Zwei davon kannte niemand von uns. Frau Albers hat gesagt, dass man sie nicht ' +
  'anfassen soll, bevor man sie bestimmt hat. Auf der Lichtung haben wir dann Pause gemacht und eine Skizze vom ' +
  'Waldrand gezeichnet. Am besten hat mir gefallen, dass man dort ganz still sein kann und trotzdem viel hört: den ' +
  'Specht, den Wind in den Kronen und weit weg die Straßenbahn. ';

export const essayDesktop: Desktop = {
  name: 'essay',
  draw: (brush, seconds) => {
    drawBackground(brush, '#7fb2d6', '#5d8f57', 12);
    const inside = drawWindow(brush, 'Herbstwald – Aufsatz Deutsch 6b', '#2f5fa8', {
      x: 180,
      y: 50,
      width: 1560,
      height: 940,
    });
    fill(brush, '#eef1f6', inside.x, inside.y, inside.width, 64);
    for (let i = 0; i < 14; i += 1) fill(brush, '#c3cad6', inside.x + 24 + i * 54, inside.y + 16, 34, 32);
    fill(brush, '#d9dde4', inside.x, inside.y + 64, inside.width, inside.height - 64);
    fill(brush, '#ffffff', inside.x + 230, inside.y + 96, 1100, inside.height - 96);
    text(
      brush,
      'Ein Tag im Wald',
      inside.x + 320,
      inside.y + 190,
      'bold 46px Liberation Serif, serif',
      '#20242c',
    );
    brush.font = '29px Liberation Serif, serif';
    const typed = essayText.slice(0, 330 + Math.floor(seconds * 9));
    const lines = wrap(brush, typed, 920);
    let y = inside.y + 258;
    for (const words of lines) {
      text(brush, words, inside.x + 320, y, '29px Liberation Serif, serif', '#2b2f38');
      y += 44;
    }
    const lastWidth = brush.measureText(lines.at(-1) ?? '').width;
    if (Math.floor(seconds * 2) % 2 === 0) fill(brush, '#20242c', inside.x + 322 + lastWidth, y - 70, 3, 34);
  },
};

const cellNames = ['Tag', 'Uhrzeit', 'Temperatur', 'Regen', 'Wind', 'Wolken'] as const;

const drawChart = (brush: Parameters<Desktop['draw']>[0], x: number, y: number, known: number): void => {
  fill(brush, '#f7f9fc', x, y, 560, 380);
  text(brush, 'Temperatur in °C', x + 24, y + 40, 'bold 24px Liberation Sans, sans-serif', '#39414f');
  line(brush, '#8d96a6', 2, [x + 50, y + 60, x + 50, y + 340, x + 540, y + 340]);
  for (let i = 0; i < known; i += 1) {
    const height = 60 + ((i * 47) % 170);
    fill(brush, i % 2 === 0 ? '#3fa66b' : '#57bd83', x + 66 + i * 30, y + 340 - height, 22, height);
  }
};

export const spreadsheetDesktop: Desktop = {
  name: 'spreadsheet',
  draw: (brush, seconds) => {
    drawBackground(brush, '#c9d7c4', '#7d9a6f', 14);
    const inside = drawWindow(brush, 'Wetterbeobachtung.tabelle', '#1f7a4d', {
      x: 40,
      y: 30,
      width: 1840,
      height: 980,
    });
    fill(brush, '#e9efe9', inside.x, inside.y, inside.width, 54);
    const known = 6 + (Math.floor(seconds) % 10);
    for (let row = 0; row < 24; row += 1) {
      const y = inside.y + 54 + row * 36;
      if (row === known) fill(brush, '#dff2e5', inside.x, y, 1200, 36);
      text(brush, String(row + 1), inside.x + 14, y + 26, '20px Liberation Sans, sans-serif', '#7b8494');
      for (let column = 0; column < 6; column += 1) {
        const value =
          row === 0
            ? (cellNames[column] ?? '')
            : String(((row * 31 + column * 17) % 290) / 10).replace('.', ',');
        if (row <= known)
          text(
            brush,
            value,
            inside.x + 72 + column * 188,
            y + 26,
            `${row === 0 ? 'bold ' : ''}21px Liberation Sans, sans-serif`,
            '#252a33',
          );
      }
      line(brush, '#d4dae2', 1, [inside.x, y + 36, inside.x + 1200, y + 36]);
    }
    for (let column = 0; column < 7; column += 1) {
      const x = inside.x + 58 + column * 188;
      line(brush, '#d4dae2', 1, [x, inside.y + 54, x, inside.y + inside.height]);
    }
    brush.strokeStyle = '#1f7a4d';
    brush.lineWidth = 4;
    brush.strokeRect(
      inside.x + 58 + (Math.floor(seconds * 2) % 6) * 188,
      inside.y + 54 + known * 36,
      188,
      36,
    );
    drawChart(brush, inside.x + 1240, inside.y + 110, known);
  },
};

const program: readonly (readonly [indent: number, color: string, words: string])[] = [
  [0, '#7f8fa6', '# Zahlenraten – Informatik 8a, Mila und Jonas'],
  [0, '#e39cff', 'from random import randint'],
  [0, '#dfe6f3', ''],
  [0, '#6fc3ff', 'def frage(versuch):'],
  [1, '#dfe6f3', 'eingabe = input(f"Versuch {versuch}: ")'],
  [1, '#e39cff', 'return int(eingabe)'],
  [0, '#dfe6f3', ''],
  [0, '#6fc3ff', 'def spiel():'],
  [1, '#dfe6f3', 'geheim = randint(1, 100)'],
  [1, '#e39cff', 'for versuch in range(1, 8):'],
  [2, '#dfe6f3', 'zahl = frage(versuch)'],
  [2, '#e39cff', 'if zahl == geheim:'],
  [3, '#9be08f', 'print("Geschafft!")'],
  [3, '#e39cff', 'return'],
  [2, '#dfe6f3', 'hinweis = "größer" if zahl < geheim else "kleiner"'],
  [2, '#9be08f', 'print("Die Zahl ist", hinweis)'],
  [1, '#9be08f', 'print("Leider verloren, es war", geheim)'],
  [0, '#dfe6f3', ''],
  [0, '#dfe6f3', 'spiel()'],
];

export const codeDesktop: Desktop = {
  name: 'code',
  draw: (brush, seconds) => {
    drawBackground(brush, '#39435a', '#2c3447', 15);
    const inside = drawWindow(brush, 'zahlenraten.py – Werkstatt', '#3a3f58', {
      x: 60,
      y: 40,
      width: 1800,
      height: 970,
    });
    fill(brush, '#1e2230', inside.x, inside.y, inside.width, inside.height);
    fill(brush, '#262b3d', inside.x, inside.y, 300, inside.height);
    for (const [i, name] of ['zahlenraten.py', 'schlange.py', 'notizen.txt', 'bilder'].entries())
      text(
        brush,
        name,
        inside.x + 28,
        inside.y + 56 + i * 44,
        '22px Liberation Sans, sans-serif',
        i === 0 ? '#ffffff' : '#97a1b8',
      );
    let left = 260 + Math.floor(seconds * 11);
    for (const [row, [indent, color, words]] of program.entries()) {
      const y = inside.y + 50 + row * 37;
      text(
        brush,
        String(row + 1).padStart(2),
        inside.x + 324,
        y,
        '24px Liberation Mono, monospace',
        '#5b657d',
      );
      const shown = words.slice(0, Math.max(0, left));
      text(brush, shown, inside.x + 390 + indent * 56, y, '25px Liberation Mono, monospace', color);
      if (left >= 0 && left <= words.length)
        fill(brush, '#ffffff', inside.x + 394 + indent * 56 + brush.measureText(shown).width, y - 24, 3, 30);
      left -= words.length;
    }
    fill(brush, '#12151f', inside.x + 300, inside.y + 760, inside.width - 300, inside.height - 760);
    const tries = 1 + (Math.floor(seconds) % 4);
    for (let i = 0; i < tries; i += 1)
      text(
        brush,
        `Versuch ${i + 1}: ${50 + i * 9}   Die Zahl ist größer`,
        inside.x + 324,
        inside.y + 800 + i * 34,
        '23px Liberation Mono, monospace',
        '#b8c4d9',
      );
  },
};
