"""Takes nodes away and brings them back while rows are written through the router, and judges what became of them.

Kinds of rounds:
  one   the leader goes and returns, then a replica
  two   the leader goes, then the one that took its place; both return
  all   all three go, one after another; writers wait at the router; all return
  lost  (STORAGE=none) all three go, and every copy of the data with them; needs --destroy-all-copies

Services are scaled to 0 and back to 1, nothing else is done: no signal is sent, no router is reloaded. Exit status:
0 if every promised row is there and every node is UP again at every router, else 1; 2 if it could not begin.
"""
import argparse
import json
import os
import random
import signal
import sys
import time
from contextlib import ExitStack
from typing import Any

from . import health, swarm
from .chaos_cluster import KINDS, Cluster, TooLong
from .chaos_lost import instructions, lost
from .events import Nodes, Pages
from .events_program import Program, ProgramError
from .progress import Progress
from .settings import Settings, SettingsError, load
from .verdict import compare, judge, stretches
from .verdict_print import event_table, return_table, row_lines, verdict_lines
from .writer_client import Client, password

SETTLE_S = 30  # for the watchers' first look at a cluster that is healthy already


class Refused(Exception):
    """The run cannot begin: why, and what to do."""


def addresses(text: str) -> list[tuple[str, int]]:
    result = []
    for part in text.split(","):
        host, colon, port = part.strip().rpartition(":")
        if not colon or not host or not port.isdecimal():
            raise argparse.ArgumentTypeError(f"found {part!r}, expected HOST:PORT[,HOST:PORT]")
        result.append((host.strip("[]"), int(port)))
    return result


def kinds(text: str) -> list[str]:
    found = text.split(",")
    for kind in found:
        if kind not in [*KINDS, "lost"]:
            raise argparse.ArgumentTypeError(f"found {kind!r}, expected some of one,two,all,lost")
    return found


def choose_kinds(asked: list[str] | None, storage: str, destroy: bool, scope: str) -> list[str]:
    """Where data die with their container, all three at 0 destroy them: only on demand."""
    if storage != "none":
        if asked and "lost" in asked:
            raise Refused(f"the kind lost: STORAGE is {storage}, so no copy is lost when nodes go; use --kinds all, or "
                          "deploy with STORAGE=none")
        return asked or list(KINDS)
    if asked is None:
        return ["one", "two"] + (["lost"] if destroy else [])
    if not destroy and ("all" in asked or "lost" in asked):
        raise Refused("with STORAGE=none all three nodes at 0 destroy every copy of the data: not done without "
                      f"--destroy-all-copies.\n\n{instructions(scope)}")
    return ["lost" if kind == "all" else kind for kind in asked]


class Run:
    def __init__(self, settings: Settings, arguments: argparse.Namespace) -> None:
        self.settings, self.arguments = settings, arguments
        self.kinds = choose_kinds(arguments.kinds, settings.storage, arguments.destroy_all_copies, settings["SCOPE"])
        self.seed = arguments.seed if arguments.seed is not None else random.randrange(1_000_000)
        self.routers = arguments.router or [("127.0.0.1", ports.write) for ports in settings.routers]
        self.stats = arguments.stats or [("127.0.0.1", ports.stats) for ports in settings.routers]
        self.failure = ""
        self.interrupted = False

    def run(self) -> bool:
        problems = health.problems(self.settings, health.look(self.settings))
        if problems:
            raise Refused("the cluster is not healthy, so nothing could be told from a run:\n"
                          + "\n".join(f"  - {problem}" for problem in problems)
                          + "\nRun docker/deploy.sh, which waits until it is; docker/status.sh shows more")
        with ExitStack() as stack:
            progress = stack.enter_context(Progress(["rounds", "now"]))
            nodes = Nodes(self.settings.nodes)
            watch = Program(self.settings, "chaos-watch", "events_watch.py", self.settings.network, {
                "nodes": self.settings.nodes, "port": 8091, "quick": 0.1, "slow": 0.5}, nodes.take)
            stack.callback(watch.end)
            pages = [Pages(f"{host}:{port}", host, port) for host, port in self.stats]
            for page in pages:
                stack.callback(page.end)
            cluster = Cluster(self.settings, nodes, pages, SETTLE_S, progress)
            cluster.synchronous = self.is_synchronous()
            secret = password(self.settings, self.arguments.password_file)
            writer = Client(self.settings, self.routers, secret, f"tamada_chaos_{int(time.time())}_{os.getpid()}")
            stack.callback(writer.end)
            self.begin(cluster, watch, writer)
            return self.judged(cluster, writer, self.before_and_after(cluster, writer))

    def is_synchronous(self) -> bool:
        """As the cluster has it now; the setting only counts when a cluster is made."""
        for node in self.settings.nodes:
            try:
                answer = swarm.inside(self.settings, "curl", "-sf", "-m", "3", f"http://{node}:8091/config")
                return bool(json.loads(answer).get("synchronous_mode"))
            except (swarm.DockerError, ValueError):
                continue
        raise Refused("no node answers GET /config, so it is unknown whether synchronous mode is on")

    def begin(self, cluster: Cluster, watch: Program, writer: Client) -> None:
        """The watchers and the writer must see a healthy cluster before anything is done to it."""
        def missing() -> list[str]:
            watch.check()
            return cluster.not_healthy()
        try:
            cluster.wait("a healthy cluster", missing)
            cluster.writer = writer
            cluster.wait("the writer's first row", lambda: cluster.writes_since(0))
        except TooLong as error:
            raise Refused(f"the cluster is not fit for a run: {error}. The writer's errors: "
                          f"{'; '.join(writer.log.errors) or 'none'}") from error
        cluster.timeout = self.arguments.timeout
        cluster.progress.say(f"synchronous mode is {'on' if cluster.synchronous else 'off'}, storage is "
                             f"{self.settings.storage}, seed {self.seed}; rows go to {writer.table}")

    def before_and_after(self, cluster: Cluster, writer: Client) -> list[str]:
        """Plays the rounds; returns in which way the routers are not what they were."""
        before = self.router_processes(cluster)
        try:
            self.rounds(cluster)
        except (TooLong, swarm.DockerError, ProgramError) as error:
            self.failure = str(error)
        except KeyboardInterrupt:
            self.failure = "interrupted"
            self.interrupted = True
        finally:
            cluster.restore()
        self.read_table(cluster, writer)
        after = self.router_processes(cluster)
        changed = [f"{name}: it was {before[name]}, now it is {after.get(name)}: it was started anew"
                   for name in before if after.get(name) != before[name]]
        self.process_lines = [f"{name}: {what}" for name, what in after.items()]
        return changed

    def rounds(self, cluster: Cluster) -> None:
        chance = random.Random(self.seed)
        total, done = self.arguments.rounds * len(self.kinds), 0
        for number in range(1, self.arguments.rounds + 1):
            for kind in self.kinds:
                title = f"round {number}, {kind}"
                cluster.progress.update("rounds", done, total, title)
                (lost if kind == "lost" else KINDS[kind])(cluster, title, chance)
                done += 1
        cluster.progress.update("rounds", done, total, "all played")

    def read_table(self, cluster: Cluster, writer: Client) -> None:
        """Ends the inserting and has the table read; failing that leaves `log.present` empty."""
        self.ended = time.time()
        if self.interrupted:
            cluster.progress.say("interrupted: all nodes are scaled to 1 again; comparing what was written. Ctrl-C "
                                 "once more leaves that out")
        try:
            writer.stop()
            cluster.writer = None
            cluster.wait("the table to be read", lambda: self.unread(writer))
        except (TooLong, ProgramError, KeyboardInterrupt) as error:
            self.failure = self.failure or str(error) or "interrupted"

    @staticmethod
    def unread(writer: Client) -> list[str]:
        writer.program.check()
        return [] if writer.log.present is not None else ["the writer has not told what the table holds"]

    def router_processes(self, cluster: Cluster) -> dict[str, str]:
        """Container, process and start of each router, and the swarm's task of each router service."""
        result = {page.name: page.latest().process or page.latest().error for page in cluster.pages}
        for ports in self.settings.routers:
            tasks = [task.id for task in swarm.tasks(self.settings.full(ports.service)) if task.wanted]
            result[f"tasks of {ports.service}"] = " ".join(sorted(tasks))
        return result

    def judged(self, cluster: Cluster, writer: Client, changed: list[str]) -> bool:
        log = writer.log
        rows = compare(log, cluster.lost_at) if log.present is not None else None
        verdict = judge(rows, cluster.returns, synchronous=cluster.synchronous, failure=self.failure,
                        routers_changed=changed)
        kept = rows is None or bool(rows.missing or rows.refused_present or rows.strangers)
        if not kept:
            writer.drop_table()
            cluster.wait("the table to be dropped", lambda: [] if writer.dropped else [f"{writer.table} is there"])
        gaps = stretches(log.times, cluster.events, self.ended)
        print(f"\n{event_table(cluster.events, gaps)}\n\n{return_table(cluster.returns)}\n")
        print("No signal was sent to any router, none was reloaded. They " + (
            "are NOT the processes that they were:" if changed else "are the processes that they were before:"))
        print("\n".join(f"  {line}" for line in self.process_lines) + "\n")
        if rows:
            print(row_lines(rows, log) + "\n")
        if kept:
            print(f"the table {writer.table} is kept")
        print(verdict_lines(verdict), flush=True)
        return verdict.passed


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="how often each kind is played (1)")
    parser.add_argument("--kinds", type=kinds, metavar="KIND,...",
                        help="one,two,all unless told otherwise; with STORAGE=none one,two")
    parser.add_argument("--stack", help="the stack's name; else STACK of docker/stack.env or the environment")
    parser.add_argument("--router", type=addresses, metavar="HOST:PORT,...",
                        help="write ports to write through (this machine's)")
    parser.add_argument("--stats", type=addresses, metavar="HOST:PORT,...",
                        help="statistics ports of the routers to watch (this machine's)")
    parser.add_argument("--timeout", type=float, default=300, metavar="SECONDS", help="for each step (300)")
    parser.add_argument("--seed", type=int, help="for what is left to chance; a run prints its own")
    parser.add_argument("--password-file", metavar="FILE",
                        help="the superuser's password, where no node runs on this machine that could tell it")
    parser.add_argument("--destroy-all-copies", action="store_true",
                        help="with STORAGE=none: play also what destroys every copy of the data")
    found = parser.parse_args(arguments)
    if found.rounds < 1:
        parser.error(f"--rounds: found {found.rounds}, expected 1 or more")
    return found


def interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def main() -> int:
    arguments = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, interrupt)
    try:
        settings = load(dict(os.environ) | ({"STACK": arguments.stack} if arguments.stack else {}))
        return 0 if Run(settings, arguments).run() else 1
    except (SettingsError, swarm.DockerError, ProgramError, Refused, OSError) as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nchaos: interrupted before anything was done to the cluster", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
