#!/usr/bin/python3
"""make bench-failover: how long writes stand still, and which errors clients see, for HAProxy and the router.

    failover.py [--quick] [--rows switchover,postmaster,node,address] [--rounds N] [--no-passwords] [--write]

Eight writers, four of which connect afresh for each row, against three nodes of stock Patroni (ttl 30, loop_wait 10).
Every round has a cluster of its own. A full run writes its table to docs/benchmarks.md.
"""
import argparse
import json
import sys
import time
from typing import Any, Callable, Sequence

from tables import machine, median, number, table, write_page
from targets import ROOT, Cluster, HAProxy, Proxy, Router, router_program, routers

from cluster import NO_PASSWORDS, Node, Workload, wait_until
from cluster.names import NEEDS, Names, possible
from cluster.process import now

Result = dict[str, float]
EVENTS = {
    "switchover": "planned switchover",
    "postmaster": "postmaster of the leader killed",
    "node": "leader's node lost (kill -9 of everything)",
    "address": "node back at another address",
}


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def event(cluster: Cluster, proxy: Proxy, act: Callable[[Node], float]) -> Result:
    """Lets the writers run, does `act` to the leader, waits until all write again. `act` gives the moment when the
    new leader took writes, as Patroni told it; 0 when that means nothing."""
    leader = cluster.wait_for_leader()
    with Workload(cluster, proxy) as load:
        time.sleep(2)
        promoted = act(leader)
        load.wait_for_writes(seconds=180)
        time.sleep(1)
    report = load.report()
    result = {
        "stretch": report.longest_stretch(),
        "new": float(len(report.errors_on_new_connections())),
        "session": float(report.most_errors_of_a_session()),
        "missing": float(len(load.missing(report))),
    }
    if promoted:
        after = [moment for moment in report.acknowledged.values() if moment > promoted]
        result["after_promotion"] = min(after, default=report.end) - promoted
    say(f"  {proxy.name}: {report.describe()}".splitlines()[0])
    return result


def switchover(cluster: Cluster, proxy: Proxy) -> Result:
    def act(_leader: Node) -> float:
        cluster.switchover()
        return 0
    return event(cluster, proxy, act)


def postmaster(cluster: Cluster, proxy: Proxy) -> Result:
    def act(leader: Node) -> float:
        leader.kill_postmaster()
        return 0
    return event(cluster, proxy, act)


def node(cluster: Cluster, proxy: Proxy) -> Result:
    def act(leader: Node) -> float:
        others = [other for other in cluster.nodes if other is not leader]
        leader.kill9()

        def promoted() -> float:
            """When one of the others' own logs says so would be finer; PostgreSQL is asked every 20 ms instead."""
            for other in others:
                if not cluster.sql("SELECT pg_is_in_recovery()", other)[0][0]:
                    return now()
            return 0
        return wait_until("a promotion", promoted, 120, pause=0.02)
    return event(cluster, proxy, act)


class Moved:
    """A replica that comes back at another address. Seconds from when its PostgreSQL and REST API work there (and the
    name says so) until a reader lands on it; -1 when that has not happened after 20 s: HAProxy needs a reload."""

    def __init__(self) -> None:
        self._names: Names | None = None

    def names(self, cluster: Cluster) -> Names:
        self._names = Names(cluster.network, cluster.folder)
        cluster.add(self._names)
        for each in cluster.nodes:
            self._names.set(f"{each.name}.test", each.address)
        return self._names

    def measure(self, cluster: Cluster, proxy: Proxy) -> Result:
        assert self._names
        moving = cluster.replicas()[0]
        address = cluster.network.address(100)
        self._names.remove(f"{moving.name}.test")
        moving.restart(address=address)
        self._names.set(f"{moving.name}.test", address)
        moving.wait_for_replica()
        started = now()

        def used() -> bool:
            return any(self._lands(proxy) == address for _ in range(2))
        try:
            wait_until("a reader at the new address", used, 20, pause=0.02)
            return {"used_after": now() - started}
        except Exception:  # noqa: BLE001 - the harness's Timeout, or an error of the driver: either way not used
            return {"used_after": -1.0}

    @staticmethod
    def _lands(proxy: Proxy) -> str:
        connection = proxy.connect(proxy.read, connect_timeout=5)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT host(inet_server_addr())")
                return str(cursor.fetchone()[0])
        finally:
            connection.close()


def run(options: argparse.Namespace) -> dict[str, dict[str, list[Result]]]:
    rounds = options.rounds or (1 if options.quick else 3)
    wanted = options.rows.split(",") if options.rows else list(EVENTS)
    unknown = [name for name in wanted if name not in EVENTS]
    if unknown:
        sys.exit(f"no such row: {unknown[0]}; there are {', '.join(EVENTS)}")
    proxies: Sequence[tuple[str, Callable[..., Proxy]]] = [("HAProxy", lambda cluster, **names: HAProxy(cluster, **names))]
    if router_program().exists():
        proxies = [*proxies, ("router", lambda cluster, **names: Router(cluster, **names)),
                   ("router, watching etcd", lambda cluster, **names: Router(cluster, etcd=True, **names))]
    else:
        routers([])  # says what is missing
    results: dict[str, dict[str, list[Result]]] = {}
    for turn in range(rounds):
        for name in wanted:
            for target, make in proxies:
                say(f"round {turn + 1}/{rounds}: {EVENTS[name]}, {target}")
                with Cluster(**(NO_PASSWORDS if options.no_passwords else {})) as cluster:
                    results.setdefault(name, {}).setdefault(target, []).append(one(name, cluster, make))
    return results


def one(name: str, cluster: Cluster, make: Callable[..., Any]) -> Result:
    if name == "address":
        if not possible():
            say(f"  left out: {NEEDS}")
            return {"used_after": float("nan")}
        moved = Moved()
        names = moved.names(cluster)
        proxy = cluster.add(make(cluster, names={each.name: f"{each.name}.test" for each in cluster.nodes},
                                 prefix=names.prefix()).start())
        proxy.wait_ready()
        return moved.measure(cluster, proxy)
    proxy = cluster.add(make(cluster).start())
    proxy.wait_ready()
    return {"switchover": switchover, "postmaster": postmaster, "node": node}[name](cluster, proxy)


def report(results: dict[str, dict[str, list[Result]]]) -> str:
    lines = []
    for name, found in results.items():
        for target, rounds in found.items():
            if name == "address":
                after = median(result["used_after"] for result in rounds)
                text = "never (until a reload)" if after < 0 else f"used again after {number(after)} s"
                lines.append([EVENTS[name], target, text, "", "", "", ""])
                continue

            def of(metric: str) -> str:
                return number(median(result[metric] for result in rounds))
            lines.append([EVENTS[name], target, f"{of('stretch')} s", of("new"), of("session"),
                          f"{of('after_promotion')} s" if "after_promotion" in rounds[0] else "", of("missing")])
    return table(["event", "through", "longest stretch without a write", "errors on new connections",
                  "errors for each open session, at most", "first write after the promotion",
                  "acknowledged rows missing (asynchronous)"], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--rows", default="", help=", ".join(EVENTS))
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md whatever was measured")
    parser.add_argument("--no-passwords", action="store_true",
                        help="trust instead of SCRAM: a client is then never half-way through logging in")
    options = parser.parse_args()
    results = run(options)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build/failover.json").write_text(json.dumps(results, indent=1))
    text = report(results)
    print(f"\n{machine()}\n{text}\nevery value: build/failover.json")
    if options.write or not (options.quick or options.rows):
        rounds = len(next(iter(next(iter(results.values())).values())))
        write_page("failover", f"{machine()}\nClients log in with {'no password (trust)' if options.no_passwords else 'SCRAM'}; medians of {rounds} rounds.\n\n{text}")


if __name__ == "__main__":
    main()
