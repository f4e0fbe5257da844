import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endSession, nodeActions, switchover } from '../../../stats-ui/ui/action_list.js';

const LEADER = { name: 'pg1', configured_name: 'first', role: 'leader' };
const REPLICA = { name: 'pg2', configured_name: 'a/b c', role: 'replica' };
const keys = (node, listener, canAskPatroni) => nodeActions(node, listener, { canAskPatroni }).map(({ key }) => key).join(' ');

test('what Patroni has to do is offered only where it can be asked, and for the node as a whole', () => {
  assert.equal(keys(REPLICA, '', true), 'drain maintenance ready end switchover restart reinitialize');
  assert.equal(keys(REPLICA, '', false), 'drain maintenance ready end');
  assert.equal(keys(REPLICA, 'read', true), 'drain maintenance ready end');
});

test('the leader is neither made leader nor built anew', () => {
  assert.equal(keys(LEADER, '', true), 'drain maintenance ready end restart');
});

test('names go into the path encoded', () => {
  const [drain, , , end] = nodeActions(REPLICA, 'r&d', { canAskPatroni: false });
  assert.deepEqual(drain.request, { method: 'PUT', path: 'nodes/a%2Fb%20c/state', body: { state: 'drain', listener: 'r&d' } });
  assert.equal(end.request.path, 'nodes/a%2Fb%20c/sessions?listener=r%26d');
  assert.equal(endSession({ id: '0.17', client: 'c', user: null, node: null }).request.path, 'sessions/0.17');
});

test('every question ends with a question mark and every effect is a sentence', () => {
  const all = [...nodeActions(REPLICA, '', { canAskPatroni: true }), switchover(''), switchover('pg2'), endSession({ id: '1', client: 'c', user: 'u', node: 'pg1' })];
  for (const { question, effect, label } of all) {
    assert.match(question, /\?$/);
    assert.match(effect, /^[A-Z].*\.$/);
    assert.ok(label);
  }
});
