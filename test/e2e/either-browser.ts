// One tab of Chromium or of Firefox, for tests that do the same in both.
import { launch, visitor } from './browser.ts';
import { clickSoon, type Firefox, firefox as found, startFirefox } from './firefox.ts';

export type Tab = Pick<Firefox, 'said' | 'evaluate' | 'goto' | 'click' | 'text' | 'close'>;

const firefox = found;

/** How to open each; undefined when it is not here. */
export const browsers: [string, (() => Promise<Tab>) | undefined][] = [
  ['Chromium', chromiumTab],
  ['Firefox', firefox ? () => startFirefox(firefox) : undefined],
];

async function chromiumTab(): Promise<Tab> {
  const browser = await launch();
  const { page } = await visitor(browser);
  const said: string[] = [];
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
  const evaluate = <T>(expression: string) => page.evaluate(expression) as Promise<T>;
  return {
    said,
    evaluate,
    goto: (url) => page.goto(url),
    click: (text) => clickSoon(evaluate, text),
    text: () => evaluate<string>('document.body.innerText').catch(() => ''),
    close: () => browser.close(),
  };
}
