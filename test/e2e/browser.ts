// A real Chromium. Where it is: CHROMIUM, or where Debian, macOS and Windows put Chromium or Chrome.
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const places = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

export async function launch(more: string[] = []): Promise<Browser> {
  const executablePath = places.find((place) => place && existsSync(place));
  if (!executablePath) throw new Error('No Chromium: install it, or name it in CHROMIUM.');
  return chromium.launch({
    executablePath,
    // Nothing but what a test asks for goes over the network.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}

export const desktop = { viewport: { width: 1280, height: 860 } };
export const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

/** A fresh profile whose page errors, refused resources and console errors are collected. */
export async function visitor(browser: Browser, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ ...desktop, reducedMotion: 'reduce', ...options });
  const faults: string[] = [];
  const page = await context.newPage();
  watch(page);
  context.on('page', watch);
  return { context, page, faults };

  function watch(page: Page) {
    page.on('pageerror', (error) => faults.push(`${error}`));
    page.on('console', (message) => {
      // Refused calls are a test's business; a policy that blocks something is a fault.
      if (/Content.Security.Policy/i.test(message.text())) faults.push(message.text());
    });
  }
}
