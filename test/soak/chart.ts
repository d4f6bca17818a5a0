// Lines over time as SVG, panel under panel.
import type { Point } from './judge.ts';

export interface Panel {
  title: string;
  unit: string;
  lines: { name: string; points: readonly Point[] }[];
}

export interface Chart {
  title: string;
  /** Minutes at the beginning that nobody judged. */
  warmUp: number;
  minutes: number;
  panels: readonly Panel[];
}

const width = 860;
const panelHeight = 190;
const plot = { left: 70, right: 210, top: 44, bottom: 26 };
const colours = ['#1f5fa8', '#b3541e', '#2e7d4f', '#7a4b9d', '#8a6d1d', '#a03050', '#44606e'];

export function chart({ title, warmUp, minutes, panels }: Chart): string {
  const top = 40;
  const height = top + panels.length * panelHeight + 10;
  const x = (at: number) => plot.left + (at / minutes) * (width - plot.left - plot.right);
  const shown = panels.map((panel, nth) => {
    const body = panelOf(panel, x, { minutes, warmUp });
    return `<g transform="translate(0 ${top + nth * panelHeight})">${body}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(14, 24, title, 'font-size="15" font-weight="bold"'),
    ...shown,
    '</svg>\n',
  ].join('\n');
}

function panelOf(
  { title, unit, lines }: Panel,
  x: (at: number) => number,
  { minutes, warmUp }: { minutes: number; warmUp: number },
): string {
  const top = ceiling(Math.max(0, ...lines.flatMap(({ points }) => points.map((p) => p.value))));
  const [upper, lower] = [plot.top, panelHeight - plot.bottom];
  const y = (value: number) => lower - (value / top) * (lower - upper);
  const ticks = [0, top / 2, top].map(
    (value) =>
      `<path d="M${x(0)} ${fixed(y(value))}H${fixed(x(minutes))}" stroke="#ddd"/>` +
      text(plot.left - 8, y(value) + 4, String(value), 'text-anchor="end" fill="#555"'),
  );
  const drawn = lines.map(({ points, name }, nth) => {
    const colour = colours[nth % colours.length];
    const at = points.map((point) => `${fixed(x(point.at))},${fixed(y(point.value))}`).join(' ');
    return (
      `<polyline points="${at}" fill="none" stroke="${colour}" stroke-width="1.5"/>` +
      text(width - plot.right + 14, upper + 6 + nth * 16, name, `fill="${colour}"`)
    );
  });
  return [
    `<rect x="${x(0)}" y="${upper}" width="${fixed(x(warmUp) - x(0))}" height="${lower - upper}" fill="#f2f2f2"/>`,
    text(14, 26, `${title} (${unit})`, 'font-weight="bold"'),
    ...ticks,
    ...[0, minutes].map((at) =>
      text(x(at), lower + 18, `${fixed(at)} min`, 'text-anchor="middle" fill="#555"'),
    ),
    ...drawn,
  ].join('\n');
}

/** The next round number. */
function ceiling(value: number): number {
  if (value <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((factor) => factor * unit).find((one) => one >= value) ?? value;
}

const text = (x: number, y: number, said: string, more: string) =>
  `<text x="${fixed(x)}" y="${fixed(y)}" ${more}>${escaped(said)}</text>`;

const fixed = (value: number) => String(Math.round(value * 10) / 10);

const escaped = (said: string) => said.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
