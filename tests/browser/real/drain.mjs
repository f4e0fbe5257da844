// Signs in, drains a replica, sees its sessions move, and makes it ready again.
import assert from 'node:assert/strict';
import { screenshot, waitForText } from '../support/browser.mjs';
import { script } from '../support/script.mjs';

await script({}, async ({ page, words, at }) => {
  const { node, other, user, password } = words;
  const cell = (name) => page.locator('table.nodes tbody').filter({ has: page.getByRole('rowheader', { name }) }).locator('td[data-label="read"]');
  const sessions = (name) => cell(name).locator('b').innerText({ timeout: 100 }).then(Number, () => 0);
  const until = async (what, condition) => {
    for (const end = Date.now() + 60000; Date.now() < end;) {
      if (await condition()) return;
      await page.waitForTimeout(100);
    }
    assert.fail(`${what}: ${node} has ${await sessions(node)}, ${other} has ${await sessions(other)}`);
  };
  const act = async (choice, yes) => {
    await page.getByRole('button', { name: `Act on ${node}` }).click();
    await page.locator('#ask .choices').getByRole('button', { name: choice }).click();
    await page.locator('#ask form').getByRole('button', { name: yes }).click();
    await page.locator('#ask').waitFor({ state: 'hidden' });
  };

  await until('both replicas serve', async () => (await sessions(node)) > 0 && (await sessions(other)) > 0);
  assert.equal(await page.getByRole('button', { name: /^Act on/ }).count(), 0);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByLabel('Password').press('Enter');
  await waitForText(page, '#who', user);

  await act(/^Drain/, 'Drain');
  await waitForText(page, '#toasts .ok', /drain/);
  await cell(node).filter({ hasText: 'is drained' }).waitFor();
  await until('the sessions have moved', async () => (await sessions(node)) === 0 && (await sessions(other)) > 0);
  await page.locator('table.nodes').filter({ hasText: `drained by ${user}` }).waitFor();
  await screenshot(page, 'real-drained');
  await at('drained');

  await act(/^Ready/, 'Ready');
  await until('the sessions have come back', async () => (await sessions(node)) > 0);

  // One session, found by its user and ended. Its client notices.
  await page.locator('#sessions').scrollIntoViewIfNeeded();
  await page.getByRole('searchbox', { name: 'Search sessions' }).fill(words.victim);
  await page.locator('#sessions').filter({ hasText: '1 that match' }).waitFor();
  await page.locator('#sessions').getByRole('button', { name: /^End the session of/ }).click();
  await page.getByRole('button', { name: 'End it' }).click();
  await page.locator('#ask').waitFor({ state: 'hidden' });
  await page.locator('#sessions').filter({ hasText: '0 that match' }).waitFor();
  await at('ended');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Act on/ }).count(), 0);
});
