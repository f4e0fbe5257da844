"""The rows of `make bench` about the agent, against Patroni: memory at rest, how soon and how often its REST API answers."""
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import rows
import wrk

from cluster import Cluster, Node, agent_program, wait_until
from cluster.process import memory_kib, now
from cluster.wire import dial

CONNECTIONS = 8
PROGRAMS = ("tamada-agent", "tamada-guard", "tamada-exec")
AGENT = PROGRAMS[0]
PATRONI = "Patroni"


@dataclass(frozen=True)
class Keeper:
    """Who keeps the nodes of one cluster."""
    name: str
    cluster: Cluster

    def replica(self) -> Node:
        return self.cluster.replicas()[0]


def own_programs(cluster: Cluster, folder: Path) -> None:
    """Before the cluster starts: each node gets its own copy of the programs below `folder`, as on machines of their own,
    where no other agent shares the memory that a program lies in."""
    for node in cluster.nodes:
        place = folder / node.name
        place.mkdir(parents=True, exist_ok=True)
        for name in PROGRAMS:
            shutil.copy2(agent_program().with_name(name), place)
        node.program = place / PROGRAMS[0]


def memory(keeper: Keeper, seconds: float) -> rows.Result:
    """Megabytes (10^6 bytes) of the leader and of a replica after `seconds` of rest: everything that runs for a node but
    PostgreSQL, so of the agent its guard too. `pss` counts a page that N processes have as an Nth, `rss` whole; `dirty` only
    what one process alone has, and the kernel could not read from a file again."""
    time.sleep(seconds)
    found = {}
    for role, node in (("leader", keeper.cluster.wait_for_leader()), ("replica", keeper.replica())):
        assert node.server
        sums = [memory_kib(pid) for pid in node.server.processes() if _program(pid) != "postgres"]
        for name, field in (("pss", "Pss"), ("rss", "Rss"), ("dirty", "Private_Dirty")):
            found[f"{role} {name}_mb"] = sum(one[field] for one in sums) * 1024 / 1e6
    return found


def _program(pid: int) -> str:
    return Path(os.readlink(f"/proc/{pid}/exe")).name


def start(keeper: Keeper) -> rows.Result:
    """A replica is stopped and started again: milliseconds from the start of the program until its REST API has answered
    anything, and until it said that the replica runs."""
    node = keeper.replica()
    node.stop()
    node.start()
    assert node.server

    def answers() -> bool:
        with dial((node.address, node.api_port), timeout=5) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return client.recv(12).startswith(b"HTTP/1.")
    wait_until(f"the REST API of {node.name} answers", answers, pause=0.0005)
    answered = now()
    node.wait_for_replica()
    took = {"REST answers ms": (answered - node.server.began) * 1e3, "the replica runs ms": (now() - node.server.began) * 1e3}
    keeper.cluster.wait_healthy()
    return took


def requests(keeper: Keeper, path: str, seconds: float, *, keep_alive: bool) -> rows.Result:
    """What wrk gets out of `path` of the leader: wrk has one processor, the agent or Patroni another one."""
    ours, theirs = sorted(os.sched_getaffinity(0))[:2]
    node = keeper.cluster.wait_for_leader()
    assert node.server
    with _Pinned(node.server.pid, theirs):
        return wrk.requests(node.server, node.api + path, seconds, connections=CONNECTIONS, keep_alive=keep_alive,
                            prefix=["taskset", "--cpu-list", str(ours)])


class _Pinned:
    """Every thread of a process on one processor, and where it was before when the block has ended."""

    def __init__(self, pid: int, processor: int) -> None:
        self._pid, self._processor = pid, processor
        self._before = os.sched_getaffinity(pid)

    def __enter__(self) -> None:
        self._set({self._processor})

    def __exit__(self, *_: object) -> None:
        self._set(self._before)

    def _set(self, processors: set[int]) -> None:
        for task in os.listdir(f"/proc/{self._pid}/task"):
            try:
                os.sched_setaffinity(int(task), processors)
            except ProcessLookupError:  # it has ended meanwhile
                pass
