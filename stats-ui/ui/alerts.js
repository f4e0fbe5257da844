// What wants a look, a line each, right below the leader: disagreements first, they are what is red.
import * as clock from './clock.js';
import { el, setChildren } from './dom.js';
import { ago } from './format.js';
import { mark } from './marks.js';
import { MANY } from './state.js';

const KINDS = {
  'two-claims': 'Two nodes claim to lead',
  'leader-key': 'The leader key contradicts',
  contradicted: 'The leader is contradicted',
  'other-system': 'Another database system',
  identity: 'The nodes are of different systems',
  veto: 'A claim is not believed',
};

export function showAlerts(list, state) {
  setChildren(list, [...disagreements(state), ...closedNodes(state), ...farNodes(state), ...configuration(state), ...listeners(state), ...router(state)]);
}

function alert(health, title, words, href) {
  return el('li', { class: `alert ${health}` }, mark(health), el('strong', {}, title), el('span', { title: words }, words),
    href ? el('a', { href }, 'show') : null);
}

function disagreements({ disagreements: all }) {
  return all.map(({ kind, node, words }) => {
    const what = KINDS[kind] ?? kind;
    return alert('bad', node && !words.includes(node) ? `${what} (${node})` : what, words);
  });
}

// Patroni answers and PostgreSQL takes no connections: the state alone looks well.
function closedNodes({ nodes }) {
  return nodes.filter((node) => node.no_connection)
    .map((node) => alert('bad', `${node.name} takes no connections`, node.no_connection.words, '#nodes'));
}

// Of a few nodes one sees how they are; among many, those that are in trouble would be far down.
function farNodes({ nodes, disagreements: told }) {
  const bad = nodes.length <= MANY ? [] : nodes.filter((node) => node.health === 'bad' && !node.no_connection && !told.some((it) => it.node === node.name));
  const shown = bad.slice(0, 3).map((node) => alert('bad', `${node.name} is ${node.state}`, node.reason, '#nodes'));
  return bad.length > 3 ? [...shown, alert('bad', `and ${bad.length - 3} nodes more`, '', '#nodes')] : shown;
}

function configuration({ config }) {
  if (config.errors.length === 0) return [];
  const more = config.errors.length > 1 ? ` (and ${config.errors.length - 1} more)` : '';
  const when = config.refused_at === null ? '' : ` ${ago(clock.now() - config.refused_at)}`;
  return [alert('warn', `The new configuration was refused${when}`, config.errors[0] + more, '#config')];
}

function listeners({ listeners: all }) {
  return all.flatMap((listener) => [
    listener.paused ? alert('bad', `${listener.name} accepts nobody`, 'the router has no file descriptors left') : null,
    !listener.paused && listener.why_none && listener.to !== 'leader'
      ? alert('warn', `${listener.name} has no node`, listener.why_none) : null,
    listener.configured ? null : alert('warn', `${listener.name} was taken out`, 'its last sessions run on'),
  ]).filter(Boolean);
}

function router({ router: it }) {
  if (it.stopping) return [alert('warn', 'The router is stopping', 'it lets sessions end and takes no new ones')];
  return it.listening ? [] : [alert('bad', 'The router does not listen', 'no client can connect')];
}
