// The sessions: a table that is searched and sorted by the router, read again every 5 s while it is in sight.
import { el, keyed, setAttribute, setChildren, setHidden, setText } from './dom.js';
import { bytes, count, span, took } from './format.js';
import { COLUMNS, PAGE, START, direction, parameters, sortedBy } from './session_query.js';

const REFRESH_MS = 5000;
const TYPING_MS = 250;

export class Sessions {
  #api;
  #actions;
  #query = { ...START };
  #answer = null;
  #visible = false;
  #linked = false;
  #asked = 0;
  #typing = null;
  #summary = el('p', { class: 'muted', role: 'status' });
  #search = el('input', { type: 'search', placeholder: 'Search client, user, database, pid\u2026', 'aria-label': 'Search sessions' });
  #listener = el('select', { 'aria-label': 'Listener' });
  #node = el('select', { 'aria-label': 'Node' });
  #endAll = el('button', { type: 'button', class: 'danger' });
  #head = el('tr');
  #table = el('table', { class: 'sessions' }, el('thead', {}, this.#head));
  #earlier = el('button', { type: 'button' }, '\u2190 Earlier');
  #later = el('button', { type: 'button' }, 'Further \u2192');
  #pager = el('p', { class: 'pager' }, this.#earlier, this.#later);
  #problem = el('p', { class: 'warn', role: 'alert', hidden: true });

  constructor(root, api, actions) {
    this.#api = api;
    this.#actions = actions;
    root.querySelector('.section-head').append(this.#summary,
      el('div', { class: 'tools' }, this.#search, this.#listener, this.#node, this.#endAll));
    root.append(this.#problem, el('div', { class: 'wide', tabindex: '-1' }, this.#table), this.#pager);
    this.#search.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#ask({ search: this.#search.value, offset: 0 }), TYPING_MS);
    });
    this.#listener.addEventListener('change', () => this.#ask({ listener: this.#listener.value, offset: 0 }));
    this.#node.addEventListener('change', () => this.#ask({ node: this.#node.value, offset: 0 }));
    this.#earlier.addEventListener('click', () => this.#ask({ offset: Math.max(0, this.#query.offset - PAGE) }));
    this.#later.addEventListener('click', () => this.#ask({ offset: this.#query.offset + PAGE }));
    this.#endAll.addEventListener('click', () => this.#actions.endAll(this.#query.node, this.#query.listener));
    this.#drawHead();
    this.draw();
    new IntersectionObserver((entries) => {
      this.#visible = entries.at(-1).isIntersecting;
      if (this.#visible && this.#linked) this.refresh();
    }, { rootMargin: '200px' }).observe(root);
    setInterval(() => this.#visible && this.#linked && !document.hidden && this.refresh(), REFRESH_MS);
  }

  // The names to choose from.
  show({ nodes, listeners }) {
    options(this.#listener, 'all listeners', listeners.map(({ name }) => name), this.#query.listener);
    options(this.#node, 'all nodes', [...new Set(nodes.map(({ name }) => name))], this.#query.node);
  }

  setLink(mode) {
    const linked = ['live', 'polling', 'fixture'].includes(mode);
    if (linked && !this.#linked) this.refresh();
    this.#linked = linked;
  }

  refresh() {
    return this.#ask({});
  }

  async #ask(change) {
    this.#query = { ...this.#query, ...change };
    this.#drawHead();
    const number = (this.#asked += 1);
    try {
      const answer = await this.#api.sessions(parameters(this.#query));
      if (number !== this.#asked) return; // a newer question is on its way
      this.#answer = answer;
      setHidden(this.#problem, true);
    } catch (error) {
      if (number !== this.#asked) return;
      setText(this.#problem, error.message);
      setHidden(this.#problem, false);
    }
    this.draw();
  }

  draw() {
    const { node, listener, offset } = this.#query;
    setHidden(this.#endAll, !this.#actions.allowed || node === '');
    setText(this.#endAll, `End all on ${node}${listener ? `, ${listener}` : ''}\u2026`);
    this.#drawHead();
    const answer = this.#answer;
    setHidden(this.#pager, !answer || (offset === 0 && answer.matched <= PAGE));
    if (!answer) return;
    this.#earlier.disabled = offset === 0;
    this.#later.disabled = offset + PAGE >= answer.matched;
    setText(this.#summary, summary(answer, offset));
    keyed(this.#table, answer.sessions, ({ id }) => id, () => makeSession(this.#actions));
  }

  #drawHead() {
    const cells = COLUMNS.map((column) => {
      const way = direction(this.#query, column);
      const arrow = { ascending: ' \u2191', descending: ' \u2193', none: '' }[way];
      const button = el('button', { type: 'button', class: 'sort', data: { sort: column.sort } }, column.label, el('span', { 'aria-hidden': 'true' }, arrow));
      button.addEventListener('click', () => this.#sort(column));
      return el('th', { scope: 'col', 'aria-sort': way, class: column.number ? 'num' : null }, button);
    });
    if (this.#actions.allowed) cells.push(el('th', { scope: 'col' }, el('span', { class: 'unseen' }, 'Actions')));
    const focused = this.#head.contains(document.activeElement) ? document.activeElement.dataset.sort : null;
    setChildren(this.#head, cells);
    if (focused) this.#head.querySelector(`[data-sort="${focused}"]`)?.focus();
  }

  #sort(column) {
    this.#ask(sortedBy(this.#query, column));
  }
}

function options(select, all, names, chosen) {
  // A node that has gone stays to be chosen as long as it is.
  const values = chosen && !names.includes(chosen) ? [...names, chosen] : names;
  setChildren(select, [el('option', { value: '' }, all), ...values.map((name) => el('option', { value: name }, name))]);
  if (select.value !== chosen) select.value = chosen;
}

function summary({ total, matched, truncated, sessions }, offset) {
  const shown = sessions.length < matched ? `${count(offset + 1)} to ${count(offset + sessions.length)} of ` : '';
  const of = matched === total ? `${count(total)}` : `${count(matched)} that match, of ${count(total)}`;
  return `${shown}${of}${truncated ? ' (there are more than could be gathered)' : ''}`;
}

const CELLS = {
  age_ms: (session) => span(session.age_ms),
  wait_ms: (session) => took(session.wait_ms),
  up_bytes: (session) => bytes(session.up_bytes),
  down_bytes: (session) => bytes(session.down_bytes),
  backend_pid: (session) => (session.backend_pid === null ? '\u2013' : String(session.backend_pid)),
};

function makeSession(actions) {
  const row = el('tr');
  let current = null;
  const button = el('button', { type: 'button', class: 'quiet', onclick: () => actions.endSession(current) }, 'End\u2026');
  const act = el('td', { class: 'act' }, button);
  return {
    root: el('tbody', {}, row),
    update(session) {
      current = session;
      setAttribute(button, 'aria-label', `End the session of ${session.client}`);
      const cells = COLUMNS.map(({ key, label, number }) => el('td', {
        class: number ? 'num' : null, data: { label }, title: key === 'node' ? session.server : null,
      }, CELLS[key] ? CELLS[key](session) : session[key] ?? '\u2013'));
      setChildren(row, [...cells, ...(actions.allowed ? [act] : [])]);
    },
  };
}
