// A panel over your own app: what went upstream for the current page, with proofs decoded and refusals explained. It
// lives in a shadow root, so that neither side's styles reach the other.
import { h } from '#spa/demo/dom.ts';
import { type Step, type Upstream, upstreamStep } from './steps.ts';

const style = `
:host { all: initial; }
* { box-sizing: border-box; }
button, .panel { font: 14px/1.5 system-ui, sans-serif; color: #1a202b; background: #fff; border: 1px solid #566072; }
.open { position: fixed; right: 16px; bottom: 16px; z-index: 2147483647; min-height: 44px; padding: 0 16px; border-radius: 22px; cursor: pointer; }
.open strong { color: #b3261e; }
.panel { position: fixed; right: 16px; bottom: 72px; z-index: 2147483647; width: min(34rem, calc(100vw - 32px)); max-height: min(36rem, 75vh);
  overflow: auto; padding: 16px; border-radius: 14px; }
.panel[hidden] { display: none; }
h2 { margin: 0 0 8px; font-size: 16px; }
p { margin: 0 0 8px; color: #566072; }
ul { margin: 0; padding: 0; list-style: none; }
li { border-top: 1px solid #e1e5ec; }
summary { min-height: 44px; padding: 10px 0; cursor: pointer; overflow-wrap: anywhere; }
.bad { color: #b3261e; }
.challenge { color: #8f4a00; }
dl { display: grid; grid-template-columns: 7rem minmax(0, 1fr); gap: 2px 12px; margin: 0 0 12px; }
dt { color: #566072; }
dd { margin: 0; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid #2f5bd7; outline-offset: 2px; }
@media (prefers-color-scheme: dark) {
  button, .panel { color: #e8ecf3; background: #171c25; border-color: #a0abbd; }
  p, dt { color: #a0abbd; }
  li { border-color: #2a3240; }
  .bad, .open strong { color: #ff9a8f; }
  .challenge { color: #ffc27a; }
}
`;

const kept = 100;

function start(): void {
  const host = h('div', { id: 'okta-dpop-bff-inside' });
  const root = host.attachShadow({ mode: 'open' });
  // A style sheet made by a script needs no permission from the page's policy.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];

  const list = h('ul');
  const empty = h('p', {}, 'Nothing went upstream since this page was loaded.');
  const panel = h(
    'section',
    { class: 'panel', id: 'panel', hidden: true, 'aria-labelledby': 'title' },
    h('h2', { id: 'title' }, 'What went upstream'),
    h('p', {}, 'Since this page was loaded, newest first, from every browser. Only in local runs.'),
    empty,
    list,
  );
  const counts = h('span');
  const toggle = h(
    'button',
    {
      type: 'button',
      class: 'open',
      'aria-expanded': 'false',
      'aria-controls': 'panel',
      click: turn,
    },
    'Inside ',
    counts,
  );
  root.append(toggle, panel);
  root.addEventListener('keydown', (event) => {
    if ((event as KeyboardEvent).key === 'Escape' && !panel.hidden) turn();
  });
  document.body.append(host);

  let calls = 0;
  let refusals = 0;
  let lastId = 0;
  new EventSource('/__local/events').addEventListener('message', ({ data }) => {
    const event: Upstream = JSON.parse(data);
    // The feed starts again after a lost connection, and also has the calls from before this page.
    if (event.id <= lastId || event.at < performance.timeOrigin) return;
    lastId = event.id;
    show(upstreamStep(event));
  });

  function show(step: Step) {
    calls++;
    if (step.kind === 'bad') refusals++;
    empty.remove();
    list.prepend(row(step));
    while (list.children.length > kept) list.lastElementChild?.remove();
    counts.replaceChildren(
      `${calls}`,
      ...(refusals > 0 ? [' ', h('strong', {}, `${refusals} refused`)] : []),
    );
  }

  function turn() {
    panel.hidden = !panel.hidden;
    toggle.setAttribute('aria-expanded', String(!panel.hidden));
    if (panel.hidden) toggle.focus();
  }
}

const row = ({ title, answer, kind, tags, details }: Step) =>
  h(
    'li',
    {},
    h(
      'details',
      {},
      h(
        'summary',
        {},
        `${title} `,
        h('span', { class: kind }, answer),
        tags.length > 0 && ` (${tags.join(', ')})`,
      ),
      h(
        'dl',
        {},
        details.map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
      ),
    ),
  );

start();
