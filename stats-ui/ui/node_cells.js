// What stands in each cell of a node's row: a first line that is read at a glance, a second one, muted, for those who look
// closer.
import * as clock from './clock.js';
import { el } from './dom.js';
import { ago, bytes, clock as clockTime, count, perSecond, plural, serverVersion, span, took } from './format.js';
import { mark, shapeOf, tag } from './marks.js';

const main = (...children) => el('span', { class: 'main' }, ...children);
const sub = (...children) => el('span', { class: 'sub' }, ...children.filter((child) => child !== ''));

export const COLUMNS = [
  { label: 'Node', cell: nameCell },
  { label: 'State', cell: stateCell },
  { label: 'Timeline', cell: timelineCell, number: true },
  { label: 'Lag', cell: lagCell, number: true },
  { label: 'Address', cell: addressCell },
  { label: 'Check', cell: checkCell },
];

function nameCell(node) {
  const known = [
    node.configured_name === node.name ? '' : `as ${node.configured_name}`,
    node.server_version ? `PostgreSQL ${serverVersion(node.server_version)}` : '',
  ].filter(Boolean).join(' \u00b7 ');
  const patroni = node.patroni_version ? `, Patroni ${node.patroni_version}` : '';
  return [main(mark(node.health), el('strong', {}, node.name)), sub(el('span', { title: `${node.api}${patroni}` }, known || node.api))];
}

// A standby leader may well live from an archive; a replica that does serves old rows.
function hasLostStream(node) {
  return node.role !== 'standby leader' && (node.replication === 'not streaming' || node.replication === 'in archive recovery');
}

function stateCell(node) {
  const role = node.role === 'leader' ? tag('leader', 'leads') : el('span', {}, node.role);
  const how = hasLostStream(node) ? el('span', { class: 'warn' }, `, ${node.replication}`) : '';
  return [main(role), sub(node.state, how)];
}

function timelineCell(node) {
  return [main(node.timeline === null ? '\u2013' : count(node.timeline))];
}

function lagCell(node) {
  if (node.lag_bytes === null) return [main('\u2013')];
  const none = node.lag_bytes === 0;
  return [main(none ? 'none' : bytes(node.lag_bytes)), sub(none || node.lag_ms === null ? '' : took(node.lag_ms))];
}

function addressCell(node) {
  if (node.address === null) return [main('none known')];
  const since = node.address_since_at === null ? null : clock.now() - node.address_since_at;
  if (!node.address_before) return [main(node.address), sub(since === null ? '' : `for ${span(since)}`)];
  const when = clockTime(node.address_since_at, clock.now());
  return [main(node.address), sub(el('span', { title: `since ${when}` }, `${ago(since)}: ${node.address_before}`))];
}

function checkCell(node) {
  const { check } = node;
  const code = check.code === null ? '' : ` ${check.code}`;
  const words = `GET ${check.asked}: ${check.words}`;
  const heard = check.at === null ? 'not asked yet' : ago(clock.now() - check.at);
  const lost = check.silences > 0 ? `${check.silences} of ${check.fall} lost` : `${count(check.failures)} lost in all`;
  return [
    main(el('span', { title: words }, `${check.status}${code}`), check.at === null ? '' : ` in ${took(check.took_ms)}`),
    sub(el('span', { title: `${count(check.failures)} of ${plural(check.checks, 'check')} brought nothing` }, `${heard} \u00b7 ${lost}`)),
  ];
}

// One listener on this node.
export function routeCell(route) {
  if (!route) return [main('\u2013')];
  const why = routeWords(route);
  const most = `of at most ${count(route.sessions_max)}`;
  const idle = route.sessions === 0 && route.up_bytes + route.down_bytes === 0;
  const errors = route.connect_errors + route.response_errors;
  return [
    main(idle && why.words ? null : el('b', {}, `${count(route.sessions)} `), el('span', { class: why.kind, title: route.why_not || null }, why.words || most)),
    sub(idle ? null : `${perSecond(route.rate)}/s \u00b7 \u2191${bytes(route.up_bytes)} \u2193${bytes(route.down_bytes)}`,
      errors ? el('span', { class: 'warn' }, `${idle ? '' : ' \u00b7 '}${plural(errors, 'error')}`) : null),
  ];
}

// Why the listener sends nobody there. A replica that a write listener does not use is how it should be: muted, no mark.
function routeWords(route) {
  if (route.eligible) return { words: '', kind: 'muted' };
  if (route.drains || route.admin !== 'ready') return { words: `\u25b2 ${route.why_not}`, kind: 'warn' };
  return { words: `\u2013 ${route.why_not}`, kind: 'muted' };
}

// The line below a node that wants a look: why, in words. Empty for one that is well.
export function noteOf(node, disagreements) {
  const notes = disagreements.filter((it) => it.node === node.name).map((it) => el('span', { class: 'bad' }, `\u2715 ${it.words}`));
  if (node.health === 'bad' && notes.length === 0) notes.push(el('span', { class: 'bad' }, `\u2715 ${node.reason}`));
  if (node.admin !== 'ready') {
    const since = node.admin_since_at === null ? '' : `, ${ago(clock.now() - node.admin_since_at)}`;
    const what = node.admin === 'drain' ? 'drained' : 'in maintenance';
    notes.push(el('span', { class: 'warn' }, `\u25b2 ${what}${node.admin_by ? ` by ${node.admin_by}` : ' by hand'}${since}`));
  }
  if (hasLostStream(node)) notes.push(el('span', { class: 'warn' }, '\u25b2 does not stream from the leader: its rows grow old'));
  if (node.pending_restart) notes.push(el('span', { class: 'warn' }, '\u25b2 waits for a restart to take settings over'));
  if (node.leaving) notes.push(el('span', { class: 'warn' }, '\u25b2 taken out of the configuration, its last sessions run on'));
  if (node.address_by_hand) notes.push(el('span', { class: 'warn' }, '\u25b2 its address was set by hand'));
  if (notes.length === 0 && node.health !== 'ok') notes.push(el('span', { class: node.health }, `${shapeOf(node.health)} ${node.reason}`));
  return notes;
}
