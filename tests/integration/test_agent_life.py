"""A cluster of tamada-agents: it begins, replicates, changes its leader, and loses nothing that was acknowledged."""
import signal
import time
from typing import Any

import psycopg2
import psycopg2.errors
import pytest

from cluster import Cluster, Node, wait_until
from cluster.node import is_alive

# Short times, so that a leader that has died is missed soon.
SETTINGS: dict[str, Any] = {"agent": "tamada", "ttl": 20, "loop_wait": 2, "retry_timeout": 5}


def timeline(node: Node) -> int:
    return int((node.status() or {}).get("timeline", 0))


def write(cluster: Cluster, text: str) -> None:
    cluster.sql(f"CREATE TABLE IF NOT EXISTS life (it text); INSERT INTO life VALUES ('{text}')")


def rows(cluster: Cluster, node: Node) -> set[str]:
    try:
        return {row[0] for row in cluster.sql("SELECT it FROM life", node)}
    except psycopg2.errors.UndefinedTable:  # a replica has not come to it yet
        return set()


def wait_for_row(cluster: Cluster, node: Node, text: str) -> None:
    wait_until(f"{node.name} has {text}", lambda: text in rows(cluster, node))


def followers(cluster: Cluster) -> list[Node]:
    leader = cluster.wait_for_leader()
    return [node for node in cluster.nodes if node is not leader]


def test_a_new_cluster_replicates(cluster: Cluster) -> None:
    leader = cluster.wait_for_leader()
    write(cluster, "first")
    for node in cluster.replicas():
        wait_for_row(cluster, node, "first")
        assert cluster.sql("SELECT pg_is_in_recovery()", node) == [(True,)]
    systems = {cluster.sql("SELECT system_identifier::text FROM pg_control_system()", node)[0][0]
               for node in cluster.nodes}
    assert len(systems) == 1
    assert {member["role"] for member in leader.get("/cluster")["members"]} == {"leader", "replica"}


def test_a_leader_that_is_well_leads_longer_than_one_ttl(cluster: Cluster) -> None:
    leader = cluster.wait_for_leader()
    line, postmaster, begin = timeline(leader), leader.postmaster(), time.monotonic()
    # Each renewal of the lock moves the guard's deadline on, or the guard would end it now.
    wait_until("one ttl and more has passed", lambda: time.monotonic() > begin + SETTINGS["ttl"] + 5, pause=0.5)
    assert cluster.wait_for_leader() is leader
    assert (timeline(leader), leader.postmaster()) == (line, postmaster)


def test_a_switchover_to_a_named_candidate(cluster: Cluster) -> None:
    before, candidate = cluster.wait_for_leader(), followers(cluster)[-1]
    line = timeline(before)
    write(cluster, "before the switchover")
    assert cluster.switchover(candidate) is candidate
    assert "before the switchover" in rows(cluster, candidate)
    assert timeline(candidate) == line + 1
    cluster.wait_healthy()
    write(cluster, "after the switchover")
    for node in followers(cluster):
        wait_for_row(cluster, node, "after the switchover")
    assert [entry[2] for entry in candidate.get("/history")][-1] == "no recovery target specified"


def test_a_leader_that_loses_power_is_replaced_and_rejoins_by_pg_rewind(cluster: Cluster) -> None:
    lost = cluster.wait_for_leader()
    write(cluster, "before the power cut")
    for node in followers(cluster):
        wait_for_row(cluster, node, "before the power cut")
    # Nobody but the leader gets this row: its history goes another way than the next leader's.
    for node in followers(cluster):
        node.pause()
    write(cluster, "on the lost leader only")
    lost.kill9()
    for node in cluster.nodes:
        if node is not lost:
            node.resume()
    # What the kernel has sent already would arrive after all; so the row is looked for, and nothing is expected of it.
    leader = cluster.wait_for_leader(other_than=lost)
    was_lost = "on the lost leader only" not in rows(cluster, leader)
    write(cluster, "on the new leader")

    lost.start()
    cluster.wait_healthy()
    wait_for_row(cluster, lost, "on the new leader")
    assert rows(cluster, lost) == rows(cluster, leader)
    assert "before the power cut" in rows(cluster, lost)
    if was_lost:
        assert "pg_rewind" in lost.log.read_text()


def test_a_killed_postmaster_is_started_in_place(cluster: Cluster) -> None:
    leader = cluster.wait_for_leader()
    line, pid = timeline(leader), leader.postmaster()
    write(cluster, "before the crash")
    leader.kill_postmaster()

    def is_back() -> bool:
        return leader.postmaster() != pid and leader.is_leader()
    wait_until("the leader is back", is_back)
    assert cluster.wait_for_leader() is leader
    assert timeline(leader) == line
    assert "before the crash" in rows(cluster, leader)


@pytest.mark.parametrize("role", ["leader", "replica"])
def test_postgresql_outlives_its_agent_and_is_adopted(cluster: Cluster, role: str) -> None:
    node = cluster.wait_for_leader() if role == "leader" else followers(cluster)[0]
    line, pid = timeline(node), node.postmaster()
    node.kill_agent()
    assert is_alive(pid)
    node.start()
    wait_until("the agent is back", node.is_leader if role == "leader" else node.is_streaming_replica)
    assert node.postmaster() == pid and is_alive(pid)
    assert timeline(node) == line
    cluster.wait_healthy()
    assert (cluster.wait_for_leader() is node) == (role == "leader")


def test_an_agent_that_is_asked_to_end_hands_over(cluster: Cluster) -> None:
    leader = cluster.wait_for_leader()
    write(cluster, "before the end")
    pid, server = leader.postmaster(), leader.server
    assert server
    server.signal(signal.SIGTERM)
    after = cluster.wait_for_leader(other_than=leader, seconds=SETTINGS["ttl"] - 1)  # nobody waits for the lock's end
    assert server.wait() == 0
    assert not is_alive(pid)
    assert "before the end" in rows(cluster, after)
    leader.start()
    cluster.wait_healthy()
    assert "pg_rewind: Done" not in leader.log.read_text().rpartition("is asked to end")[2]


def test_a_replica_is_made_anew(cluster: Cluster) -> None:
    replica = followers(cluster)[0]
    mark = replica.folder / "data" / "a_file_of_before"
    mark.touch()
    replica.post("/reinitialize", {"force": True})
    wait_until("the data directory is another", lambda: not mark.exists())
    cluster.wait_healthy()
    write(cluster, "after the copy")
    wait_for_row(cluster, replica, "after the copy")


def test_in_pause_nothing_is_started_or_promoted(cluster: Cluster) -> None:
    leader, (replica, other) = cluster.wait_for_leader(), followers(cluster)
    cluster.configure(pause=True)
    for node in cluster.nodes:
        wait_until(f"{node.name} pauses", lambda: (node.status() or {}).get("pause"))
    ended = [node.postmaster() for node in (replica, leader)]
    replica.kill_postmaster()
    leader.kill_postmaster()
    time.sleep(SETTINGS["loop_wait"] * 4)  # long enough for each to act several times
    assert cluster.leader() is None
    assert cluster.sql("SELECT pg_is_in_recovery()", other) == [(True,)]
    for node, pid in zip((replica, leader), ended):
        assert not is_alive(pid) and node.postmaster() == pid  # the file that it left behind
    other.post("/config", {"pause": None}, method="PATCH")
    cluster.wait_healthy()


def test_in_synchronous_mode_the_next_leader_has_what_was_acknowledged(cluster: Cluster) -> None:
    leader = cluster.wait_for_leader()
    cluster.configure(synchronous_mode=True)
    wait_until("there is a synchronous standby",
               lambda: [member for member in leader.get("/cluster")["members"] if member["role"] == "sync_standby"])
    for number in range(20):
        write(cluster, f"acknowledged {number}")
    leader.kill9()
    after = cluster.wait_for_leader(other_than=leader)
    assert {f"acknowledged {number}" for number in range(20)} <= rows(cluster, after)
    leader.start()
    cluster.wait_healthy()
    cluster.configure(synchronous_mode=None)
    wait_until("nobody is synchronous", lambda: not [member for member in after.get("/cluster")["members"]
                                                     if member["role"] == "sync_standby"])
