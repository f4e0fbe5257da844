"""The cluster is paused for an upgrade of Patroni: every agent is stopped, PostgreSQL goes on, and so do the sessions."""
import signal
from typing import Callable

from cluster import NO_PASSWORDS, Cluster, Router, Workload, wait_until
from cluster.process import Server, now

# 20 s is Patroni's least ttl: after that nobody holds the leader key any more.
SETTINGS = {**NO_PASSWORDS, "ttl": 20, "loop_wait": 2, "retry_timeout": 3}
LONGER_THAN_ANY_TTL = 40.0


def test_sessions_go_on_while_the_cluster_is_paused_and_every_agent_is_stopped(
        cluster: Cluster, make_router: Callable[..., Router]) -> None:
    router = make_router(cluster, etcd=True)
    router.wait_ready()
    leader = cluster.wait_for_leader()
    cluster.configure(pause=True)
    wait_until("every agent knows of the pause",
               lambda: all((node.status() or {}).get("pause") for node in cluster.nodes))
    wait_until("the router knows of it", lambda: router.state()["cluster"]["paused"])

    with Workload(cluster, router, sessions=3, connecting=3) as load:
        agents = [node.server for node in cluster.nodes if node.server]
        for agent in agents:
            agent.signal(signal.SIGTERM)
        wait_until("no agent answers", lambda: all(node.status() is None for node in cluster.nodes))
        stopped = now()
        wait_until("nobody holds the leader key", lambda: router.state()["cluster"]["etcd"]["leader_key"] is None)
        wait_until("the agents have been gone for longer than any ttl",
                   lambda: now() - stopped > LONGER_THAN_ANY_TTL)
        load.wait_for_writes()
        assert load.report().failures == [], load.report().describe()
        assert router.leader() == leader.name
        assert "the cluster is paused and its PostgreSQL answers" in router.status()["leader"]["reason"]

        for node in cluster.nodes:
            node.start()
        wait_until("every agent is back", lambda: all(node.status() for node in cluster.nodes))
        cluster.configure(pause=None)
        wait_until("the router knows that the pause is over", lambda: not router.state()["cluster"]["paused"])
        cluster.wait_healthy()
        load.wait_for_writes()
    report = load.report()

    assert report.failures == [], report.describe()
    assert load.missing(report) == set()
    assert router.leader() == leader.name
    hand_over(cluster, agents)


def hand_over(cluster: Cluster, agents: list[Server]) -> None:
    """The servers that the old agents had started are started anew by the new ones: nothing of the old is left."""
    for node, agent in zip(cluster.nodes, agents):
        node.post("/restart", {})
        agent.wait()
