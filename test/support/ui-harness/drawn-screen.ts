// Draws what a pupil's screen may look like, moving a little, so that pictures on the wall tell devices apart.

const deskColours = ['#28536b', '#3e5c4b', '#5a4a78', '#6b4a3a', '#2f4858', '#44546a'];

const drawWindow = (pen: CanvasRenderingContext2D, seat: number, width: number, height: number): void => {
  const unit = width / 96;
  const left = (6 + (seat % 4) * 3) * unit;
  const top = (4 + (seat % 3) * 2) * unit;
  const windowWidth = width * 0.72;
  const windowHeight = height * 0.78;
  pen.fillStyle = '#ffffff';
  pen.fillRect(left, top, windowWidth, windowHeight);
  pen.fillStyle = ['#dfe7ee', '#e6e0f2', '#e2eee2'][seat % 3] ?? '#eee';
  pen.fillRect(left, top, windowWidth, 4 * unit);
  pen.fillStyle = '#222b33';
  pen.font = `${2.4 * unit}px Inter Variable, sans-serif`;
  const titles = ['Aufsatz: Mein Wald', 'Tabelle – Wetterwerte', 'Bruchrechnen', 'Vulkane.pdf', 'scratch.py'];
  pen.fillText(titles[seat % titles.length] ?? '', left + 2 * unit, top + 2.9 * unit);
  if (seat % 5 === 1) {
    for (let bar = 0; bar < 9; bar += 1) {
      const barHeight = (8 + ((bar * 7 + seat * 3) % 22)) * unit;
      pen.fillStyle = bar % 2 === 0 ? '#3b82a0' : '#8fbf9f';
      pen.fillRect(
        left + (6 + bar * 6.5) * unit,
        top + windowHeight - barHeight - 3 * unit,
        4.4 * unit,
        barHeight,
      );
    }
    return;
  }
  for (let line = 0; line < 11; line += 1) {
    const indent = seat % 5 === 4 ? (line % 4) * 3 : 0;
    const length = 24 + ((line * 13 + seat * 17) % 36);
    pen.fillStyle = seat % 5 === 4 ? (['#7048a8', '#2d6a4f', '#9a3412'][line % 3] ?? '#444') : '#9aa4ab';
    pen.fillRect(left + (4 + indent) * unit, top + (8 + line * 3.1) * unit, length * unit, 1.2 * unit);
  }
};

/** A canvas with a desktop that redraws itself twice a second. */
export const drawScreen = (seat: number, width: number, height: number): HTMLCanvasElement => {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('No canvas in this browser.');
  let beat = 0;
  const draw = (): void => {
    beat += 1;
    pen.fillStyle = deskColours[seat % deskColours.length] ?? '#333';
    pen.fillRect(0, 0, width, height);
    drawWindow(pen, seat, width, height);
    pen.fillStyle = 'rgb(15 20 24 / 85%)';
    pen.fillRect(0, height * 0.94, width, height * 0.06);
    pen.fillStyle = beat % 2 === 0 ? '#ffffff' : '#7dd3c0';
    pen.fillRect(width * 0.02, height * 0.955, height * 0.03, height * 0.03);
  };
  draw();
  setInterval(draw, 500);
  return canvas;
};
