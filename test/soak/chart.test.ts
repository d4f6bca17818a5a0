import { Window } from 'happy-dom';
import { expect, test } from 'vitest';
import { chart } from './chart.ts';

const points = Array.from({ length: 30 }, (_, nth) => ({ at: nth / 6, value: nth * 3 }));
const drawn = (panels: Parameters<typeof chart>[0]['panels']) => {
  const svg = chart({ title: 'Five minutes & <more>', minutes: 5, warmUp: 1, panels });
  return new new Window().DOMParser().parseFromString(svg, 'image/svg+xml');
};

test('a chart is well-formed SVG with a line for each series, inside its frame', () => {
  const page = drawn([
    {
      title: 'Memory',
      unit: 'MB',
      lines: [
        { name: 'rss', points },
        { name: '"heap"', points },
      ],
    },
    { title: 'Handles', unit: 'count', lines: [{ name: 'sockets', points }] },
  ]);
  expect(page.querySelector('parsererror')).toBeNull();
  expect(page.querySelector('title')?.textContent).toBe('Five minutes & <more>');
  const lines = [...page.querySelectorAll('polyline')];
  expect(lines).toHaveLength(3);
  const [, , width = 0, height = 0] = (page.documentElement.getAttribute('viewBox') ?? '')
    .split(' ')
    .map(Number);
  for (const pair of lines.flatMap((line) => line.getAttribute('points')?.split(' ') ?? [])) {
    const [x = -1, y = -1] = pair.split(',').map(Number);
    expect([x >= 0, x <= width, y >= 0, y <= height]).toEqual([true, true, true, true]);
  }
});

test('a series that is empty or zero makes no broken numbers', () => {
  const zero = [{ at: 0, value: 0 }];
  const page = drawn([
    {
      title: 'None',
      unit: 's',
      lines: [
        { name: 'a', points: [] },
        { name: 'b', points: zero },
      ],
    },
  ]);
  expect(page.documentElement.outerHTML).not.toMatch(/NaN|Infinity|undefined/);
});
