// The whole system and a browser, for a file of tests: what `npm start` runs, with its switches at hand.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { buildDemo, type Demo } from '#infra/local/demo/index.ts';
import { type System, type SystemOptions, startSystem } from '#infra/local/run/system.ts';
import { launch, visitor } from './browser.ts';

export interface Stand {
  browser: Browser;
  system: System;
  /** A fresh profile; that its pages broke nothing is checked when the test ends. */
  visit(options?: Parameters<typeof visitor>[1]): ReturnType<typeof visitor>;
}

export function stand(options: SystemOptions = {}): Stand {
  let demo: Demo;
  const open: Awaited<ReturnType<typeof visitor>>[] = [];
  const stand = {
    async visit(options = {}) {
      const visit = await visitor(stand.browser, options);
      open.push(visit);
      return visit;
    },
  } as Stand;

  beforeAll(async () => {
    [demo, stand.browser] = await Promise.all([buildDemo(), launch()]);
    stand.system = await startSystem({
      mounts: demo.mounts,
      environment: {},
      orders: true,
      ...options,
    });
  });
  afterEach(async () => {
    const faults = open.flatMap((visit) => visit.faults);
    await Promise.all(open.splice(0).map(({ context }) => context.close()));
    stand.system.okta?.faults.clear();
    expect(faults).toEqual([]);
  });
  afterAll(async () => {
    await stand.browser?.close();
    await stand.system?.close();
    await demo?.close();
  });
  return stand;
}

/** From wherever the page is, through the stand-in's login page, back to where it was. */
export async function signIn(page: Page, person = 'Ada', code?: string): Promise<void> {
  await page
    .getByRole('link', { name: /^Sign in/ })
    .first()
    .click();
  await chooseAt(page, person, code);
}

export async function chooseAt(page: Page, person: string, code?: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(person) }).click();
  if (code) {
    await page.getByLabel(/Code/).fill(code);
    await page.getByRole('button', { name: 'Verify' }).click();
  }
  await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
}

/** The pages of the demo, by their links. */
export const open = async (page: Page, name: string): Promise<void> => {
  await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
  await page.locator('main:not([aria-busy])').waitFor();
};
