"""What is killed, frozen or replaced on a node: who leads, and what becomes of PostgreSQL, is looked at from outside."""
import os
import shutil
import signal
import threading
from pathlib import Path
from typing import Any, Iterator

import psycopg2
import pytest

from cluster import Cluster, Node, agent_program, wait_until
from cluster.freezer import Freezer
from cluster.guard import Guard, guard_state, has_leader_key, postgres_processes
from cluster.node import is_alive
from cluster.patroni_config import SUPERUSER
from cluster.witness import Witness

SETTINGS: dict[str, Any] = {"agent": "tamada", "nodes": 3, "ttl": 20, "loop_wait": 2, "retry_timeout": 5,
                            "synchronous": True}


@pytest.fixture
def leader(cluster: Cluster) -> Node:
    """With a synchronous standby, and an armed guard."""
    node = cluster.wait_for_leader()
    wait_until("there is a synchronous standby", lambda: synchronous(node))
    wait_until("its guard is armed", lambda: guard_state(node) == "armed")
    return node


@pytest.fixture
def witness(cluster: Cluster, leader: Node) -> Iterator[Witness]:
    with Witness(cluster) as witness:
        yield witness
        after = cluster.wait_for_leader()
        witness.wait_for_rows(after)
    cluster.wait_healthy()
    witness.check()


def synchronous(leader: Node) -> list[str]:
    return [member["name"] for member in leader.get("/cluster")["members"] if member["role"] == "sync_standby"]


def told_since(node: Node, length: int, words: str) -> bool:
    return words in node.log.read_text(errors="replace")[length:]


def length(node: Node) -> int:
    return len(node.log.read_text(errors="replace"))


class Session:
    """One that stays open on a node."""

    def __init__(self, node: Node) -> None:
        user, password = SUPERUSER
        self._connection = psycopg2.connect(host=node.address, port=node.postgres_port, user=user, password=password,
                                            dbname="postgres", connect_timeout=10)
        self._connection.autocommit = True
        self.backend = self.ask("SELECT pg_backend_pid()")

    def ask(self, statement: str) -> Any:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0]

    def close(self) -> None:
        self._connection.close()


class Committer(threading.Thread):
    """A session that commits again and again and waits for nobody, so that it hears of nobody's death."""

    STATEMENT = "DO $$ BEGIN LOOP INSERT INTO committed VALUES (1); COMMIT; END LOOP; END $$"

    def __init__(self, cluster: Cluster, node: Node) -> None:
        super().__init__(daemon=True)
        cluster.sql("DROP TABLE IF EXISTS committed; CREATE UNLOGGED TABLE committed (row int)")
        user, password = SUPERUSER
        self._connection = psycopg2.connect(host=node.address, port=node.postgres_port, user=user, password=password,
                                            dbname="postgres")
        self._connection.autocommit = True
        self.backend = int(self._connection.info.backend_pid)
        self.start()
        wait_until("it commits", lambda: cluster.sql("SELECT count(*) > 100 FROM committed", node) == [(True,)])

    def run(self) -> None:
        try:
            cursor = self._connection.cursor()
            cursor.execute("SET synchronous_commit = local")  # nor does it wait for a standby
            cursor.execute(self.STATEMENT)
        except psycopg2.Error:
            pass  # its server has ended

    def end(self) -> None:
        self.join(60)
        assert not self.is_alive(), "the committing session goes on"


# --- the agent


def test_a_frozen_agent_s_server_ends_before_its_lock(cluster: Cluster, leader: Node, witness: Witness) -> None:
    """And when the agent goes on it finds that it leads no more."""
    assert leader.server
    committer = Committer(cluster, leader)
    leader.server.signal(signal.SIGSTOP)
    try:
        wait_until("the lock has ended", lambda: not has_leader_key(cluster.etcd.endpoint, cluster.settings.scope), 60,
                   pause=0.01)
        assert postgres_processes(leader) == []  # the guard has ended it before
        committer.end()
        after = cluster.wait_for_leader(other_than=leader)
        witness.wait_for_rows(after)
    finally:
        before = length(leader)
        leader.server.signal(signal.SIGCONT)
    wait_until("it says so", lambda: told_since(leader, before, "the guard has ended PostgreSQL"))
    wait_until("it follows", leader.is_streaming_replica)
    assert cluster.wait_for_leader() is after


def test_sessions_go_on_while_their_agent_is_killed_and_replaced(cluster: Cluster, leader: Node, witness: Witness) -> None:
    """By the same program, by another one with another guard, and back: the guard becomes the one that is installed."""
    guard, postmaster, session = Guard(leader), leader.postmaster(), Session(leader)
    former, other = guard.program(), other_build(cluster)

    def replace(program: Path | None) -> None:
        leader.kill_agent()
        leader.program = program
        leader.start()
        wait_until("the agent is back", leader.is_leader)
        wait_until("the guard is armed", lambda: guard_state(leader) == "armed")
        assert leader.postmaster() == postmaster and Guard(leader).pid == guard.pid
        assert session.ask("SELECT pg_backend_pid()") == session.backend
    try:
        replace(None)
        assert guard.program() == former
        before = length(leader)
        replace(other)
        wait_until("the guard is the other one", lambda: told_since(leader, before, "has become") and guard.program() != former)
        assert Path(f"/proc/{guard.pid}/exe").read_bytes() == (other.parent / "tamada-guard").read_bytes()
        before = length(leader)
        replace(None)
        wait_until("the guard is the former one again", lambda: told_since(leader, before, "has become"))
        assert Path(f"/proc/{guard.pid}/exe").read_bytes() == Path(former).read_bytes()
        assert session.ask("SELECT pg_is_in_recovery()") is False
    finally:
        leader.program = None
        session.close()
    assert cluster.wait_for_leader() is leader


def other_build(cluster: Cluster) -> Path:
    """Of the three programs, where nobody has run them from before: the agent under a new name, and another guard."""
    folder = cluster.folder / "other-build"
    folder.mkdir(mode=0o755)
    for name in ("tamada-guard", "tamada-exec"):
        shutil.copy(agent_program().parent / name, folder / name)
    with open(folder / "tamada-guard", "ab") as guard:
        guard.write(b"another build\n")  # what stands behind its end a program does not read
    return Path(shutil.copy(agent_program(), folder / "tamada-agent-next"))


def test_a_second_agent_on_the_data_directory_ends_and_the_first_one_goes_on(cluster: Cluster, leader: Node) -> None:
    guard, postmaster, session = Guard(leader), leader.postmaster(), Session(leader)
    same = second_agent(cluster, leader, leader.name)
    assert "the guard of" in same and "has another agent" in same and "is this one started twice?" in same, same
    other = second_agent(cluster, leader, "another")
    assert "Can't start" in other and "data directory" in other, other
    for node in cluster.nodes:
        assert is_alive(node.server.pid if node.server else 0)
    assert cluster.wait_for_leader() is leader
    assert leader.postmaster() == postmaster and Guard(leader).pid == guard.pid
    assert session.ask("SELECT pg_is_in_recovery()") is False
    session.close()
    assert guard_state(leader) == "armed"


def second_agent(cluster: Cluster, node: Node, name: str) -> str:
    """What an agent says that is started on the node's data directory, with another REST port: it must end by itself."""
    folder = cluster.folder / f"second-{name}"
    folder.mkdir(mode=0o755)
    twin = Node(cluster.network, folder, cluster.nodes.index(node) + 1, cluster.settings, cluster.etcd.endpoint, None)

    def edit(config: dict[str, Any]) -> None:
        config["name"] = name
        config["postgresql"]["data_dir"] = str(node.folder / "data")
    twin.edit = edit
    twin.address = cluster.network.address(90)
    twin.start()
    assert twin.server and twin.server.wait(30) == 1
    return twin.log.read_text()


# --- the guard


def test_a_killed_guard_ends_postgresql_and_the_cluster_heals(cluster: Cluster, leader: Node, witness: Witness) -> None:
    guard, postmaster = Guard(leader), leader.postmaster()
    committer = Committer(cluster, leader)
    guard.kill()
    wait_until("PostgreSQL has ended with it", lambda: not is_alive(postmaster) and not is_alive(committer.backend), 30)
    committer.end()
    after = cluster.wait_for_leader()
    witness.wait_for_rows(after)
    wait_until("it has another guard", lambda: guard_state(leader) in ("armed", "disarmed"))
    cluster.wait_healthy()
    assert Guard(leader).pid != guard.pid


def test_memory_that_may_not_be_locked_is_told_and_guarded_all_the_same(cluster: Cluster, leader: Node) -> None:
    node = next(node for node in cluster.nodes if node is not leader)
    node.stop()
    before = length(node)
    node.prefix = ["prlimit", "--memlock=0:0"]
    try:
        node.start()
        cluster.wait_healthy()
        wait_until("it says so", lambda: told_since(node, before, "the guard's memory is not locked"))
        assert locked_memory(Guard(node).pid) == 0
        cluster.configure(synchronous_node_count=2)
        wait_until("it is a synchronous standby", lambda: node.name in synchronous(leader))
        assert cluster.switchover(node) is node
        wait_until("its guard is armed", lambda: guard_state(node) == "armed")
        assert node.server
        node.server.signal(signal.SIGSTOP)
        wait_until("the lock has ended", lambda: not has_leader_key(cluster.etcd.endpoint, cluster.settings.scope), 60,
                   pause=0.01)
        assert postgres_processes(node) == []
        node.server.signal(signal.SIGCONT)
        cluster.wait_healthy()
    finally:
        leader.post("/config", {"synchronous_node_count": None}, method="PATCH")
        node.prefix = []
        node.restart()


def locked_memory(pid: int) -> int:
    """In kB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmLck"))
    return int(line.split()[1])


# --- PostgreSQL


def test_a_frozen_postmaster_is_failed_over_and_does_not_come_back(cluster: Cluster, leader: Node, witness: Witness) -> None:
    postmaster = leader.postmaster()
    os.kill(postmaster, signal.SIGSTOP)
    try:
        after = cluster.wait_for_leader(other_than=leader)
        assert not is_alive(postmaster)  # what is killed cannot go on
        witness.wait_for_rows(after)
    finally:
        try:
            os.kill(postmaster, signal.SIGCONT)
        except ProcessLookupError:
            pass
    wait_until("it follows", leader.is_streaming_replica)
    assert cluster.wait_for_leader() is after and leader.postmaster() != postmaster


def test_a_backend_that_commits_ends_with_all_that_dies_around_it(cluster: Cluster, leader: Node, witness: Witness) -> None:
    """It does not see that its postmaster and everybody else is gone; the guard, which is left, ends it."""
    committer = Committer(cluster, leader)
    others = [pid for pid in postgres_processes(leader) if pid != committer.backend]
    leader.kill_agent()
    for pid in others:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    wait_until("it has ended", lambda: postgres_processes(leader) == [], 30)
    committer.end()
    after = cluster.wait_for_leader(other_than=leader)
    witness.wait_for_rows(after)
    leader.start()


# --- all of it


def test_a_node_that_is_frozen_and_thawed_has_been_replaced(cluster: Cluster, leader: Node, witness: Witness) -> None:
    session = Session(leader)
    try:
        freezer = Freezer()
    except RuntimeError as error:
        pytest.skip(str(error))
    with freezer:
        try:
            freezer.take(leader)
        except RuntimeError as error:
            pytest.skip(str(error))
        committer, postmaster = Committer(cluster, leader), leader.postmaster()
        freezer.freeze()
        after = cluster.wait_for_leader(other_than=leader)
        witness.wait_for_rows(after)
        assert is_alive(postmaster)  # it stands still where it stood
        before = length(leader)
        freezer.thaw()
        wait_until("what was writable has ended", lambda: not is_alive(postmaster) and not is_alive(committer.backend), 30)
        committer.end()
        with pytest.raises(psycopg2.Error):
            session.ask("SELECT pg_backend_pid()")
        wait_until("it follows", leader.is_streaming_replica)
        assert told_since(leader, before, "PostgreSQL and all its processes are being ended")
        assert cluster.wait_for_leader() is after
