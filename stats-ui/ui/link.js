// Link: keeps the picture current. The live stream carries it; while that cannot be opened, the state is asked for
// every 2 s; when neither works the router is lost, and the link goes on trying until it is back.
//
//   connecting -> live <-> polling <-> lost          login: the router wants a name and a password before it tells anything
//
// The network and the time are handed in, so that a test can play them.
import { addPoints, isGap } from './state.js';

export const QUIET_MS = 12000; // the stream says something every 5 s; so long without a word means lost
export const POLL_MS = 2000;
const POLLS_PER_REOPEN = 4; // a stream that does not come is opened anew after so many polls

export class Link {
  mode = 'connecting';
  charts = null;
  #api;
  #handlers;
  #world;
  #stream = null;
  #quiet = null;
  #poll = null;
  #polls = 0;
  #asking = false;

  // api: get(path). handlers: onState(update), onCharts(charts), onMode(mode), onBeat(now_at).
  constructor(api, handlers, world = {}) {
    this.#api = api;
    this.#handlers = handlers;
    this.#world = {
      EventSource: world.EventSource ?? globalThis.EventSource,
      setTimeout: world.setTimeout ?? ((f, ms) => globalThis.setTimeout(f, ms)),
      clearTimeout: world.clearTimeout ?? ((timer) => globalThis.clearTimeout(timer)),
    };
  }

  start() {
    this.#open();
    this.#pollLater();
  }

  // Somebody signed in, or the network is back: do not wait for the next try.
  retry() {
    if (this.mode !== 'live') this.#setMode('connecting');
    this.#open();
    this.#ask();
  }

  #open() {
    this.#stream?.close();
    this.#polls = 0;
    const stream = new this.#world.EventSource('events');
    this.#stream = stream;
    const on = (name, f) => stream.addEventListener(name, (event) => {
      if (stream !== this.#stream) return;
      this.#heard();
      f(JSON.parse(event.data));
    });
    on('state', (update) => this.#handlers.onState(update));
    on('chart', (event) => this.#chart(event));
    on('beat', ({ now_at: nowAt }) => this.#handlers.onBeat(nowAt));
    stream.addEventListener('error', () => {
      if (stream === this.#stream) this.#broken();
    });
  }

  #heard() {
    this.#world.clearTimeout(this.#poll);
    this.#world.clearTimeout(this.#quiet);
    this.#quiet = this.#world.setTimeout(() => this.#fellSilent(), QUIET_MS);
    if (this.mode === 'live') return;
    this.#setMode('live');
    this.#loadCharts();
  }

  // The browser tries again by itself, unless the answer was no stream at all; meanwhile we ask.
  #broken() {
    this.#world.clearTimeout(this.#quiet);
    if (this.mode === 'live') this.#setMode('connecting');
    this.#ask();
  }

  #fellSilent() {
    this.#setMode('lost');
    this.#open();
    this.#ask();
  }

  #pollLater() {
    this.#world.clearTimeout(this.#poll);
    this.#poll = this.#world.setTimeout(() => this.#ask(), POLL_MS);
  }

  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    let state = null;
    let status = 0;
    try {
      state = await this.#api.get('state');
    } catch (error) {
      status = error.status;
    }
    this.#asking = false;
    if (this.mode === 'live') return; // the stream was quicker
    if (status === 401) return this.#wantLogin();

    this.#polls += 1;
    // Back again: the stream need not wait for the browser's next try.
    if (this.#polls >= POLLS_PER_REOPEN || (state !== null && this.mode === 'lost')) this.#open();
    this.#pollLater();
    if (state === null) return this.#setMode('lost');
    this.#handlers.onState(state);
    if (this.mode !== 'polling' || this.#polls === 1) this.#loadCharts();
    return this.#setMode('polling');
  }

  // Until retry().
  #wantLogin() {
    this.#stream.close();
    this.#world.clearTimeout(this.#quiet);
    this.#setMode('login');
  }

  #chart(event) {
    if (!this.charts || isGap(this.charts, event)) this.#loadCharts();
    else if (event.at > this.charts.end_at) this.#setCharts(addPoints(this.charts, event));
  }

  async #loadCharts() {
    try {
      this.#setCharts(await this.#api.get('charts'));
    } catch {
      // The next chart event, or poll, tries again.
    }
  }

  #setCharts(charts) {
    this.charts = charts;
    this.#handlers.onCharts(charts);
  }

  #setMode(mode) {
    if (mode === this.mode) return;
    this.mode = mode;
    this.#handlers.onMode(mode);
  }
}
