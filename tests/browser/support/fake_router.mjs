// A router's doors as far as the page knocks at them, for what a real router cannot be made to show: faults at will, 60
// nodes, hostile names. It sends the headers that the router sends, so that the page is held to them.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { extname, normalize } from 'node:path';

const FILES = new URL('../../../stats-ui/', import.meta.url);
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.json': 'application/json' };
export const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'";
const NOBODY = { user: null, csrf: null, can_act: true, login_to_read: false, patroni: true };

export class FakeRouter {
  requests = []; // "PUT /api/v1/nodes/first/state {…}", the changing ones
  me = { ...NOBODY };
  hasStream = true;
  answers = true; // false: takes requests and says nothing, as a router that was stopped
  needsLogin = false;
  actionError = null;
  #streams = new Set();
  #server = null;
  #port = 0;

  // all: { state, charts, sessions }, as in the fixture.
  constructor(all) {
    this.all = all;
  }

  async start() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    await new Promise((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = this.#server.address().port; // the same one after stop() and start()
    this.url = `http://127.0.0.1:${this.#port}/`;
    return this;
  }

  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    this.#streams.clear();
  }

  // Changes the state and tells the open streams.
  push(change) {
    Object.assign(this.all.state, change, { now_at: this.all.state.now_at + 1000, snapshot: this.all.state.snapshot + 1 });
    const { now_at, snapshot } = this.all.state;
    this.#send('state', { now_at, snapshot, ...change });
  }
  chart(points) {
    this.all.charts.end_at += this.all.charts.step_ms;
    this.#send('chart', { at: this.all.charts.end_at, points });
  }
  beat() {
    this.#send('beat', { now_at: this.all.state.now_at += 1000 });
  }
  #send(event, data) {
    for (const stream of this.#streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
  get streams() {
    return this.#streams.size;
  }

  async #answer(request, response) {
    if (!this.answers) return;
    let body = '';
    for await (const piece of request) body += piece;
    const { pathname, searchParams } = new URL(request.url, this.url);
    if (pathname === '/events') this.#stream(response);
    else if (pathname.startsWith('/api/v1/')) this.#api(request, response, pathname.slice(8), searchParams, body);
    else this.#file(response, pathname);
  }

  #stream(response) {
    if (!this.hasStream || this.needsLogin) return this.#json(response, this.needsLogin ? 401 : 404, { error: 'no' });
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(`retry: 1000\n\nevent: state\ndata: ${JSON.stringify(this.all.state)}\n\n`);
    this.#streams.add(response);
    return response.on('close', () => this.#streams.delete(response));
  }

  #api(request, response, path, query, body) {
    if (path === 'me') return this.#json(response, 200, this.me);
    if (path === 'sign-in') return this.#signIn(response, JSON.parse(body));
    if (this.needsLogin && this.me.user === null) return this.#json(response, 401, { error: 'Sign in first.' });
    if (request.method === 'GET') {
      if (path === 'sessions') return this.#json(response, 200, this.#sessions(query));
      const found = { state: this.all.state, charts: this.all.charts }[path];
      return this.#json(response, found ? 200 : 404, found ?? { error: 'not found' });
    }
    if (request.headers['x-tamada-csrf'] !== this.me.csrf || this.me.user === null) return this.#json(response, 403, { error: 'Not signed in.' });
    if (path === 'sign-out') {
      this.me = { ...NOBODY };
      return this.#json(response, 200, this.me);
    }
    this.requests.push(`${request.method} ${decodeURIComponent(path)}${query.size || [...query].length ? `?${query}` : ''} ${body}`.trim());
    return this.actionError ? this.#json(response, 409, { error: this.actionError }) : this.#json(response, 200, { done: `Done: ${path}.` });
  }

  #signIn(response, { user, password }) {
    if (password !== 'right') return this.#json(response, 401, { error: 'Wrong user or password.' });
    this.needsLogin = false;
    this.me = { ...NOBODY, user, csrf: 'token-17' };
    return this.#json(response, 200, this.me);
  }

  // What the router does (and its own tests prove), as far as the table needs it.
  #sessions(query) {
    this.lastSessionQuery = Object.fromEntries(query);
    const { sessions, ...rest } = this.all.sessions;
    const search = query.get('search') ?? '';
    const found = sessions.filter((session) => JSON.stringify(session).includes(search))
      .filter((session) => !query.get('node') || session.node === query.get('node'));
    const offset = Number(query.get('offset') ?? 0);
    return { ...rest, matched: found.length, sessions: found.slice(offset, offset + Number(query.get('limit') ?? 100)) };
  }

  #json(response, status, value) {
    response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    response.end(JSON.stringify(value));
  }

  #file(response, pathname) {
    const name = pathname === '/' ? 'index.html' : normalize(pathname).slice(1);
    try {
      const bytes = readFileSync(new URL(name, FILES));
      response.writeHead(200, { 'Content-Type': TYPES[extname(name)], 'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff' });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }
}
