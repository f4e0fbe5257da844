#!/usr/bin/python3
"""make bench: the router against HAProxy and a direct connection, and the agent against Patroni, in turn in one run,
medians of several rounds.

    bench.py [--quick] [--rows pgbench:64,bulk] [--rounds N] [--variant NAME=YAML ...] [--write]

A full run writes its tables to docs/benchmarks.md; one that is quick or of some rows only prints them (unless --write:
the tables of the statistics port, row stats, and those of the agent, row agent, have places of their own there; all others
stand together). A row is a name (pgbench, connect, latency, bulk, idle, rest, stats, agent) or a name with its case
(pgbench:64, stats:csv, agent:memory).
Targets are measured in turn within a round, each round beginning with another, so that what else the machine does
hits all alike.
"""
import argparse
import json
import sys
import time
from typing import Any, Callable, Protocol, Sequence, TypeVar

import agent_rows
import rows
import stats_rows
from report import agents_report, report, statistics_report
from tables import machine, write_page
from targets import ROOT, Cluster, Proxy, Target, direct, haproxies, routers

Results = dict[str, dict[str, list[rows.Result]]]  # row -> target -> one result a round

ALL_ROWS = ("pgbench", "connect", "latency", "bulk", "idle", "rest", "stats", "agent")


class Named(Protocol):
    @property
    def name(self) -> str: ...


Measured = TypeVar("Measured", bound=Named)


class Bench:
    def __init__(self, options: argparse.Namespace) -> None:
        self.quick: bool = options.quick
        self.rounds: int = options.rounds or (1 if self.quick else 5)
        self.wanted: list[str] = options.rows.split(",") if options.rows else list(ALL_ROWS)
        self.routers = routers(options.variant)
        self.results: Results = {}

    def wants(self, row: str) -> bool:
        return row in self.wanted or row.split(":")[0] in self.wanted

    def measure(self, row: str, proxies: Sequence[Measured], measure: Callable[[Measured], rows.Result],
                rounds: int = 0) -> None:
        """One row: every round measures every proxy once."""
        if not self.wants(row):
            return
        found = self.results.setdefault(row, {})
        rounds = rounds or self.rounds
        for turn in range(rounds):
            first = turn % len(proxies)
            for proxy in [*proxies[first:], *proxies[:first]]:
                result = measure(proxy)
                found.setdefault(proxy.name, []).append(result)
                self.say(f"{row} round {turn + 1}/{rounds} {proxy.name}: "
                         + ", ".join(f"{name} {value:.1f}" for name, value in result.items()))

    @staticmethod
    def say(text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    def start(self, cluster: Cluster, targets: Sequence[Target]) -> list[Proxy]:
        proxies = []
        for target in targets:
            proxy = target.make(cluster)
            proxy.name = target.name
            proxies.append(cluster.add(proxy))
        return proxies

    # --- the three set-ups

    def real_servers(self) -> None:
        """Against PostgreSQL: throughput, connections, latency, COPY; and the proxies at rest."""
        if not any(self.wants(row) for row in self.row_names("pgbench", "connect", "latency", "bulk:copy-out",
                                                             "bulk:copy-in", "rest", "stats:effect")):
            return
        self.say("starting etcd and three nodes")
        with Cluster(max_connections=300, shared_buffers="256MB", authentication="trust") as cluster:
            proxies = self.start(cluster, [direct(), *haproxies(), *self.routers])
            for proxy in proxies:
                proxy.wait_ready()
            self.measure("rest", [proxy for proxy in proxies if proxy.server],
                         lambda proxy: rows.rest(proxy, 3 if self.quick else 20))
            self.prepare(cluster, proxies[0])
            seconds = 2 if self.quick else 5
            for clients in (1, 8, 64, 256):
                # Many clients take a while to connect, and pgbench counts that into the duration.
                self.measure(f"pgbench:{clients}", proxies,
                             lambda proxy: rows.pgbench(proxy, clients, seconds + clients // 64))
            self.measure("connect", proxies, lambda proxy: rows.connect(proxy, 8, seconds))
            for clients in (1, 8):
                self.measure(f"latency:{clients}", proxies, lambda proxy: rows.latency(proxy, clients, seconds))
            mebibytes = 100 if self.quick else 500
            if self.wants("bulk:copy-out") or self.wants("bulk:copy-in"):
                with_splice = proxies + self.start(cluster, haproxies(splice=True)[2:])
                for proxy in with_splice:
                    proxy.wait_ready()
                self.measure("bulk:copy-out", with_splice, lambda proxy: rows.copy_out(proxy, mebibytes))
                self.measure("bulk:copy-in", with_splice, lambda proxy: rows.copy_in(proxy, mebibytes))
            if self.wants("stats:effect") and self.routers:
                router = next(proxy for proxy in proxies if proxy.name == self.routers[0].name)
                # Two per cent are to be seen: many short rounds, so that what else happens hits all alike.
                self.measure("stats:effect", stats_rows.arms(cluster, router),
                             lambda arm: stats_rows.effect(router, arm, 2 if self.quick else 3),
                             rounds=3 if self.quick else 8 * self.rounds)

    def prepare(self, cluster: Cluster, plain: Proxy) -> None:
        self.say("filling the tables")
        rows._run(plain, [f"{rows.POSTGRES_BIN}/pgbench", "-q", "-i", "-s", "10"])
        cluster.sql("CREATE TABLE bench_sink (line text); GRANT ALL ON bench_sink TO app;"
                    "CREATE FUNCTION bench_drop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
                    "CREATE TRIGGER bench_drop BEFORE INSERT ON bench_sink FOR EACH ROW EXECUTE FUNCTION bench_drop();"
                    "CHECKPOINT")
        time.sleep(1)

    def raw_bytes(self) -> None:
        """Against fake_node.py: what the proxies can move when the server costs nothing."""
        if not (self.wants("bulk:raw-out") or self.wants("bulk:raw-in")):
            return
        cluster = Cluster(nodes=1)
        try:
            fake = cluster.add(rows.FakeNode(cluster))
            plain = Target("direct", "direct", lambda _: _direct_to(fake))
            proxies = self.start(cluster, [plain, *haproxies(splice=True), *self.routers])
            for proxy in proxies:
                rows.wait_ready_for_fake(proxy)
            mebibytes = 500 if self.quick else 3000
            self.measure("bulk:raw-out", proxies, lambda proxy: rows.raw_out(proxy, mebibytes))
            self.measure("bulk:raw-in", proxies, lambda proxy: rows.raw_in(proxy, mebibytes))
        finally:
            cluster.close()

    def statistics(self) -> None:
        """The statistics ports, in front of three nodes that only answer checks."""
        pages = [(f"stats:{page}{'' if keep_alive else '-close'}", page, keep_alive)
                 for keep_alive in (True, False) for page in stats_rows.PAGES]
        if not any(self.wants(row) for row in ("stats:paced", *(row for row, _, _ in pages))):
            return
        cluster = Cluster(nodes=3)
        try:
            for index in range(3):
                cluster.add(rows.FakeNode(cluster, index))
            proxies = self.start(cluster, [*haproxies(), *self.routers])
            for proxy in proxies:
                rows.wait_ready_for_fake(proxy)
            for row, page, keep_alive in pages:
                self.measure(row, proxies, lambda proxy: stats_rows.requests(
                    proxy, page, 1 if self.quick else 3, keep_alive=keep_alive))
            self.measure("stats:paced", proxies, lambda proxy: stats_rows.paced(proxy, 1 if self.quick else 5))
        finally:
            cluster.close()

    def idle_sessions(self) -> None:
        """A fresh proxy for each measurement: memory that was once used is kept, and would hide what a session needs."""
        sessions = 500 if self.quick else 4000
        for target in [*haproxies(), *self.routers]:
            if not self.wants("idle"):
                return
            for turn in range(min(3, self.rounds)):
                cluster = Cluster(nodes=1)
                try:
                    cluster.add(rows.FakeNode(cluster))
                    proxy = self.start(cluster, [target])[0]
                    rows.wait_ready_for_fake(proxy)
                    result = rows.idle(proxy, sessions)
                finally:
                    cluster.close()
                self.results.setdefault("idle", {}).setdefault(target.name, []).append(result)
                self.say(f"idle round {turn + 1} {target.name}: "
                         + ", ".join(f"{name} {value:.1f}" for name, value in result.items()))

    def agents(self) -> None:
        """Two clusters that run side by side: one of agents, one of Patroni."""
        if not any(self.wants(row) for row in ("agent:memory", "agent:start", "agent:primary", "agent:primary-close")):
            return
        self.say("starting three nodes of the agent, and three of Patroni")
        ours = Cluster(agent="tamada")
        agent_rows.own_programs(ours, ROOT / "build/bench-agents")
        with ours, Cluster() as theirs:
            keepers = [agent_rows.Keeper(agent_rows.AGENT, ours), agent_rows.Keeper(agent_rows.PATRONI, theirs)]
            if self.wants("agent:memory"):
                time.sleep(5 if self.quick else 60)  # until what the start needed has gone
            self.measure("agent:memory", keepers, lambda keeper: agent_rows.memory(keeper, 1 if self.quick else 10))
            for row, keep_alive in (("agent:primary", True), ("agent:primary-close", False)):
                self.measure(row, keepers, lambda keeper: agent_rows.requests(
                    keeper, "/primary", 1 if self.quick else 5, keep_alive=keep_alive))
            self.measure("agent:start", keepers, agent_rows.start)

    @staticmethod
    def row_names(*names: str) -> list[str]:
        found: list[str] = []
        for name in names:
            found += {"pgbench": [f"pgbench:{count}" for count in (1, 8, 64, 256)],
                      "latency": ["latency:1", "latency:8"]}.get(name, [name])
        return found


def _direct_to(fake: rows.FakeNode) -> Proxy:
    from cluster import Direct
    return Direct(fake.node.postgres, fake.node.postgres)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it works, measures little")
    parser.add_argument("--rows", default="", help="for example pgbench:64,bulk")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--variant", action="append", default=[], metavar="NAME=YAML",
                        help="one more router with these settings; `program:` in them names another build")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md whatever was measured")
    options = parser.parse_args()

    bench = Bench(options)
    started = time.monotonic()
    bench.real_servers()
    bench.raw_bytes()
    bench.statistics()
    bench.idle_sessions()
    bench.agents()
    if not bench.results:
        sys.exit(f"no such row: {options.rows}; there are {', '.join(ALL_ROWS)}")

    kept: dict[str, Any] = {"machine": machine(), "rounds": bench.rounds, "results": bench.results}
    raw = ROOT / "build/bench.json"
    raw.parent.mkdir(exist_ok=True)
    raw.write_text(json.dumps(kept, indent=1))
    texts = {"bench": report(bench.results), "stats": statistics_report(bench.results),
             "agent": agents_report(bench.results)}
    print(f"\n{machine()}\n" + "\n".join(texts.values()))
    print(f"every value: {raw.relative_to(ROOT)}; took {time.monotonic() - started:.0f} s")
    if options.write or not (bench.quick or options.rows):
        for mark, text in texts.items():
            if text:
                write_page(mark, f"{machine()}\nMedians of {bench.rounds} rounds.\n\n{text}")


if __name__ == "__main__":
    main()
