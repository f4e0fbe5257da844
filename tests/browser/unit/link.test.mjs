// The link against a network and a clock that the test plays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Link, POLL_MS, QUIET_MS } from '../../../stats-ui/ui/link.js';

class World {
  now = 0;
  timers = new Map();
  streams = [];
  answers = {}; // path -> value, or a status
  said = [];
  #next = 1;

  constructor() {
    const world = this;
    this.EventSource = class {
      readyState = 0;
      listeners = {};
      constructor() {
        world.streams.push(this);
      }
      addEventListener(name, f) {
        this.listeners[name] = f;
      }
      close() {
        this.readyState = 2;
      }
    };
    this.setTimeout = (f, ms) => {
      this.timers.set(this.#next, { f, at: this.now + ms });
      return this.#next++;
    };
    this.clearTimeout = (timer) => this.timers.delete(timer);
    this.link = new Link({ get: (path) => this.#get(path) }, {
      onState: (state) => this.said.push(`state ${state.n}`),
      onCharts: (charts) => this.said.push(`charts ${charts.end_at}`),
      onMode: (mode) => this.said.push(mode),
      onBeat: (at) => this.said.push(`beat ${at}`),
    }, this);
    this.link.start();
  }

  async #get(path) {
    const answer = this.answers[path];
    if (typeof answer === 'object') return answer;
    throw Object.assign(new Error('no'), { status: answer ?? 0 });
  }
  say(name, data) {
    this.streams.at(-1).listeners[name]({ data: JSON.stringify(data) });
    return this.settle();
  }
  breakStream() {
    this.streams.at(-1).listeners.error();
    return this.settle();
  }
  async pass(ms) {
    const end = this.now + ms;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.now = due[1].at;
      due[1].f();
      await this.settle();
    }
    this.now = end;
  }
  async settle() {
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
  }
  taken() {
    return this.said.splice(0);
  }
}

const CHARTS = { step_ms: 5000, end_at: 1000, listeners: {} };

test('the stream carries the state; the charts are read when it begins', async () => {
  const world = new World();
  world.answers.charts = CHARTS;
  await world.say('state', { n: 1 });
  assert.deepEqual(world.taken(), ['live', 'state 1', 'charts 1000']);
  await world.say('chart', { at: 6000, points: {} });
  await world.say('beat', { now_at: 7 });
  assert.deepEqual(world.taken(), ['charts 6000', 'beat 7']);
});

test('while the stream lives, nothing is asked', async () => {
  const world = new World();
  world.answers = { charts: CHARTS, state: { n: 9 } };
  await world.say('state', { n: 1 });
  world.taken();
  for (let i = 0; i < 5; i += 1) {
    await world.pass(5000);
    await world.say('beat', { now_at: i });
  }
  assert.deepEqual(world.taken(), ['beat 0', 'beat 1', 'beat 2', 'beat 3', 'beat 4']);
});

test('a stream that says nothing for long enough is lost, and opened anew', async () => {
  const world = new World();
  world.answers.charts = CHARTS;
  await world.say('state', { n: 1 });
  world.taken();
  await world.pass(QUIET_MS - 1);
  assert.deepEqual(world.taken(), []);
  await world.pass(1);
  assert.deepEqual(world.taken(), ['lost']);
  assert.equal(world.streams.length, 2);
  await world.say('state', { n: 2 });
  assert.deepEqual(world.taken(), ['live', 'state 2', 'charts 1000']);
});

test('what an old stream still says is not heard', async () => {
  const world = new World();
  await world.say('state', { n: 1 });
  await world.pass(QUIET_MS);
  world.taken();
  world.streams[0].listeners.state({ data: '{"n":5}' });
  assert.deepEqual(world.taken(), []);
});

test('a stream that breaks is bridged by asking', async () => {
  const world = new World();
  world.answers = { charts: CHARTS, state: { n: 2 } };
  await world.say('state', { n: 1 });
  world.taken();
  await world.breakStream();
  assert.deepEqual(world.taken(), ['connecting', 'state 2', 'polling', 'charts 1000']);
  await world.pass(POLL_MS);
  assert.ok(world.taken().includes('state 2'));
});

test('where there is no stream at all it is tried again between the polls', async () => {
  const world = new World();
  world.answers = { charts: CHARTS, state: { n: 1 } };
  await world.breakStream();
  await world.pass(POLL_MS * 20);
  assert.ok(world.streams.length > 2 && world.streams.length < 10, `${world.streams.length} streams`);
});

test('when neither works the router is lost; it is found again by itself', async () => {
  const world = new World();
  world.answers = {};
  await world.breakStream();
  assert.deepEqual(world.taken(), ['lost']);
  await world.pass(POLL_MS * 3);
  assert.deepEqual(world.taken(), []);
  world.answers = { charts: CHARTS, state: { n: 3 } };
  const before = world.streams.length;
  await world.pass(POLL_MS);
  assert.deepEqual(world.taken().slice(0, 2), ['state 3', 'polling']);
  assert.equal(world.streams.length, before + 1, 'the stream is opened at once');
});

test('a router that wants a login is not asked again before there is one', async () => {
  const world = new World();
  world.answers = { state: 401 };
  await world.breakStream();
  assert.deepEqual(world.taken(), ['login']);
  await world.pass(POLL_MS * 10);
  assert.equal(world.timers.size, 0);
  world.answers = { charts: CHARTS, state: { n: 1 } };
  world.link.retry();
  await world.settle();
  assert.equal(world.streams.length, 2);
  assert.deepEqual(world.taken().slice(0, 2), ['connecting', 'state 1']);
});

test('a gap in the chart events makes the charts be read again', async () => {
  const world = new World();
  world.answers.charts = CHARTS;
  await world.say('state', { n: 1 });
  world.answers.charts = { ...CHARTS, end_at: 50000 };
  world.taken();
  await world.say('chart', { at: 50000, points: {} });
  assert.deepEqual(world.taken(), ['charts 50000']);
});
