// Stands in for the router where the page is opened with ?fixture=URL: everything comes from one file, once.
import { ApiError } from './api.js';

const NOBODY = { user: null, csrf: null, can_act: false, login_to_read: false, patroni: false };

export class FixtureApi {
  #file;
  constructor(file) {
    this.#file = file;
  }

  get(path) {
    if (path === 'charts') return Promise.resolve(this.#file.charts);
    return Promise.reject(new ApiError(404, `The fixture has no ${path}.`));
  }
  me() {
    return Promise.resolve(this.#file.me ?? NOBODY);
  }
  signIn() {
    return Promise.reject(new ApiError(403, 'This is a fixture: nobody can sign in.'));
  }
  signOut() {
    return Promise.resolve(NOBODY);
  }
  act() {
    return Promise.reject(new ApiError(403, 'This is a fixture: nothing can be changed.'));
  }

  // The router does this itself; here just enough of it for the table to work.
  async sessions({ search = '', listener = '', node = '', sort = 'began', order = 'asc', limit = 100, offset = 0 }) {
    const all = this.#file.sessions;
    const column = { began: 'began_at', wait: 'wait_ms' }[sort] ?? sort;
    const sign = order === 'desc' ? -1 : 1;
    const found = all.sessions
      .filter((session) => (!listener || session.listener === listener) && (!node || session.node === node))
      .filter((session) => JSON.stringify(Object.values(session)).toLowerCase().includes(search.toLowerCase()))
      .sort((a, b) => sign * compare(a[column], b[column]));
    return { ...all, matched: found.length, sessions: found.slice(offset, offset + limit) };
  }
}

function compare(a, b) {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a ?? '').localeCompare(String(b ?? ''));
}

// Plays the part of Link.
export class FixtureLink {
  constructor(file, handlers) {
    this.handlers = handlers;
    this.file = file;
  }
  start() {
    this.handlers.onState(this.file.state);
    this.handlers.onCharts(this.file.charts);
    this.handlers.onMode('fixture');
  }
}
