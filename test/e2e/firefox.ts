// A real Firefox, the stock one, over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it speaks by itself:
// Playwright drives only builds of its own. Where it is: FIREFOX, or where Debian, macOS and Windows put it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const places = [
  process.env.FIREFOX,
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
  'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
];

export const firefox = places.find((place) => place && existsSync(place));

export type Firefox = Awaited<ReturnType<typeof startFirefox>>;

/** A fresh profile with one tab. */
export async function startFirefox(program: string) {
  const profile = await mkdtemp(join(tmpdir(), 'bff-firefox-'));
  await writeFile(join(profile, 'user.js'), quiet.join('\n'));
  const child = spawn(
    program,
    ['--headless', '--no-remote', '--remote-debugging-port', '0', '--profile', profile],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(child, 'exit');
  const said: string[] = [];
  const send = await connect(await addressOf(child.stderr), ({ method, params }) => {
    if (method === 'log.entryAdded') said.push(`${params.level}: ${params.text}`);
  });
  // The certificates here are made on the spot.
  await send('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
  await send('session.subscribe', { events: ['log.entryAdded'] });
  const { context } = await send('browsingContext.create', { type: 'tab' });

  /** The value of an expression in the page. */
  async function evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await send('script.evaluate', {
      expression,
      target: { context },
      awaitPromise: true,
      userActivation: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return result.value;
  }

  return {
    /** The console, as `level: text`. */
    said,
    evaluate,
    goto: (url: string) => send('browsingContext.navigate', { context, url, wait: 'interactive' }),
    click: (text: string) => clickSoon(evaluate, text),
    /** Also one that no script can read. */
    async cookie(name: string): Promise<string | undefined> {
      const { cookies } = await send('storage.getCookies', { filter: { name } });
      return cookies.at(-1)?.value.value;
    },
    text: () => evaluate<string>('document.body.innerText').catch(() => ''),
    async close() {
      child.kill();
      await ended;
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** A link or button with this text, as soon as it is there. A page that is left while it is asked has none. */
export async function clickSoon(evaluate: <T>(expression: string) => Promise<T>, text: string) {
  // Clicked in a task of its own: a click that leaves the page would take the answer along. A page that comes to life
  // meanwhile may have put another control in the place of the first.
  const expression = `{
    const find = () => [...document.querySelectorAll('a, button')]
      .find(({ textContent }) => textContent.includes(${JSON.stringify(text)}));
    const control = find();
    if (control) setTimeout(() => find()?.click());
    control !== undefined;
  }`;
  const late = AbortSignal.timeout(60_000);
  while (!(await evaluate<boolean>(expression).catch(() => false))) {
    if (late.aborted) throw new Error(`There is no link or button "${text}"`);
    await delay(50);
  }
}

/** Nothing but what a test asks for goes over the network. */
const quiet = [
  'user_pref("app.update.enabled", false);',
  'user_pref("browser.shell.checkDefaultBrowser", false);',
  'user_pref("datareporting.policy.dataSubmissionEnabled", false);',
  'user_pref("network.captive-portal-service.enabled", false);',
  'user_pref("network.connectivity-service.enabled", false);',
  'user_pref("services.settings.server", "data:,");',
];

async function addressOf(lines: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: lines })) {
    const [address] = /ws:\/\/\S+/.exec(line) ?? [];
    if (!address) continue;
    lines.resume();
    return address;
  }
  throw new Error('Firefox ended before it listened');
}

// biome-ignore lint/suspicious/noExplicitAny: each command has a result of its own, and the callers above know it.
type Send = (method: string, params: object) => Promise<any>;

interface Event {
  method: string;
  params: { level: string; text: string };
}

async function connect(address: string, heard: (event: Event) => void): Promise<Send> {
  const socket = new WebSocket(`${address}/session`);
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, type, result, error, message, ...event } = JSON.parse(data);
    if (type === 'event') return heard(event);
    const asked = waiting.get(id);
    waiting.delete(id);
    if (type === 'success') asked?.resolve(result);
    else asked?.reject(new Error(`${error}: ${message}`));
  });
  socket.addEventListener('close', () => {
    for (const asked of waiting.values()) asked.reject(new Error('Firefox is gone'));
  });
  await once(socket, 'open');
  return (method, params) => {
    const asked = Promise.withResolvers<unknown>();
    waiting.set(++last, asked);
    socket.send(JSON.stringify({ id: last, method, params }));
    // Firefox forgets a question whose page is left while it is asked.
    const timer = setTimeout(() => asked.reject(new Error(`${method}: no answer`)), 15_000);
    return asked.promise.finally(() => clearTimeout(timer));
  };
}
