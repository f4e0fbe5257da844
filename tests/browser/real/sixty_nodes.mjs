// Sixty nodes, most of which do not exist, on a laptop and on a phone.
import assert from 'node:assert/strict';
import { PHONE, assertFits, screenshot, text, waitForText } from '../support/browser.mjs';
import { script } from '../support/script.mjs';

await script({}, async ({ page, words, at }) => {
  await waitForText(page, '#leader', `${words.leader} leads`);
  assert.equal(await page.locator('table.nodes tbody').count(), 60);
  await page.locator('table.nodes tbody[data-health="bad"]').nth(56).waitFor();
  await page.getByLabel('only what wants a look').check();
  assert.equal(await page.locator('table.nodes tbody').count(), 57);
  await page.getByLabel('only what wants a look').uncheck();
  await assertFits(page);
  await screenshot(page, 'real-sixty-nodes');
  await page.setViewportSize(PHONE);
  await assertFits(page);
  await screenshot(page, 'real-sixty-nodes-phone');
  assert.match(await text(page, '#nodes .section-head'), /60 nodes: 3 ok, 57 bad/);
  await at('seen');
});
