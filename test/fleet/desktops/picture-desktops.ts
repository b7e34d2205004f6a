// Desktops with pictures and movement: drawing, reading, geometry, a game, and one where nobody does anything.
import {
  type Brush,
  type Desktop,
  disc,
  drawBackground,
  drawPointer,
  drawWindow,
  fill,
  line,
  text,
  wrap,
} from './desktop.ts';

const housePicture: readonly (readonly [color: string, width: number, points: readonly number[]])[] = [
  ['#7a5230', 9, [300, 640, 300, 400, 640, 400, 640, 640, 300, 640]],
  ['#c0392b', 12, [270, 410, 470, 250, 670, 410]],
  ['#2d6cdf', 7, [350, 470, 430, 470, 430, 540, 350, 540, 350, 470]],
  ['#7a5230', 7, [530, 640, 530, 510, 600, 510, 600, 640]],
  ['#5b3a1e', 16, [900, 640, 900, 470, 880, 380]],
  ['#2e8b57', 14, [780, 400, 830, 300, 900, 260, 980, 300, 1010, 400, 930, 440, 840, 440, 780, 400]],
  ['#f2b134', 10, [1090, 170, 1170, 170, 1130, 120, 1130, 220, 1095, 140, 1165, 205]],
  ['#3c9d4e', 10, [120, 650, 260, 640, 420, 655, 640, 645, 860, 655, 1060, 640, 1230, 652]],
];

export const drawingDesktop: Desktop = {
  name: 'drawing',
  draw: (brush, seconds) => {
    drawBackground(brush, '#f0d9c0', '#cf9f6e', 17);
    const inside = drawWindow(brush, 'Unser Haus – Malwerkstatt', '#b3541e', {
      x: 120,
      y: 40,
      width: 1680,
      height: 960,
    });
    fill(brush, '#efe9e2', inside.x, inside.y, 150, inside.height);
    for (const [i, color] of [
      '#c0392b',
      '#f2b134',
      '#2e8b57',
      '#2d6cdf',
      '#8a5fc7',
      '#5b3a1e',
      '#222222',
    ].entries())
      disc(brush, color, inside.x + 75, inside.y + 80 + i * 90, 32);
    brush.save();
    brush.translate(inside.x + 190, inside.y + 40);
    brush.lineCap = 'round';
    let left = 14 + (seconds % 16) * 1.6;
    let tip: readonly [x: number, y: number] = [0, 0];
    for (const [color, width, points] of housePicture) {
      const count = Math.max(0, Math.min(points.length / 2, Math.floor(left)));
      if (count > 0) {
        line(brush, color, width, points.slice(0, count * 2));
        tip = [points[count * 2 - 2] ?? 0, points[count * 2 - 1] ?? 0];
      }
      left -= points.length / 2;
    }
    drawPointer(brush, tip[0], tip[1]);
    brush.restore();
  },
};

const article = [
  'Ein Vulkan entsteht dort, wo geschmolzenes Gestein aus der Tiefe bis an die Oberfläche dringt. Solange es unter der Erde bleibt, heißt es Magma, danach Lava.',
  'Bei Schichtvulkanen wechseln sich Lava und Asche ab, darum sind ihre Hänge steil. Schildvulkane dagegen sind flach, weil ihre Lava dünnflüssig ist und weit läuft.',
  'Viele Vulkane liegen an den Rändern der Erdplatten. Andere sitzen über einem heißen Fleck, der am Ort bleibt, während die Platte über ihn hinweg wandert.',
  'Auch in Deutschland gab es Ausbrüche. In der Eifel erinnern runde Seen daran, die Maare genannt werden. Der jüngste Ausbruch dort ist ungefähr elftausend Jahre her.',
] as const;

const drawVolcano = (brush: Brush, x: number, y: number): void => {
  fill(brush, '#9cc4e4', x, y, 420, 300);
  brush.fillStyle = '#5e4b45';
  brush.beginPath();
  for (const [dx, dy] of [
    [30, 300],
    [180, 90],
    [240, 90],
    [390, 300],
  ] as const) {
    brush.lineTo(x + dx, y + dy);
  }
  brush.fill();
  line(brush, '#e8562a', 16, [x + 205, y + 92, x + 190, y + 170, x + 225, y + 230, x + 210, y + 300]);
  for (let i = 0; i < 5; i += 1) disc(brush, '#b9b4b1', x + 205 + i * 22, y + 70 - i * 13, 22 + i * 3);
};

export const articleDesktop: Desktop = {
  name: 'article',
  draw: (brush, seconds) => {
    drawBackground(brush, '#b7c4d9', '#8ea0bf', 19);
    const inside = drawWindow(brush, 'Vulkane – Schullexikon', '#5a6478', {
      x: 0,
      y: 0,
      width: 1920,
      height: 1032,
    });
    brush.save();
    brush.beginPath();
    brush.rect(inside.x, inside.y, inside.width, inside.height);
    brush.clip();
    const scroll = 420 - 420 * Math.cos((seconds * Math.PI) / 8);
    let y = inside.y + 180 - scroll;
    text(brush, 'Vulkane', 180, y - 40, 'bold 64px Liberation Serif, serif', '#1f2530');
    for (let section = 0; section < 2; section += 1) {
      drawVolcano(brush, 1320, y);
      for (const [i, paragraph] of article.entries()) {
        text(
          brush,
          `${section * 4 + i + 1}. Abschnitt`,
          180,
          y + 20,
          'bold 34px Liberation Sans, sans-serif',
          '#2d5fa6',
        );
        brush.font = '30px Liberation Serif, serif';
        for (const words of wrap(brush, paragraph, 1040)) {
          y += 46;
          text(brush, words, 180, y + 20, '30px Liberation Serif, serif', '#2a2f39');
        }
        y += 90;
      }
    }
    brush.restore();
    fill(brush, '#e8ecf3', 0, 44, 1920, 60);
    fill(brush, '#ffffff', 180, 54, 1200, 40);
    text(
      brush,
      'lexikon.schule.example/natur/vulkane',
      200,
      82,
      '24px Liberation Sans, sans-serif',
      '#4c5566',
    );
    fill(brush, '#a9b4c8', 1900, 120 + scroll * 0.8, 14, 180);
  },
};

export const geometryDesktop: Desktop = {
  name: 'geometry',
  draw: (brush, seconds) => {
    drawBackground(brush, '#d8d2ea', '#a396cb', 21);
    const inside = drawWindow(brush, 'Funktionen untersuchen – Mathe 9c', '#5b46a0', {
      x: 90,
      y: 40,
      width: 1740,
      height: 970,
    });
    const centerX = inside.x + 1040;
    const centerY = inside.y + 480;
    for (let i = -11; i <= 11; i += 1) {
      line(brush, '#e3e0ef', 2, [centerX + i * 60, inside.y, centerX + i * 60, inside.y + inside.height]);
      if (Math.abs(i) < 8)
        line(brush, '#e3e0ef', 2, [centerX - 660, centerY + i * 60, centerX + 660, centerY + i * 60]);
    }
    line(brush, '#2b2540', 4, [centerX - 660, centerY, centerX + 660, centerY]);
    line(brush, '#2b2540', 4, [centerX, inside.y, centerX, inside.y + inside.height]);
    const stretch = Math.sin((seconds * Math.PI) / 8);
    const points: number[] = [];
    for (let x = -3.6; x <= 3.6; x += 0.1)
      points.push(centerX + x * 60, centerY - (stretch * x * x - 2) * 60);
    brush.save();
    brush.beginPath();
    brush.rect(inside.x, inside.y, inside.width, inside.height);
    brush.clip();
    line(brush, '#d6336c', 6, points);
    brush.restore();
    fill(brush, '#f5f3fb', inside.x, inside.y, 340, inside.height);
    text(
      brush,
      `f(x) = ${stretch.toFixed(1).replace('.', ',')} · x² − 2`,
      inside.x + 30,
      inside.y + 80,
      'bold 32px Liberation Serif, serif',
      '#d6336c',
    );
    line(brush, '#b9aede', 8, [inside.x + 40, inside.y + 150, inside.x + 300, inside.y + 150]);
    disc(brush, '#5b46a0', inside.x + 170 + stretch * 130, inside.y + 150, 18);
    drawPointer(brush, inside.x + 174 + stretch * 130, inside.y + 156);
  },
};

export const gameDesktop: Desktop = {
  name: 'game',
  draw: (brush, seconds) => {
    fill(brush, '#10233f', 0, 0, 1920, 1080);
    for (let i = 0; i < 60; i += 1)
      fill(
        brush,
        '#e9efff',
        (i * 397 + 1920 - ((seconds * (20 + (i % 3) * 30)) % 1920)) % 1920,
        (i * 211) % 760,
        3,
        3,
      );
    for (let i = 0; i < 9; i += 1) {
      const x = ((i * 260 + 2340 - ((seconds * 180) % 2340)) % 2340) - 260;
      fill(brush, '#274b7a', x, 780 + (i % 3) * 40, 200, 300);
      disc(brush, '#ffcf4a', x + 100, 700 - (i % 3) * 110, 26);
    }
    const jump = Math.abs(Math.sin(seconds * 2.4)) * 190;
    disc(brush, '#ff6b5e', 460, 720 - jump, 58);
    disc(brush, '#ffffff', 482, 704 - jump, 15);
    disc(brush, '#10233f', 487, 704 - jump, 7);
    fill(brush, '#3fae6a', 0, 1000, 1920, 80);
    const points = 120 + Math.floor(seconds) * 10;
    text(
      brush,
      `Rechenrennen   ${points} Punkte`,
      60,
      90,
      'bold 48px Liberation Sans, sans-serif',
      '#ffffff',
    );
    const factor = 3 + (Math.floor(seconds / 4) % 6);
    text(brush, `${factor} · 7 = ?`, 1460, 110, 'bold 72px Liberation Sans, sans-serif', '#ffcf4a');
  },
};

export const idleDesktop: Desktop = {
  name: 'idle',
  draw: (brush, seconds) => {
    drawBackground(brush, '#8fd0d8', '#4f9d76', 23 + seconds / 60);
    for (const [i, name] of ['Eigene Dateien', 'Klassenordner', 'Papierkorb', 'Schulportal'].entries()) {
      fill(brush, ['#f2b134', '#3c7dd9', '#9aa4b5', '#8a5fc7'][i] ?? '', 70, 60 + i * 150, 72, 62);
      text(brush, name, 44, 152 + i * 150, '21px Liberation Sans, sans-serif', '#12303a');
    }
    disc(brush, '#ffffff', 1600, 260, 150);
    for (let i = 0; i < 12; i += 1) {
      const angle = (i * Math.PI) / 6;
      line(brush, '#23404a', 5, [
        1600 + Math.sin(angle) * 122,
        260 - Math.cos(angle) * 122,
        1600 + Math.sin(angle) * 138,
        260 - Math.cos(angle) * 138,
      ]);
    }
    const hands = [
      [((10 + 23 / 60) * Math.PI) / 6, 70, 9],
      [(23 * Math.PI) / 30, 108, 6],
      [(Math.floor(seconds) * Math.PI) / 30, 120, 2],
    ] as const;
    for (const [angle, length, width] of hands)
      line(brush, '#23404a', width, [
        1600,
        260,
        1600 + Math.sin(angle) * length,
        260 - Math.cos(angle) * length,
      ]);
  },
};
