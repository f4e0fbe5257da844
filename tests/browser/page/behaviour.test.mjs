// What the page does: keeps itself current, says when it has lost the router, lets people act.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, PHONE, screenshot, text, waitForText } from '../support/browser.mjs';
import { FakeRouter } from '../support/fake_router.mjs';
import { allWell, fixture, nobodyLeads } from '../support/looks.mjs';

const browser = new Browser();
before(() => browser.start());
after(() => browser.stop());

async function facing(all, options, act) {
  const router = await new FakeRouter(all).start();
  try {
    await browser.on(router.url, options, (page) => act(page, router));
  } finally {
    await router.stop();
  }
}

async function signIn(page, user = 'dba') {
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill('right');
  await page.getByLabel('Password').press('Enter');
  await waitForText(page, '#who', user);
}

test('what the stream tells appears by itself', async () => {
  await facing(allWell(), {}, async (page, router) => {
    await waitForText(page, '#link-state', 'live');
    const { leader, failovers, nodes } = nobodyLeads().state;
    router.push({ leader, failovers, nodes });
    await waitForText(page, '#leader', 'Nobody leads');
    await waitForText(page, '#failovers', 'goes on, writes have stood still for');
    const back = allWell().state;
    router.push({ leader: { ...back.leader, name: 'pg2' }, nodes: back.nodes });
    await waitForText(page, '#leader', 'pg2 leads');
    assert.match(await page.title(), /pg2 leads/);
  });
});

test('charts move on with each point, and tell the value under the pointer', async () => {
  await facing(allWell(), {}, async (page, router) => {
    await waitForText(page, '#link-state', 'live');
    const value = page.locator('.chart output').first();
    await page.waitForFunction(() => document.querySelector('.chart path.line')?.getAttribute('d')?.length > 100);
    router.chart({ write: [321, 0, 1, 2, 3], read: [1, 0, 1, 2, 3] });
    await waitForText(page, '.chart output', '321');
    await page.locator('.chart svg').first().hover({ position: { x: 20, y: 10 } });
    assert.match(await value.innerText(), /^\d\d:\d\d:\d\d\s+\d+$/);
  });
});

test('a router that is lost is said to be, with the age of the picture; when it is back, so is the page', async () => {
  await facing(allWell(), { expectErrors: true }, async (page, router) => {
    await waitForText(page, '#link-state', 'live');
    await router.stop();
    await waitForText(page, '#lost', 'Lost the router. What you see is how it was at');
    await waitForText(page, '#lost', /The picture is \d+ s old/);
    assert.match(await page.title(), /router lost/);
    assert.match(await text(page, '#leader'), /pg1 leads/); // the last picture stays
    await screenshot(page, 'lost');
    await router.start();
    await page.locator('#lost').waitFor({ state: 'hidden' });
    await waitForText(page, '#link-state', 'live');
    assert.match(await page.title(), /pg1 leads/);
  });
});

test('a router that says nothing any more, though it is connected, is lost too', async () => {
  await facing(allWell(), { expectErrors: true }, async (page, router) => {
    await waitForText(page, '#link-state', 'live');
    router.answers = false; // the stream stays open
    await waitForText(page, '#lost', 'Lost the router');
    router.answers = true;
    await waitForText(page, '#link-state', /live|asking/);
    await page.locator('#lost').waitFor({ state: 'hidden' });
  });
});

test('without a stream the page asks every 2 s, and takes the stream when there is one', async () => {
  const all = allWell();
  const router = new FakeRouter(all);
  router.hasStream = false;
  await router.start();
  try {
    await browser.on(router.url, { expectErrors: true }, async (page) => {
      await waitForText(page, '#link-state', 'asking every 2 s');
      all.state.leader.name = 'pg3';
      all.state.now_at += 5000;
      await waitForText(page, '#leader', 'pg3 leads');
      router.hasStream = true;
      await waitForText(page, '#link-state', 'live');
    });
  } finally {
    await router.stop();
  }
});

test('a router that wants a login before it tells anything gets one', async () => {
  const router = new FakeRouter(allWell());
  router.needsLogin = true;
  await router.start();
  try {
    await browser.on(router.url, { expectErrors: true }, async (page) => {
      await waitForText(page, '#sign-in', 'shows itself only to people it knows');
      await page.getByLabel('User').fill('dba');
      await page.getByLabel('Password').fill('right');
      await page.getByLabel('Password').press('Enter');
      await waitForText(page, '#leader', 'pg1 leads');
      await waitForText(page, '#link-state', 'live');
    });
  } finally {
    await router.stop();
  }
});

test('nobody can act before signing in, and a wrong password says so', async () => {
  await facing(fixture(), { expectErrors: true }, async (page) => {
    await page.locator('#sessions tbody').first().waitFor();
    assert.equal(await page.getByRole('button', { name: /^Act on|^End|Switch over/ }).count(), 0);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('User').fill('dba');
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).last().click();
    await waitForText(page, '#sign-in', 'Wrong user or password.');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#sign-in').isVisible(), false);
  });
});

test('where nobody is configured there is no way to sign in', async () => {
  const router = new FakeRouter(fixture());
  router.me.can_act = false;
  await router.start();
  try {
    await browser.on(router.url, {}, async (page) => {
      await waitForText(page, '#who', 'read only');
      assert.equal(await page.getByRole('button', { name: 'Sign in' }).count(), 0);
    });
  } finally {
    await router.stop();
  }
});

test('an action is asked about once and says what it did', async () => {
  await facing(fixture(), {}, async (page, router) => {
    await signIn(page);
    await page.getByRole('button', { name: 'Act on pg2' }).click();
    await waitForText(page, '#ask', 'What is to be done with pg2?');
    await screenshot(page, 'actions');
    await page.locator('#ask').getByLabel('For').selectOption('read');
    assert.equal(await page.getByRole('button', { name: /Restart/ }).count(), 0); // not of one listener
    await page.getByRole('button', { name: /^Drain/ }).click();
    await waitForText(page, '#ask', 'Drain pg2 on read?');
    assert.deepEqual(router.requests, []);
    await page.getByRole('button', { name: 'Drain', exact: true }).click();
    await waitForText(page, '#toasts', 'Done: nodes/second/state.');
    assert.deepEqual(router.requests, ['PUT nodes/second/state {"state":"drain","listener":"read"}']);
    assert.equal(await page.locator('#ask').isVisible(), false);
  });
});

test('every action reaches the router as the API describes it', async () => {
  await facing(fixture(), {}, async (page, router) => {
    await signIn(page);
    const choose = async (node, choice, yes) => {
      await page.getByRole('button', { name: `Act on ${node}` }).click();
      await page.locator('#ask .choices').getByRole('button', { name: choice }).click();
      await page.locator('#ask form').getByRole('button', { name: yes }).click();
      await page.locator('#ask').waitFor({ state: 'hidden' });
    };
    await choose('pg3', /^Maintenance/, 'Maintenance');
    await choose('pg3', /^Ready/, 'Ready');
    await choose('pg2', /^End its sessions/, 'End its sessions');
    await choose('pg2', /^Make it the leader/, 'Make it the leader');
    await choose('pg1', /^Restart/, 'Restart PostgreSQL');
    await choose('pg3', /^Build it anew/, 'Build it anew');
    await page.getByRole('button', { name: 'Switch over' }).click();
    await page.getByRole('button', { name: 'Let Patroni choose' }).click();
    await page.locator('#ask form').getByRole('button', { name: 'Switch over' }).click();
    await page.locator('#ask').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'End the session of 10.0.3.7:51544' }).click();
    await page.getByRole('button', { name: 'End it' }).click();
    await page.locator('#ask').waitFor({ state: 'hidden' });
    assert.deepEqual(router.requests, [
      'PUT nodes/third/state {"state":"maintenance"}', 'PUT nodes/third/state {"state":"ready"}', 'DELETE nodes/second/sessions',
      'POST switchover {"candidate":"pg2"}', 'POST nodes/first/restart {}', 'POST nodes/third/reinitialize {}',
      'POST switchover {}', 'DELETE sessions/1.17']);
  });
});

test('an action that fails says why', async () => {
  await facing(fixture(), { expectErrors: true }, async (page, router) => {
    await signIn(page);
    router.actionError = 'pg2 answered 503: no leader.';
    await page.getByRole('button', { name: 'Switch over' }).click();
    await page.getByRole('button', { name: /^pg2/ }).click();
    await page.locator('#ask form').getByRole('button', { name: 'Switch over' }).click();
    await waitForText(page, '#toasts .bad', 'pg2 answered 503: no leader.');
  });
});

test('the sessions are searched and sorted by the router, and those of a node ended together', async () => {
  await facing(fixture(), {}, async (page, router) => {
    await signIn(page);
    await page.getByRole('searchbox', { name: 'Search sessions' }).fill('Reports');
    await waitForText(page, '#sessions', '1 that match, of 5');
    assert.equal(await page.locator('table.sessions tbody').count(), 1);
    await page.getByRole('searchbox', { name: 'Search sessions' }).fill('');
    await page.locator('table.sessions tbody').nth(4).waitFor();
    await page.getByRole('button', { name: 'Received' }).click();
    await page.locator('th[aria-sort="descending"]').filter({ hasText: 'Received' }).waitFor();
    await page.waitForFunction(() => document.activeElement.dataset.sort === 'down_bytes');
    assert.deepEqual([router.lastSessionQuery.sort, router.lastSessionQuery.order], ['down_bytes', 'desc']);
    await page.locator('#sessions').getByLabel('Node').selectOption('pg1');
    await page.getByRole('button', { name: 'End all on pg1' }).click();
    await page.getByRole('button', { name: 'End its sessions' }).click();
    await page.locator('#ask').waitFor({ state: 'hidden' });
    assert.deepEqual(router.requests, ['DELETE nodes/first/sessions']);
  });
});

test('everything can be done with the keyboard', async () => {
  await facing(fixture(), {}, async (page, router) => {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the nodes');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'nodes');
    await signIn(page);
    await page.getByRole('button', { name: 'Act on pg3' }).focus();
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, 'none', 'the focus is seen');
    await page.keyboard.press('Enter');
    await waitForText(page, '#ask', 'What is to be done with pg3?');
    await page.keyboard.press('Escape');
    await page.locator('#ask').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Act on pg3', 'the focus comes back');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^Ready/ }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter'); // the question's answer has the focus
    await waitForText(page, '#toasts', 'Done');
    assert.deepEqual(router.requests, ['PUT nodes/third/state {"state":"ready"}']);
    await page.locator('#failovers summary').nth(1).focus();
    await page.keyboard.press('Enter');
    await waitForText(page, '#failover-1', 'First session through');
  });
});

test('an update takes away neither the focus nor an open row', async () => {
  await facing(fixture(), {}, async (page, router) => {
    await signIn(page);
    await page.locator('#failovers summary').nth(1).click();
    await page.getByRole('button', { name: 'Act on pg3' }).focus();
    for (let i = 0; i < 3; i += 1) {
      const { nodes, failovers, listeners } = fixture().state;
      nodes[2].check.checks += i;
      router.push({ nodes, failovers, listeners });
    }
    router.push({ leader: { ...fixture().state.leader, reason: 'told last' } });
    await waitForText(page, '#leader', 'told last');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Act on pg3');
    assert.equal(await page.locator('#failover-1').evaluate((node) => node.open), true);
  });
});

test('on a phone one can sign in and drain a node', async () => {
  await facing(fixture(), { viewport: PHONE, hasTouch: true, isMobile: true }, async (page, router) => {
    await signIn(page);
    await page.getByRole('button', { name: 'Act on pg2' }).tap();
    await screenshot(page, 'phone-actions');
    await page.getByRole('button', { name: /^Drain/ }).tap();
    await page.getByRole('button', { name: 'Drain', exact: true }).tap();
    await waitForText(page, '#toasts', 'Done');
    assert.equal(router.requests.length, 1);
  });
});

test('nothing moves for who has asked for less motion', async () => {
  await facing(fixture(), { reducedMotion: 'reduce' }, async (page) => {
    await waitForText(page, '#link-state', 'live');
    assert.equal(await page.locator('.dot').evaluate((node) => getComputedStyle(node).animationName), 'none');
    assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior), 'auto');
  });
});
