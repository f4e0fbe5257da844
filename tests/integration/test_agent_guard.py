"""A guard that is stopped ends nobody when the lock runs out, so its agent does not lead with it."""
import time
from pathlib import Path
from typing import Any, Iterator

import pytest

from cluster import Cluster, Node, wait_until
from cluster.guard import Guard, guard_state, has_leader_key, problem
from cluster.node import is_alive
from cluster.witness import Witness

SETTINGS: dict[str, Any] = {"agent": "tamada", "nodes": 3, "ttl": 20, "loop_wait": 2, "retry_timeout": 5}
PROBLEM = "the guard does not answer"


@pytest.fixture
def leader(cluster: Cluster) -> Iterator[Node]:
    """The leader, whose guard goes on after the test whatever it did."""
    node = cluster.wait_for_leader()
    guard = Guard(node)
    wait_until("it is armed", lambda: guard_state(node) == "armed")
    yield node
    guard.go_on()


def told_since(node: Node, length: int, words: str) -> bool:
    return words in node.log.read_text(errors="replace")[length:]


def length(node: Node) -> int:
    return len(node.log.read_text(errors="replace"))


def test_a_guard_that_is_stopped_for_a_second_changes_nothing(cluster: Cluster, leader: Node) -> None:
    guard, pid, before = Guard(leader), leader.postmaster(), length(leader)
    guard.stop()
    time.sleep(1)
    guard.go_on()
    time.sleep(5)
    assert cluster.wait_for_leader() is leader and leader.postmaster() == pid
    assert Guard(leader).pid == guard.pid
    assert not told_since(leader, before, PROBLEM) and problem(leader) == ""


def test_a_leader_whose_guard_is_stopped_stops_and_another_node_leads(cluster: Cluster, leader: Node) -> None:
    guard, pid, before = Guard(leader), leader.postmaster(), length(leader)
    with Witness(cluster) as witness:
        guard.stop()
        begun = time.monotonic()
        try:
            wait_until("its agent tells it", lambda: PROBLEM in problem(leader), 20)
            assert guard_state(leader) == "missing"
            # Before the lock could have ended, and with its guard still stopped.
            after = cluster.wait_for_leader(other_than=leader, seconds=SETTINGS["ttl"])
            print(f"another node leads {time.monotonic() - begun:.1f} s after the guard was stopped")
            witness.wait_for_rows(after)
            assert not Path(f"/proc/{pid}/exe").exists()  # a zombie at most: the guard that would reap it is stopped
            assert told_since(leader, before, PROBLEM)
        finally:
            guard.go_on()
    cluster.wait_healthy()
    assert cluster.wait_for_leader() is after
    assert problem(leader) == "" and leader.is_streaming_replica()
    witness.check()  # it was an orderly stop, so nothing that was acknowledged is missing


def test_in_a_pause_it_is_told_and_nobody_is_demoted(cluster: Cluster, leader: Node) -> None:
    guard, pid = Guard(leader), leader.postmaster()
    cluster.configure(pause=True)
    try:
        # Later than the pause itself: first everybody must be able to see that the guard is to be off.
        wait_until("the guard is off", lambda: guard_state(leader) == "disarmed")
        guard.stop()
        wait_until("its agent tells it", lambda: PROBLEM in problem(leader), 20)
        # Longer than the lock would last.
        deadline = time.monotonic() + SETTINGS["ttl"] + 5
        while time.monotonic() < deadline:
            assert leader.is_leader() and leader.postmaster() == pid
            time.sleep(1)
        assert cluster.sql("SELECT pg_is_in_recovery()", leader) == [(False,)]
        guard.go_on()
        wait_until("the guard answers again", lambda: problem(leader) == "", 30)
    finally:
        guard.go_on()
        # Any node takes it, also where nobody leads.
        leader.post("/config", {"pause": None}, method="PATCH")
    cluster.wait_healthy()
    wait_until("the guard is armed again", lambda: guard_state(leader) == "armed")
    assert cluster.wait_for_leader() is leader and leader.postmaster() == pid


def test_a_replica_whose_guard_is_stopped_does_not_take_the_lock(cluster: Cluster, leader: Node) -> None:
    stopped, other = [node for node in cluster.nodes if node is not leader]
    guard = Guard(stopped)
    guard.stop()
    try:
        wait_until("its agent tells it", lambda: PROBLEM in problem(stopped), 20)
        assert stopped.is_streaming_replica()
        leader.stop()
        assert cluster.wait_for_leader(other_than=leader) is other
        wait_until("it follows the new leader", stopped.is_streaming_replica)
    finally:
        guard.go_on()
    leader.start()
    cluster.wait_healthy()
    assert problem(stopped) == ""


# --- and its agent is another one, which has never heard it


@pytest.mark.parametrize("comes", ["in time", "when the lock has ended"])
def test_an_agent_that_finds_the_guard_of_its_leader_stopped_stops_postgresql(cluster: Cluster, leader: Node,
                                                                             comes: str) -> None:
    """It may know its lock from before, and neither what the guard holds nor what it was asked for last. Until it comes the
    others see that a primary runs there, so none of them leads."""
    guard, pid, before = Guard(leader), leader.postmaster(), length(leader)
    with Witness(cluster) as witness:
        guard.stop()
        try:
            leader.kill_agent()
            if comes != "in time":
                wait_until("the lock has ended", lambda: not has_leader_key(cluster.etcd.endpoint, cluster.settings.scope))
                time.sleep(SETTINGS["loop_wait"] * 3)  # long enough for the others to race several times
                assert not has_leader_key(cluster.etcd.endpoint, cluster.settings.scope) and is_alive(pid)
            leader.start()
            wait_until("it tells why", lambda: PROBLEM in problem(leader))
            assert guard_state(leader) == "missing"
            assert told_since(leader, before, f"nothing would end PostgreSQL in time: the guard, process {guard.pid},")
            assert told_since(leader, before, "kill -CONT")
            after = cluster.wait_for_leader(other_than=leader)
            witness.wait_for_rows(after)
            assert not is_alive(pid)
        finally:
            guard.go_on()
    wait_until("the guard answers again", lambda: problem(leader) == "")
    cluster.wait_healthy()
    assert cluster.wait_for_leader() is after
    witness.check_leaders()


def test_an_agent_that_finds_the_guard_of_a_replica_stopped_goes_on_following(cluster: Cluster, leader: Node) -> None:
    """Although it has led: its lock of then is still in its folder of state."""
    node, after = leader, cluster.switchover()
    cluster.wait_healthy()
    guard, pid = Guard(node), node.postmaster()
    guard.stop()
    try:
        node.kill_agent()
        node.start()
        wait_until("it tells why", lambda: PROBLEM in problem(node))
        wait_until("it streams", node.is_streaming_replica)
        assert (node.status() or {})["tags"]["nofailover"] is True
        cluster.sql("CREATE TABLE IF NOT EXISTS followed (row int); INSERT INTO followed VALUES (1)")
        wait_until("it has the row", lambda: cluster.sql("SELECT count(*) > 0 FROM pg_class WHERE relname = 'followed'", node)
                   == [(True,)])
    finally:
        guard.go_on()
    wait_until("the guard answers again", lambda: problem(node) == "" and guard_state(node) != "missing")
    assert node.postmaster() == pid and Guard(node).pid == guard.pid
    cluster.wait_healthy()
    assert cluster.wait_for_leader() is after
