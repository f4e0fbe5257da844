"""The kind `lost`: every copy of the data is gone. Shows what happens by itself (nothing), and the way out.

Only where data live in the containers (STORAGE=none), and only when asked for with --destroy-all-copies.
"""
import random
import time

from . import swarm
from .chaos_cluster import Cluster, TooLong, take_all_away

# Patroni's loop_wait and retry_timeout: what it decides by time, it has decided after the lock's ttl and these.
LOOP_S = 20


def instructions(scope: str) -> str:
    """What a user must do who has lost every copy."""
    return f"""When every copy of the data is gone, nothing decides by itself what to do. etcd still holds the old
cluster's identifier (key initialize), so the empty nodes wait ("waiting for leader to bootstrap") instead of starting
an empty database. That is on purpose: a copy may exist that you know of and Patroni does not.
  1. Is there a copy after all: a machine that is off, a volume, a folder? Bring that node back first. It becomes the
     leader by itself, and the empty ones are cloned from it.
  2. Is there only a backup? Keep it at hand; it goes into the new, empty database of step 3.
  3. Only then forget the old cluster, in a container of any node:
       patronictl remove {scope}          (asks for the name, and for the sentence "Yes I am aware")
     One of the nodes then makes a new database, the others are cloned from it. The routers take the new cluster up by
     themselves once no node has shown the old one for a minute (checks.adopt_after).
  4. Restore the backup through the router's write port: pg_restore, or psql with the dump."""


def etcd_key(cluster: Cluster, name: str) -> str:
    """The value of one of Patroni's keys."""
    endpoints = ",".join(f"http://{member}:2379" for member in cluster.settings.etcd)
    return swarm.inside(cluster.settings, "etcdctl", "--endpoints", endpoints, "get", "--print-value-only",
                        f"/service/{cluster.settings['SCOPE']}/{name}").strip()


def lost(cluster: Cluster, title: str, chance: random.Random) -> None:
    identifier = etcd_key(cluster, "initialize")
    names = take_all_away(cluster, title)
    cluster.lost_at = time.time()
    chance.shuffle(names)
    returns = cluster.scale_back(title, names)
    cluster.wait("the empty nodes to answer", lambda: [
        f"{name} does not answer yet" for name in names if not cluster.nodes.latest(name).health])
    _show_waiting(cluster, names, identifier)
    cluster.progress.say(instructions(cluster.settings["SCOPE"]))
    _forget(cluster, title, names)
    try:
        cluster.wait("a new cluster in sync, and UP at every router", cluster.not_healthy)
        healthy = time.time()
        cluster.wait("rows to be acknowledged", lambda: cluster.writes_since(healthy))
    finally:
        cluster.fill(returns)
    cluster.progress.say(f"a new cluster runs: identifier {etcd_key(cluster, 'initialize')}, before {identifier}")


def _show_waiting(cluster: Cluster, names: list[str], identifier: str) -> None:
    """For as long as Patroni could decide something by time, nobody may start a database or forget the old one."""
    seconds = int(cluster.settings["TTL"]) + LOOP_S
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        started = [name for name in names if cluster.nodes.latest(name).health == 200]
        if started:
            raise TooLong(f"{started[0]} started a database though every copy was destroyed; expected it to wait")
        cluster.progress.update("now", round(seconds - left) // 10, seconds // 10, "empty nodes wait for a person")
        time.sleep(0.5)
    found = etcd_key(cluster, "initialize")
    if found != identifier:
        raise TooLong(f"etcd's key initialize: found {found!r}, expected {identifier!r}: somebody threw it away")
    for name in names:
        if "waiting for leader to bootstrap" not in cluster.log(name, "--tail", "20"):
            raise TooLong(f"{name}: its log does not say \"waiting for leader to bootstrap\"; look at docker service "
                          f"logs {cluster.settings.full(name)}")
    cluster.progress.say(f"{seconds} s later: no node has started a database, each waits for a leader to bootstrap, "
                         f"and etcd still holds the identifier {identifier}")


def _forget(cluster: Cluster, title: str, names: list[str]) -> None:
    """Step 3 of the instructions, as a person would do it."""
    containers = [container for name in names
                  for container in swarm.local_containers(cluster.settings.full(name))]
    if not containers:
        raise TooLong("no node runs on this machine, in whose container patronictl could be run; run chaos.sh on a "
                      "machine that has one")
    scope = cluster.settings["SCOPE"]
    cluster.event(f"{title}: patronictl remove {scope}")
    swarm.docker("exec", "-i", containers[0], "patronictl", "remove", scope,
                 stdin=f"{scope}\nYes I am aware\n".encode())
