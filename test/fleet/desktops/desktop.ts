// Brushes shared by the drawn pupil desktops: background, window frame, task bar, text. Runs in a page, draws only.

/** Size everything is drawn for; smaller recordings scale the canvas. */
export const screenWidth = 1920;
export const screenHeight = 1080;

export type Brush = OffscreenCanvasRenderingContext2D;

/** One pupil's desktop. `draw` paints the whole screen as it is `seconds` after the loop's start. */
export type Desktop = {
  readonly name: string;
  readonly draw: (brush: Brush, seconds: number) => void;
};

export type Area = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

export const fill = (
  brush: Brush,
  color: string,
  x: number,
  y: number,
  width: number,
  height: number,
): void => {
  brush.fillStyle = color;
  brush.fillRect(x, y, width, height);
};

export const text = (
  brush: Brush,
  words: string,
  x: number,
  y: number,
  font: string,
  color: string,
): void => {
  brush.font = font;
  brush.fillStyle = color;
  brush.fillText(words, x, y);
};

export const disc = (brush: Brush, color: string, x: number, y: number, radius: number): void => {
  brush.fillStyle = color;
  brush.beginPath();
  brush.arc(x, y, radius, 0, 2 * Math.PI);
  brush.fill();
};

export const line = (brush: Brush, color: string, width: number, points: readonly number[]): void => {
  brush.strokeStyle = color;
  brush.lineWidth = width;
  brush.beginPath();
  for (let i = 0; i + 1 < points.length; i += 2) brush.lineTo(points[i] ?? 0, points[i + 1] ?? 0);
  brush.stroke();
};

/** Wallpaper with two hills and a task bar with a clock. `minute` is what the clock shows past 10 o'clock. */
export const drawBackground = (brush: Brush, sky: string, hill: string, minute: number): void => {
  fill(brush, sky, 0, 0, screenWidth, screenHeight);
  for (const [x, radius] of [
    [420, 640],
    [1480, 820],
  ] as const) {
    disc(brush, hill, x, screenHeight + radius * 0.55, radius);
  }
  fill(brush, '#1d2430', 0, 1032, screenWidth, 48);
  for (let i = 0; i < 6; i += 1)
    fill(
      brush,
      ['#e2574c', '#f2b134', '#3fa66b', '#3c7dd9', '#8a5fc7', '#d9dee8'][i] ?? '',
      24 + i * 64,
      1042,
      28,
      28,
    );
  const clock = `10:${String(Math.floor(minute) % 60).padStart(2, '0')}`;
  text(brush, clock, 1800, 1064, '24px Liberation Sans, sans-serif', '#ffffff');
};

/** A window with a title bar; gives the area inside it. */
export const drawWindow = (brush: Brush, title: string, accent: string, outer: Area): Area => {
  fill(brush, 'rgba(0,0,0,0.25)', outer.x + 8, outer.y + 10, outer.width, outer.height);
  fill(brush, accent, outer.x, outer.y, outer.width, 44);
  text(brush, title, outer.x + 18, outer.y + 30, '22px Liberation Sans, sans-serif', '#ffffff');
  for (let i = 0; i < 3; i += 1) {
    const x = outer.x + outer.width - 34 - i * 40;
    disc(brush, 'rgba(255,255,255,0.75)', x, outer.y + 22, 8);
  }
  fill(brush, '#ffffff', outer.x, outer.y + 44, outer.width, outer.height - 44);
  return { x: outer.x, y: outer.y + 44, width: outer.width, height: outer.height - 44 };
};

export const drawPointer = (brush: Brush, x: number, y: number): void => {
  brush.fillStyle = '#111111';
  brush.strokeStyle = '#ffffff';
  brush.lineWidth = 2;
  brush.beginPath();
  for (const [dx, dy] of [
    [0, 0],
    [0, 30],
    [8, 23],
    [14, 36],
    [19, 34],
    [13, 21],
    [23, 21],
  ] as const) {
    brush.lineTo(x + dx, y + dy);
  }
  brush.closePath();
  brush.fill();
  brush.stroke();
};

/** Breaks words into lines of at most `width` pixels in the brush's present font. */
export const wrap = (brush: Brush, words: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let current = '';
  for (const word of words.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (brush.measureText(longer).width > width && current !== '') {
      lines.push(current);
      current = word;
    } else {
      current = longer;
    }
  }
  return [...lines, current];
};
