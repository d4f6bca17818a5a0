// The live sequence diagram: three lifelines, an arrow per call, and its proof when the call is opened.
import { h } from '#spa/demo/dom.ts';
import { browserStep, type Step, type Upstream, upstreamStep } from './steps.ts';

const kept = 80;

export interface Diagram {
  element: HTMLElement;
  add(step: Step): void;
  /** Calls that Okta refused between these times did not come from the broker. */
  thief(from: number, to: number): void;
  clear(): void;
}

export function diagram(signal: AbortSignal): Diagram {
  const rows: { step: Step; row: HTMLElement }[] = [];
  const counts = h('p', { class: 'soft counts', role: 'status' });
  const list = h('ol', { class: 'steps' });
  const box = h(
    'div',
    { class: 'lanes' },
    h(
      'div',
      { class: 'heads', 'aria-hidden': 'true' },
      ['Browser', 'Broker', 'Servers'].map((name) => h('span', {}, name)),
    ),
    list,
  );
  const empty = h('p', { class: 'soft none' }, 'Nothing yet.');

  // Follows the newest call, unless the user has scrolled back.
  let atEnd = true;
  list.addEventListener('scroll', () => {
    const below = list.scrollHeight - list.scrollTop - list.clientHeight;
    atEnd = below < 80;
    // The edge where more is hidden fades.
    list.classList.toggle('more-above', list.scrollTop > 4);
    list.classList.toggle('more-below', below > 4);
  });
  const source = new EventSource('/__local/events');
  let lastId = 0;
  source.addEventListener('message', ({ data }) => {
    const event: Upstream = JSON.parse(data);
    // The feed starts again after a lost connection.
    if (event.id <= lastId) return;
    lastId = event.id;
    add(upstreamStep(event));
  });
  const observer = new PerformanceObserver((entries) => {
    for (const entry of entries.getEntries()) {
      const step = browserStep(entry as PerformanceResourceTiming);
      if (step) add(step);
    }
  });
  observer.observe({ type: 'resource', buffered: true });
  signal.addEventListener('abort', () => {
    source.close();
    observer.disconnect();
  });
  tell();
  return { element: h('div', {}, counts, box), add, thief, clear };

  function add(step: Step) {
    const row = rowOf(step);
    const next = rows.findIndex((other) => other.step.at > step.at);
    if (next < 0) {
      rows.push({ step, row });
      list.append(row);
    } else {
      rows[next]?.row.before(row);
      rows.splice(next, 0, { step, row });
    }
    for (const old of rows.splice(0, Math.max(0, rows.length - kept))) old.row.remove();
    if (atEnd) requestAnimationFrame(() => list.scrollTo({ top: list.scrollHeight }));
    tell();
  }

  function thief(from: number, to: number) {
    for (const found of rows) {
      const { step } = found;
      if (step.from !== 'broker' || step.kind !== 'bad' || step.at < from || step.at > to) continue;
      found.step = { ...step, tags: ['thief'] };
      const row = rowOf(found.step);
      found.row.replaceWith(row);
      found.row = row;
    }
  }

  function clear() {
    rows.length = 0;
    list.replaceChildren();
    tell();
  }

  function tell() {
    const up = rows.filter(({ step }) => step.from === 'broker');
    const tagged = (tag: string) => up.filter(({ step }) => step.tags.includes(tag)).length;
    const challenges = up.filter(({ step }) => step.kind === 'challenge').length;
    counts.textContent = [
      count(up.length, 'call'),
      count(tagged('proof'), 'proof'),
      count(challenges, 'nonce challenge'),
      count(tagged('refresh'), 'refresh', 'es'),
    ].join(', ');
    if (rows.length === 0) list.before(empty);
    else empty.remove();
  }
}

const count = (number: number, word: string, plural = 's') =>
  `${number} ${word}${number === 1 ? '' : plural}`;

const lanes = { browser: 0, broker: 1, okta: 2 };

function rowOf(step: Step): HTMLElement {
  const [a, b] = [lanes[step.from], lanes[step.to]];
  const place = `c${Math.min(a, b)}${Math.max(a, b)}`;
  const stranger = /thief|another site/.test(step.tags.join()) ? 'stranger' : '';
  const arrow = h(
    'span',
    { class: `arrow ${place} ${a > b ? 'left' : 'right'} ${step.kind} ${stranger}` },
    h('span', { class: 'hidden' }, `${stranger || step.from} to ${step.to}: `),
    h(
      'span',
      { class: 'said' },
      h('code', {}, step.title),
      step.tags.map((tag) => h('span', { class: `tag ${tag}` }, tag)),
    ),
    h('span', { class: 'shaft' }),
    h('span', { class: 'said answer' }, step.answer),
    h('span', { class: 'shaft back' }),
  );
  return h(
    'li',
    {},
    h(
      'details',
      {},
      h('summary', {}, arrow),
      h(
        'dl',
        { class: 'rows' },
        step.details.map(([name, value]) =>
          h('div', {}, h('dt', {}, name), h('dd', {}, h('code', {}, value))),
        ),
      ),
    ),
  );
}
