"""The cluster as a run of chaos.sh handles it: scale nodes to 0 and back, and wait for what has to follow.

Nothing here sends a signal to anything, or touches the routers: services are scaled, the rest is observed.
"""
import random
import subprocess
import time
from typing import Callable, Sequence

from . import swarm
from .events import Nodes, Pages
from .progress import Progress
from .settings import Settings
from .verdict import Event, Return
from .writer_client import Client

LOOK_EVERY_S = 0.1


class TooLong(Exception):
    """Something was waited for in vain: what, and what was missing."""


class Cluster:
    def __init__(self, settings: Settings, nodes: Nodes, pages: Sequence[Pages], timeout: float,
                 progress: Progress) -> None:
        self.settings, self.nodes, self.pages = settings, nodes, pages
        self.timeout, self.progress = timeout, progress
        self.synchronous = settings.synchronous
        self.writer: Client | None = None
        self.events: list[Event] = []
        self.returns: list[Return] = []
        self.lost_at: float | None = None  # every copy was destroyed on purpose then
        self.away: dict[str, str] = {}     # node that is scaled to 0 -> the address that it had

    # --- waiting

    def wait(self, what: str, missing: Callable[[], list[str]]) -> None:
        """Until nothing is missing any more. The progress bar shows how much is."""
        deadline, most = time.monotonic() + self.timeout, 1
        while True:
            found = missing()
            most = max(most, len(found))
            self.progress.update("now", most - len(found), most, f"{what}: {found[0]}" if found else what)
            if not found:
                return
            if time.monotonic() > deadline:
                raise TooLong(f"waited {self.timeout:.0f} s for {what}; missing: {'; '.join(found)}")
            if self.writer:
                self.writer.program.check()
            time.sleep(LOOK_EVERY_S)

    def writes_since(self, moment: float) -> list[str]:
        if self.writer is None or self.writer.wrote_after(moment):
            return []
        return ["no row has been acknowledged since"]

    def not_up(self, names: Sequence[str]) -> list[str]:
        """Nodes that some router's page does not have as UP, with its words."""
        result = []
        for page in self.pages:
            if page.latest().error:
                result.append(f"{page.name}: {page.latest().error}")
            else:
                result += [f"{name} is not UP at {page.name}" for name in names if not page.up(name)]
        return result

    def not_healthy(self) -> list[str]:
        """What keeps all three from running in sync and UP everywhere."""
        return self.nodes.not_settled(self.nodes.names, self.synchronous) + self.not_up(self.nodes.names)

    # --- doing

    def event(self, name: str) -> float:
        now = time.time()
        self.events.append(Event(name, now))
        self.progress.say(name)
        return now

    def role(self, name: str) -> str:
        return "leader" if self.nodes.leader() == name else "replica"

    def take_away(self, title: str, name: str) -> None:
        """Scales a node to 0, and waits until it is gone for all and what can go on goes on."""
        self.event(f"{title}: {name} ({self.role(name)}) to 0")
        self.away[name] = self.nodes.latest(name).address
        swarm.scale(self.settings.full(name), 0)
        self.wait(f"{name} to be gone", lambda: self.nodes.not_gone(name) + [
            f"{page.name} still has {name} as UP" for page in self.pages if page.up(name)])
        gone = time.time()
        left = [node for node in self.nodes.names if node not in self.away]
        if left:
            self.wait("the others to go on", lambda: self.nodes.not_settled(left, self.synchronous)
                      + self.not_up(left) + self.writes_since(gone))

    def scale_back(self, title: str, names: Sequence[str]) -> list[Return]:
        """Scales the nodes to 1, in this order, and notes that they are expected back."""
        self.event(f"{title}: {', '.join(names)} back")
        returns = []
        for name in names:
            returns.append(Return(name, time.time(), address_before=self.away[name]))
            swarm.scale(self.settings.full(name), 1)
            self.away.pop(name)
        self.returns += returns
        return returns

    def bring_back(self, title: str, names: Sequence[str]) -> None:
        """Waits until all three are in sync, UP at every router, and rows are acknowledged again."""
        returns = self.scale_back(title, names)
        try:
            self.wait("all three to be in sync and UP", self.not_healthy)
            healthy = time.time()
            self.wait("rows to be acknowledged", lambda: self.writes_since(healthy))
        finally:
            self.fill(returns)
        if self.settings.storage == "none":
            self.check_cloned(returns)

    def fill(self, returns: Sequence[Return]) -> None:
        """When each returned node was seen how."""
        for back in returns:
            since, node = back.scaled_at, back.node
            back.address = self.nodes.latest(node).address
            back.answers_at = self.nodes.first(node, since, lambda sight: sight.health > 0)
            back.healthy_at = self.nodes.first(node, since, lambda sight: sight.health == 200)
            back.serves_at = self.nodes.first(node, since, lambda sight: sight.serves != "")
            back.up_at = {page.name: page.up_since(node, since) for page in self.pages}

    def check_cloned(self, returns: Sequence[Return]) -> None:
        """Data died with the container: each node must have been cloned by itself, as Patroni's log tells."""
        for back in returns:
            since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(back.scaled_at))
            if "replica has been created" not in self.log(back.node, "--since", since):
                raise TooLong(f"{back.node} is back, but its log does not tell that it was cloned; look at docker "
                              f"service logs {self.settings.full(back.node)}")
            self.progress.say(f"{back.node} came back without data and was cloned by itself")

    def log(self, node: str, *options: str) -> str:
        """What the containers of a node have logged; Patroni logs to the standard error."""
        done = subprocess.run(["docker", "service", "logs", "--raw", *options, self.settings.full(node)], timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.stdout

    def restore(self) -> None:
        """Whatever happened: no node stays at 0."""
        for name in list(self.away):
            self.progress.say(f"scaling {name} back to 1")
            swarm.scale(self.settings.full(name), 1)
            self.away.pop(name)


def one(cluster: Cluster, title: str, chance: random.Random) -> None:
    """The leader goes and returns, then a replica."""
    leader = cluster.nodes.leader() or ""
    cluster.take_away(title, leader)
    cluster.bring_back(title, [leader])
    replica = chance.choice([name for name in cluster.nodes.names if name != cluster.nodes.leader()])
    cluster.take_away(title, replica)
    cluster.bring_back(title, [replica])


def two(cluster: Cluster, title: str, chance: random.Random) -> None:
    """The leader goes, then the one that has taken its place; both return."""
    gone = []
    for _ in range(2):
        gone.append(cluster.nodes.leader() or "")
        cluster.take_away(title, gone[-1])
    chance.shuffle(gone)
    cluster.bring_back(title, gone)


def every(cluster: Cluster, title: str, chance: random.Random) -> None:
    """All three go, one after another. Writers wait at the router until they return, in any order."""
    names = take_all_away(cluster, title)
    chance.shuffle(names)
    cluster.bring_back(title, names)


def take_all_away(cluster: Cluster, title: str) -> list[str]:
    gone = []
    while len(gone) < len(cluster.nodes.names):
        left = [name for name in cluster.nodes.names if name not in gone]
        gone.append(cluster.nodes.leader() or left[0])
        cluster.take_away(title, gone[-1])
    cluster.wait("the writer to wait at a router", lambda: [] if any(
        page.latest().waiting for page in cluster.pages) else ["no router holds a client"])
    cluster.progress.say("all nodes are gone; the writer is held at the router")
    return gone


KINDS: dict[str, Callable[[Cluster, str, random.Random], None]] = {"one": one, "two": two, "all": every}
