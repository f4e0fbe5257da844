"""Shows what a node's new address means to HAProxy and to the router, side by side in the running stack.

HAProxy from Debian, with the configuration of the stack that Tamada replaces, joins the stack's network. Then a
replica, and after it the leader, are scaled to 0 and come back at another address; both pages are watched until the
node is UP or the time to wait is over. HAProxy is removed in the end. Exit status: 0 if the router had each node UP
within the goal and HAProxy was slower or never had, 1 if not, 2 if it could not begin.
"""
import argparse
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass

from . import health, swarm
from .chaos import SETTLE_S, Refused, interrupt
from .chaos_cluster import LOOK_EVERY_S, Cluster, TooLong
from .compare_haproxy import HAProxy
from .events import Nodes, Pages, read_haproxy
from .events_program import Program, ProgramError
from .progress import Progress
from .settings import Settings, SettingsError, load
from .verdict_print import table

GOAL_S = 2.0
TRIES = 4  # at getting another address


@dataclass(frozen=True)
class Row:
    """How long a page took to have a returned node as UP, in seconds since it was in service."""
    node: str
    role: str
    addresses: str
    router: float | None
    haproxy: float | None
    haproxy_after_hup: float | None


def verdict(rows: list[Row], goal: float = GOAL_S) -> list[str]:
    """What keeps the comparison from having shown what it should; empty: nothing."""
    result = ["no node was compared"] if not rows else []
    for row in rows:
        if row.router is None or row.router > goal:
            took = "is still DOWN" if row.router is None else f"took {row.router:.1f} s"
            result.append(f"{row.node}: the router {took}; the goal is {goal:.0f} s")
        elif row.haproxy is not None and row.haproxy <= row.router:
            result.append(f"{row.node}: HAProxy had it UP as soon as the router: no difference was shown")
    return result


class Comparison:
    def __init__(self, settings: Settings, arguments: argparse.Namespace) -> None:
        self.settings, self.arguments = settings, arguments
        self.haproxy = HAProxy(settings, tuple(arguments.ports))

    def run(self) -> bool:
        problems = health.problems(self.settings, health.look(self.settings))
        if problems:
            raise Refused("the cluster is not healthy: " + "; ".join(problems) + ". docker/deploy.sh waits until it is")
        with ExitStack() as stack:
            self.progress = stack.enter_context(Progress(["nodes", "now"]))
            self.progress.say("building HAProxy's image")
            self.haproxy.build()
            stack.callback(self.haproxy.remove)
            self.haproxy.start()
            self.nodes = Nodes(self.settings.nodes)
            watch = Program(self.settings, "compare-watch", "events_watch.py", self.settings.network, {
                "nodes": self.settings.nodes, "port": 8091, "quick": 0.1, "slow": 0.5}, self.nodes.take)
            stack.callback(watch.end)
            self.router = Pages("router", "127.0.0.1", self.settings.routers[0].stats)
            stack.callback(self.router.end)
            self.page = Pages("HAProxy", "127.0.0.1", self.arguments.ports[2], read_haproxy)
            stack.callback(self.page.end)
            self.cluster = Cluster(self.settings, self.nodes, [self.router], SETTLE_S, self.progress)
            self.cluster.synchronous = False  # who waits for whom does not matter here
            stack.callback(self.cluster.restore)
            self.cluster.wait("both pages to have all nodes as UP", self.not_ready)
            self.cluster.timeout = self.arguments.timeout
            rows = []
            for number, role in enumerate(self.arguments.nodes, 1):
                rows.append(self.compare(role))
                self.progress.update("nodes", number, len(self.arguments.nodes), f"the {role} is compared")
            self.cluster.wait("the cluster to be in sync again", self.cluster.not_healthy)
            self.left = [self.left_up(page) for page in (self.router, self.page)]
        return self.tell(rows)

    def not_ready(self) -> list[str]:
        """Where HAProxy has looked up every name and found every node, too, both begin alike."""
        if self.page.latest().error:
            return [self.page.latest().error]
        return self.cluster.not_healthy() + [
            f"HAProxy does not have {name} as UP" for name in self.nodes.names if not self.page.up(name)]

    def compare(self, role: str) -> Row:
        leader = self.nodes.leader() or ""
        known = [name for name in self.nodes.names if name != leader and self.page.up(name)]
        if role == "replica" and not known:
            raise TooLong("HAProxy has no replica as UP any more that could get another address; name fewer --nodes")
        node = leader if role == "leader" else known[0]
        before = self.nodes.latest(node).address
        for _ in range(TRIES):
            self.cluster.take_away("compare", node)
            self.cluster.wait(f"HAProxy to have {node} as DOWN",
                              lambda: [f"HAProxy has {node} as UP"] if self.page.up(node) else [])
            self.haproxy.take_addresses()
            back = self.cluster.scale_back("compare", [node])[0]
            self.cluster.wait(f"{node} to be in service", lambda: [] if self.nodes.latest(node).serves
                              else [self.nodes.words(node)])
            if self.nodes.latest(node).address != before:
                break
        else:
            raise TooLong(f"{node} came back at its old address {before} {TRIES} times; nothing could be compared")
        self.watch(node, [self.router, self.page], back.scaled_at)
        self.cluster.fill([back])
        router, haproxy = back.seconds("router", back.serves_at), self.since(node, back.scaled_at, back.serves_at)
        after_hup = self.hup(node) if self.arguments.hup and haproxy is None else None
        self.haproxy.free_addresses()
        return Row(node, role, f"{before} -> {back.address}", router, haproxy, after_hup)

    def watch(self, node: str, pages: list[Pages], since: float) -> None:
        """Until these pages have it as UP, or the time to wait is over."""
        started, seconds = time.monotonic(), self.arguments.wait
        while (waited := time.monotonic() - started) < seconds:
            missing = [page.name for page in pages if page.up_since(node, since) is None]
            words = f"DOWN at {', '.join(missing)}" if missing else f"UP at {', '.join(page.name for page in pages)}"
            self.progress.update("now", round(waited) // 10 * 10, round(seconds), f"{node}: {words}")
            if not missing:
                return
            time.sleep(LOOK_EVERY_S)

    def since(self, node: str, begin: float, serves: float | None) -> float | None:
        moment = self.page.up_since(node, begin)
        return None if moment is None or serves is None else max(0.0, moment - serves)

    def hup(self, node: str) -> float | None:
        """How long HAProxy needs after a HUP, which makes it look up the names anew."""
        self.progress.say("HUP to HAProxy (never to the router)")
        sent = time.time()
        self.haproxy.hang_up()
        self.watch(node, [self.page], sent)
        return self.since(node, sent, sent)

    def left_up(self, page: Pages) -> str:
        """What the page makes of three nodes that all do their work."""
        up = [name for name in self.nodes.names if page.up(name)]
        leader = self.nodes.leader() or ""
        return (f"{page.name}: {len(up)} of {len(self.nodes.names)} nodes UP ({', '.join(up) or 'none'}); the leader, "
                f"{leader}, is {'among them' if leader in up else 'NOT among them: nobody can write through it'}")

    def tell(self, rows: list[Row]) -> bool:
        wait = self.arguments.wait

        def words(value: float | None) -> str:
            return f"still DOWN after {wait:.0f} s" if value is None else f"UP after {value:.1f} s"
        head = ["node", "it was", "address before -> now", "router", "HAProxy"]
        cells = [[row.node, row.role, row.addresses, words(row.router), words(row.haproxy)] for row in rows]
        if self.arguments.hup:
            head.append("HAProxy after HUP")
            for row, line in zip(rows, cells):
                line.append("not needed" if row.haproxy is not None else words(row.haproxy_after_hup))
        print(f"\nFrom the node's first 200 to /replica or /primary until it is UP:\n\n{table(head, cells)}\n")
        print("In the end, with all three nodes at work:\n  " + "\n  ".join(self.left) + "\n")
        reasons = verdict(rows)
        for reason in reasons:
            print(f"  - {reason}")
        print(f"GOAL (UP at the router within {GOAL_S:.0f} s, and a difference): {'NOT MET' if reasons else 'MET'}")
        return not reasons


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compare-haproxy.sh", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=lambda text: text.split(","), default=["replica", "leader"],
                        metavar="ROLE,...", help="whose address changes: replica,leader unless told otherwise")
    parser.add_argument("--ports", type=lambda text: [int(port) for port in text.split(",")],
                        default=[5020, 5021, 7020], metavar="WRITE,READ,STATS",
                        help="HAProxy's ports on this machine (5020,5021,7020)")
    parser.add_argument("--wait", type=float, default=60, metavar="SECONDS",
                        help="how long a node may stay DOWN before it counts as such (60)")
    parser.add_argument("--timeout", type=float, default=300, metavar="SECONDS", help="for each other step (300)")
    parser.add_argument("--hup", action="store_true", help="then send HUP to HAProxy, and see whether that helps")
    found = parser.parse_args(arguments)
    if len(found.ports) != 3:
        parser.error(f"--ports: found {len(found.ports)} ports, expected three: WRITE,READ,STATS")
    if not found.nodes or set(found.nodes) - {"replica", "leader"}:
        parser.error(f"--nodes: found {','.join(found.nodes)}, expected some of replica,leader")
    return found


def main() -> int:
    arguments = parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return 0 if Comparison(load(), arguments).run() else 1
    except TooLong as error:
        print(f"compare-haproxy: FAILED: {error}", file=sys.stderr)
        return 1
    except (SettingsError, swarm.DockerError, ProgramError, Refused) as error:
        print(f"compare-haproxy: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ncompare-haproxy: interrupted; HAProxy is removed, the nodes are scaled to 1", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
