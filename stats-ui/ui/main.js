// Puts the parts together: the link brings the state, each part shows its section of it.
import { Api } from './api.js';
import * as clock from './clock.js';
import { byId } from './dom.js';
import { FixtureApi, FixtureLink } from './fixture.js';
import { Link } from './link.js';
import { merge } from './state.js';
import { Actions } from './actions.js';
import { showAlerts } from './alerts.js';
import { Config } from './config.js';
import { Failovers } from './failovers.js';
import { History } from './history.js';
import { Leader } from './leader.js';
import { Listeners } from './listeners.js';
import { Masthead } from './masthead.js';
import { Nodes } from './nodes.js';
import { Sessions } from './sessions.js';
import { SignIn } from './sign_in.js';

let state = null;
let mode = 'connecting';

const fixture = new URLSearchParams(location.search).get('fixture');
const file = fixture ? await (await fetch(fixture)).json() : null;
const api = file ? new FixtureApi(file) : new Api();

const signIn = new SignIn(api, { onChange: (me) => whoChanged(me), onReadable: () => link.mode === 'login' && link.retry() });
const actions = new Actions(api, { afterwards: () => sessions.refresh(), onSignedOut: () => signIn.refresh() });
const masthead = new Masthead();
const leader = new Leader(byId('leader'), actions);
const nodes = new Nodes(byId('nodes'), actions);
const listeners = new Listeners(byId('listeners'));
const failovers = new Failovers(byId('failovers'));
const history = new History(byId('history'));
const sessions = new Sessions(byId('sessions'), api, actions);
const config = new Config(byId('config'));

// Who shows which sections of the state.
const readers = [
  { needs: ['router', 'cluster', 'leader', 'nodes', 'disagreements', 'config'], show: () => masthead.show(state, mode) },
  { needs: ['leader', 'cluster', 'nodes', 'listeners'], show: () => leader.show(state) },
  { needs: ['disagreements', 'config', 'nodes', 'listeners', 'router'], show: () => showAlerts(byId('alerts'), state) },
  { needs: ['nodes', 'listeners', 'disagreements'], show: () => nodes.show(state) },
  { needs: ['listeners', 'nodes', 'failovers'], show: () => listeners.show(state) },
  { needs: ['failovers'], show: () => failovers.show(state) },
  { needs: ['history'], show: () => history.show(state) },
  { needs: ['nodes', 'listeners'], show: () => sessions.show(state) },
  { needs: ['config', 'router', 'cluster'], show: () => config.show(state) },
];

const handlers = {
  onState(update) {
    clock.heard(update.now_at);
    const merged = merge(state, update);
    state = merged.state;
    actions.state = state;
    for (const { needs, show } of readers) {
      if (!needs.some((section) => merged.changed.includes(section))) continue;
      try {
        show();
      } catch (error) {
        console.error(error); // one part that fails takes no other along
      }
    }
    document.body.dataset.picture = 'shown';
  },
  onBeat: (nowAt) => clock.heard(nowAt),
  onCharts: (charts) => listeners.showCharts(charts),
  onMode(next) {
    mode = next;
    if (mode === 'lost' || mode === 'fixture') clock.stop();
    document.body.dataset.link = mode;
    masthead.show(state, mode);
    sessions.setLink(mode);
    if (mode === 'login') signIn.ask('This router shows itself only to people it knows.');
    if (mode === 'live' || mode === 'polling') signIn.refresh();
  },
};
const link = file ? new FixtureLink(file, handlers) : new Link(api, handlers);

function whoChanged(me) {
  actions.me = me;
  document.body.dataset.actor = actions.allowed ? 'yes' : 'no';
  if (state === null) return;
  leader.show(state);
  nodes.show(state);
  sessions.draw();
}

clock.everySecond(() => {
  masthead.show(state, mode);
  if (state === null || mode === 'lost' || mode === 'fixture') return;
  leader.show(state);
  nodes.tick(state);
  failovers.tick(state);
  config.show(state);
});
addEventListener('online', () => link.retry?.());

link.start();
await signIn.refresh();
