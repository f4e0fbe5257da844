"""What is known of the nodes and of the routers' pages, with the moment when each first looked like that."""
import csv
import io
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Sequence

from . import router_page

PAGE_EVERY_S = 0.1


@dataclass(frozen=True)
class Sight:
    """A node as its REST API showed it, from `at` on."""

    at: float
    address: str = ""       # what its name means inside the network; empty: nothing
    health: int = 0         # status of GET /health; 0: no answer
    serves: str = ""        # replica or primary, whichever is 200
    state: str = ""
    role: str = ""
    system: str = ""        # database system identifier
    replication: tuple[tuple[str, str, str], ...] = ()  # name, state and sync_state of those that stream from it
    may_follow: tuple[str, ...] = ()  # of a leader: the standbys that are synchronous in the DCS


class Nodes:
    """Fed by events_watch.py."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(names)
        self.sights: dict[str, list[Sight]] = {name: [] for name in self.names}

    def take(self, line: dict[str, Any]) -> None:
        body = line["body"]
        peers = tuple((str(name), str(state), str(sync)) for name, state, sync in body.get("replication", []))
        self.sights[line["node"]].append(Sight(
            line["at"], line["address"], line["health"], line["serves"], body.get("state", ""), body.get("role", ""),
            body.get("system", ""), peers, tuple(body.get("may_follow", []))))

    def latest(self, name: str) -> Sight:
        sights = self.sights[name]
        return sights[-1] if sights else Sight(0.0)

    def all_seen(self) -> bool:
        return all(self.sights.values())

    def leader(self) -> str | None:
        return next((name for name in self.names if self.latest(name).serves == "primary"), None)

    def first(self, name: str, since: float, test: Callable[[Sight], bool]) -> float | None:
        """When the node first looked so, at or after `since`."""
        return next((sight.at for sight in list(self.sights[name]) if sight.at >= since and test(sight)), None)

    def not_gone(self, name: str) -> list[str]:
        """What still shows of a node that was scaled to 0; empty: nothing."""
        sight, leader = self.latest(name), self.leader()
        if sight.health:
            return [f"{name} still answers"]
        if sight.address:
            return [f"{name} still has an address"]
        if leader and any(peer[0] == name for peer in self.latest(leader).replication):
            return [f"{leader} still lists {name}"]
        return []

    def not_settled(self, names: Iterable[str], synchronous: bool) -> list[str]:
        """What keeps these nodes from being a leader and replicas that stream from it, one of them fit to follow."""
        leader, wanted = self.leader(), list(names)
        if leader is None:
            return ["no node serves as leader"]
        peers = {name: (state, sync) for name, state, sync in self.latest(leader).replication}
        missing = [f"{name}: {self.words(name)}" for name in wanted
                   if name != leader and (peers.get(name, ("", ""))[0] != "streaming"
                                          or self.latest(name).serves != "replica")]
        in_sync = [name for name in wanted if peers.get(name, ("", ""))[1] in ("sync", "quorum")]
        if synchronous and len(wanted) > 1 and not in_sync:
            missing.append(f"{leader} has no synchronous standby yet")
        elif synchronous and len(wanted) > 1 and not set(in_sync) & set(self.latest(leader).may_follow):
            missing.append(f"the DCS does not know yet that {' or '.join(in_sync)} is synchronous")
        return missing

    def words(self, name: str) -> str:
        sight = self.latest(name)
        if not sight.address:
            return "no container yet"
        if not sight.health:
            return "does not answer yet"
        if sight.health != 200:
            return f"Patroni says {sight.state or 'nothing'}"
        return "does not stream from the leader yet"


@dataclass(frozen=True)
class PageNode:
    """A node on a page: UP if the page's rows and, for a router, its API say that some listener uses it."""

    up: bool
    address: str = ""
    why: str = ""


@dataclass(frozen=True)
class Page:
    """A page from `at` on. `process` is another one once the program was started anew."""

    at: float
    error: str = ""
    process: str = ""
    leader: str | None = None
    waiting: int = 0
    nodes: dict[str, PageNode] = field(default_factory=dict)


def up_rows(text: str, check: str = "") -> dict[str, bool]:
    """The servers of this CSV, and whether some proxy has them as UP, its last check having been `check`."""
    result: dict[str, bool] = {}
    for row in csv.DictReader(io.StringIO(text.removeprefix("# "))):
        if row["svname"] not in ("FRONTEND", "BACKEND"):
            up = (row["status"] or "").startswith("UP") and check in (row["check_status"] or "")
            result[row["svname"]] = result.get(row["svname"], False) or up
    return result


def read_router(host: str, port: int) -> Page:
    """The router's API and its CSV; a node is UP if both say so."""
    try:
        found = router_page.state(host, port)
        rows = up_rows(router_page.get(host, port, "/;csv")[1].decode())
    except router_page.PageError as error:
        return Page(time.time(), error=str(error))
    view = router_page.from_state(host, port, True, found)
    process = f"{view.container}, process {found['router']['pid']}, started at {view.started_at_ms}"
    nodes = {node.name: PageNode(node.up and rows.get(node.name, False), node.address or "", node.reason)
             for node in view.nodes}
    return Page(time.time(), process=process, leader=view.leader, waiting=view.waiting, nodes=nodes)


def read_haproxy(host: str, port: int) -> Page:
    """A server whose first check is still to come is UP for HAProxy; here it is so once a check went well."""
    try:
        status, body = router_page.get(host, port, "/;csv")
    except router_page.PageError as error:
        return Page(time.time(), error=str(error))
    if status != 200:
        return Page(time.time(), error=f"http://{host}:{port}/;csv: HTTP status {status}, expected 200")
    return Page(time.time(), nodes={name: PageNode(up) for name, up in up_rows(body.decode(), "L7OK").items()})


class Pages:
    """Reads a page again and again, and keeps each that differs from the one before."""

    def __init__(self, name: str, host: str, port: int, read: Callable[[str, int], Page] = read_router) -> None:
        self.name, self.host, self.port, self.read = name, host, port, read
        self.history: list[Page] = [read(host, port)]
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.ending.wait(PAGE_EVERY_S):
            page, before = self.read(self.host, self.port), self.latest()
            if essence(page) != essence(before):
                self.history.append(page)

    def latest(self) -> Page:
        return self.history[-1]

    def up(self, node: str) -> bool:
        return self.latest().nodes.get(node, PageNode(False)).up

    def up_since(self, node: str, since: float) -> float | None:
        """When the node became UP for good, at or after `since`; None if it is not UP now."""
        return up_since(list(self.history), node, since)

    def end(self) -> None:
        self.ending.set()
        self.thread.join()


def up_since(history: Sequence[Page], node: str, since: float) -> float | None:
    """The beginning of the last run of pages that have the node as UP. One that came up and fell again is not up."""
    moment = None
    for page in history:
        if page.at >= since:
            up = page.nodes.get(node, PageNode(False)).up
            moment = (moment or page.at) if up else None
    return moment


def essence(page: Page) -> str:
    """What makes a page another one: not its moment, and not the words, which name times."""
    return json.dumps([page.error != "", page.process, page.leader, page.waiting,
                       {name: [node.up, node.address] for name, node in sorted(page.nodes.items())}])
