// The listeners: what each holds now and at most, who waits and for how long, what went wrong, and 15 minutes of it.
import { Chart } from './chart.js';
import { el, keyed, setAttribute, setChildren } from './dom.js';
import { bytes, count, perSecond, plural, rate, took } from './format.js';
import { tag } from './marks.js';
import { began } from './waterfall.js';

const CHARTS = [
  { title: 'Sessions', series: [{ key: 'sessions', name: 'sessions', kind: 'sessions' }], words: count },
  { title: 'Waiting', series: [{ key: 'waiting', name: 'waiting', kind: 'waiting' }], words: count },
  { title: 'New/s', series: [{ key: 'new_per_s', name: 'new', kind: 'fresh' }], words: perSecond },
  {
    title: 'Bytes/s',
    series: [{ key: 'down_per_s', name: 'to clients', kind: 'down', sign: '\u2193' }, { key: 'up_per_s', name: 'to servers', kind: 'up', sign: '\u2191' }],
    words: bytes,
  },
];

export class Listeners {
  #holder = el('div', { class: 'listeners' });
  #charts = null;
  #marks = [];
  #parts = [];

  constructor(root) {
    root.append(this.#holder);
  }

  show({ listeners, nodes, failovers }) {
    this.#marks = failovers.map(began).filter((at) => at !== null);
    const items = listeners.map((listener) => ({ listener, errors: errorsOf(listener, nodes) }));
    this.#parts = keyed(this.#holder, items, ({ listener }) => String(listener.id), () => makeListener());
    this.#drawCharts();
  }

  showCharts(charts) {
    this.#charts = charts;
    this.#drawCharts();
  }

  #drawCharts() {
    if (!this.#charts) return;
    for (const part of this.#parts) part.showCharts(this.#charts, this.#marks);
  }
}

// Errors that clients did not cause: towards servers, on any node.
function errorsOf(listener, nodes) {
  return nodes.reduce((sum, node) => {
    const route = node.listeners[listener.name];
    return sum + (route ? route.connect_errors + route.response_errors : 0);
  }, 0);
}

function makeListener() {
  const name = el('h3');
  const about = el('p', { class: 'muted' });
  const now = el('dl', { class: 'figures' });
  const totals = el('dl', { class: 'totals' });
  const charts = CHARTS.map((spec) => new Chart(spec));
  const root = el('article', { class: 'card listener' },
    el('header', {}, name, about), now, el('div', { class: 'charts' }, charts.map((chart) => chart.root)), totals);
  let current = '';
  return {
    root,
    update({ listener, errors }) {
      current = listener.name;
      setAttribute(root, 'aria-label', `Listener ${listener.name}`);
      setChildren(name, [document.createTextNode(listener.name)]);
      setChildren(about, [document.createTextNode(aboutWords(listener))]);
      setChildren(now, figures(listener));
      setChildren(totals, totalsOf(listener, errors));
    },
    showCharts({ listeners, end_at, step_ms }, marks) {
      const data = { ...listeners[current], end_at, step_ms };
      charts.forEach((chart) => chart.show(data, marks));
    },
  };
}

function aboutWords(listener) {
  return `${listener.bind.join(', ')} to ${listener.to}, ${listener.balance}`;
}

function figure(label, value, extra, kind = '') {
  return el('div', { class: `figure ${kind}` }, el('dt', {}, label), el('dd', {}, el('b', {}, value), el('span', { class: 'muted' }, extra)));
}

function figures(listener) {
  const waiting = listener.held + listener.queued;
  const limit = listener.max_connections ? `, limit ${count(listener.max_connections)}` : '';
  const oldest = listener.oldest_wait_ms === null ? '' : `for ${took(listener.oldest_wait_ms)}, `;
  return [
    figure('Sessions', count(listener.sessions), `most ${count(listener.sessions_max)}${limit}`),
    figure('Waiting', count(waiting), `${oldest}longest ${took(listener.longest_wait_ms)}`, waiting > 0 ? 'warn' : ''),
    figure('New', `${perSecond(listener.rate)}/s`, `most ${perSecond(listener.rate_max)}/s`),
    figure('Bytes', `\u2193${rate(listener.down_rate)}`, `\u2191${rate(listener.up_rate)}`),
  ];
}

function totalsOf({ totals, waiting_max: most, why_none: whyNone }, errors) {
  const entry = (label, value, title, odd) => el('div', { title }, el('dt', {}, label), el('dd', { class: odd && value > 0 ? 'warn' : '' }, count(value)));
  const entries = [
    entry('accepted', totals.accepted, 'client connections that were accepted'),
    entry('had to wait', totals.had_to_wait, `clients that waited for a server; at most ${plural(most, 'client')} at a time`),
    entry('refused', totals.refused, 'clients that were told an error', true),
    entry('denied', totals.denied, 'clients that the address lists do not let in', true),
    entry('errors', errors, 'connections to servers that failed', true),
    entry('retried', totals.retried, 'tried again on the server side, unseen by the client'),
    entry('cut', totals.cut, 'sessions that the router closed: fail-overs, maintenance, by hand'),
    entry('bad starts', totals.bad_starts, 'first packets that are not PostgreSQL or not whole, answers that did not come', true),
    entry('address limit', totals.address_limited, 'clients refused because their address had as many connections as it may', true),
    entry('cancels', totals.cancels, 'cancel requests passed on'),
  ];
  return whyNone ? [el('div', { class: 'why-none', title: whyNone }, tag(`\u25b2 ${whyNone}`, 'warn')), ...entries] : entries;
}
