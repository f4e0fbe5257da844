"""A cluster of Debian's Patroni becomes one of tamada-agents, with the same files, and goes back again."""
import os
from typing import Any

import pytest

from cluster import Cluster, Node, wait_until
from cluster.node import is_alive

SETTINGS: dict[str, Any] = {"agent": "patroni", "ttl": 20, "loop_wait": 2, "retry_timeout": 5}

pytestmark = pytest.mark.skipif(not os.path.exists("/usr/bin/patroni"), reason="Patroni is not installed")


def write(cluster: Cluster, text: str) -> None:
    cluster.sql(f"CREATE TABLE IF NOT EXISTS moves (it text); INSERT INTO moves VALUES ('{text}')")


def rows(cluster: Cluster, node: Node) -> set[str]:
    return {row[0] for row in cluster.sql("SELECT it FROM moves", node)}


def is_of_tamada(node: Node) -> bool:
    return "tamada" in (node.status() or {})


def is_told_to_run(by: Node, node: Node) -> bool:
    members = (by.get("/cluster") or {}).get("members", [])
    return any(member["name"] == node.name and member["state"] in ("running", "streaming") for member in members)


def replicas_first(cluster: Cluster) -> list[Node]:
    leader = cluster.wait_for_leader()
    return [node for node in cluster.nodes if node is not leader] + [leader]


def change(cluster: Cluster, node: Node, agent: str) -> None:
    """The node stops, and the other program starts in its place."""
    write(cluster, f"before {node.name} becomes {agent}")
    node.stop()
    node.agent = agent
    node.start()
    cluster.wait_healthy()
    assert is_of_tamada(node) == (agent == "tamada")


def check_rows(cluster: Cluster, agent: str) -> None:
    write(cluster, f"all are {agent}")
    wanted = {f"before {node.name} becomes {agent}" for node in cluster.nodes} | {f"all are {agent}"}
    for node in cluster.nodes:
        wait_until(f"{node.name} has all rows", lambda: wanted <= rows(cluster, node))


def test_node_by_node_there_and_back(cluster: Cluster) -> None:
    system = cluster.nodes[0].status()
    assert system
    for agent in ("tamada", "patroni"):
        for node in replicas_first(cluster):
            change(cluster, node, agent)
        check_rows(cluster, agent)
    assert (cluster.nodes[0].status() or {})["database_system_identifier"] == system["database_system_identifier"]


def test_the_agent_adopts_a_replica_whose_patroni_was_killed(cluster: Cluster) -> None:
    node = replicas_first(cluster)[0]
    write(cluster, "before the replica is adopted")
    pid = node.postmaster()
    node.kill_agent()
    assert is_alive(pid)
    node.agent = "tamada"
    node.start()
    wait_until("the agent runs the replica", lambda: is_of_tamada(node) and node.is_streaming_replica())
    assert is_alive(pid) and node.postmaster() == pid
    wait_until("the row is there", lambda: "before the replica is adopted" in rows(cluster, node))
    cluster.wait_healthy()
    change(cluster, node, "patroni")


def test_a_switchover_between_the_two(cluster: Cluster) -> None:
    """From Patroni to an agent, and back: each reads what the other writes."""
    leader, other = cluster.wait_for_leader(), replicas_first(cluster)[0]
    change(cluster, other, "tamada")
    write(cluster, "before the switchover to the agent")
    leader.post("/switchover", {"leader": leader.name, "candidate": other.name})
    wait_until("the agent leads", other.is_leader)
    cluster.wait_healthy()
    # Patroni writes its key once in a cycle, and what that says is what the agent chooses a candidate by.
    wait_until("the candidate's key tells that it runs", lambda: is_told_to_run(other, leader))
    assert "before the switchover to the agent" in rows(cluster, other)
    write(cluster, "before the switchover to Patroni")
    other.post("/switchover", {"leader": other.name, "candidate": leader.name})
    wait_until("Patroni leads", leader.is_leader)
    cluster.wait_healthy()
    assert "before the switchover to Patroni" in rows(cluster, leader)
    change(cluster, other, "patroni")


def test_in_pause_all_servers_are_adopted_as_they_run(cluster: Cluster) -> None:
    """The last one of this file: its cluster stays one of agents."""
    leader = cluster.wait_for_leader()
    write(cluster, "before the adoption")
    cluster.configure(pause=True)
    for node in cluster.nodes:
        wait_until(f"{node.name} pauses", lambda: (node.status() or {}).get("pause"))
    pids, told = [node.postmaster() for node in cluster.nodes], len(leader.log.read_text())
    for node in cluster.nodes:
        node.kill_agent()
        node.agent = "tamada"
    for node in cluster.nodes:
        node.start()
    cluster.wait_healthy()
    assert cluster.wait_for_leader() is leader
    # The key that Patroni has left shows the same leader until its lease ends.
    wait_until("the lock is the agent's", lambda: "acquired session lock" in leader.log.read_text()[told:])
    leader.post("/config", {"pause": None}, method="PATCH")
    write(cluster, "after the adoption")
    for node in cluster.nodes:
        wait_until(f"{node.name} has both rows",
                   lambda: {"before the adoption", "after the adoption"} <= rows(cluster, node))
    assert cluster.wait_for_leader() is leader
    assert [node.postmaster() for node in cluster.nodes] == pids and all(is_alive(pid) for pid in pids)
