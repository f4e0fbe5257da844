// One Chromium for a file of tests; a fresh profile for each page. Whatever a page complains about fails its test.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const SCREENSHOTS = process.env.TAMADA_SCREENSHOTS ?? new URL('../../../build/browser-screenshots', import.meta.url).pathname;
export const PATIENCE = 30000; // generous: the machine may be busy

export const LAPTOP = { width: 1366, height: 768 };
export const PHONE = { width: 360, height: 800 };

export class Browser {
  #browser = null;

  async start() {
    this.#browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ARGUMENTS });
  }
  async stop() {
    await this.#browser?.close();
  }

  // Runs `test(page)`; afterwards the page must have reported no error, no refused script and no request elsewhere.
  async on(url, options, test) {
    const { expectErrors = false, ...context } = options;
    const own = await this.#browser.newContext({ viewport: LAPTOP, locale: 'en-GB', timezoneId: 'Europe/Berlin', ...context });
    const page = await own.newPage();
    page.setDefaultTimeout(PATIENCE);
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(`console: ${message.text()}`));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:') && new URL(request.url()).host !== new URL(url).host) complaints.push(`elsewhere: ${request.url()}`);
    });
    try {
      await page.goto(url);
      await page.waitForFunction(() => document.body.dataset.picture === 'shown' || document.body.dataset.link === 'login');
      await test(page);
      const serious = expectErrors ? complaints.filter((words) => !words.includes('Failed to load resource')) : complaints;
      assert.deepEqual(serious, [], 'what the page complained about');
    } finally {
      await own.close();
    }
  }
}

export async function screenshot(page, name, fullPage = false) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage });
}

// The page itself never scrolls sideways.
export async function assertFits(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const widest = wide <= 0 ? '' : await page.evaluate(() => [...document.querySelectorAll('body *')]
    .filter((node) => node.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !node.closest('.wide, .yaml'))
    .map((node) => `${node.tagName}.${node.className}`).slice(0, 5).join(', '));
  assert.ok(wide <= 0, `the page is ${wide} px too wide: ${widest}`);
}

export async function text(page, selector) {
  return (await page.locator(selector).innerText()).replace(/\s+/g, ' ').trim();
}

export function waitForText(page, selector, words) {
  return page.locator(selector).filter({ hasText: words }).first().waitFor({ state: 'visible' });
}
