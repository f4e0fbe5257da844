"""Patroni is well and PostgreSQL's port is closed from where the router stands, at one address or at all."""
import csv
import io
import json
import urllib.request
from typing import Any, Callable

import psycopg2
import pytest

from cluster import Cluster, Router, wait_until
from cluster.forwarder import Forwarder
from cluster.names import NEEDS, Names, possible
from cluster.network import free_port
from cluster.wire import dial, parse_error, read_to_end, startup_packet

SETTINGS = {"nodes": 2}
MakeRouter = Callable[..., Router]
Guarded = tuple[Router, dict[str, Forwarder]]


@pytest.fixture
def guarded(cluster: Cluster, make_router: MakeRouter) -> Any:
    """A router that reaches each PostgreSQL through a forwarder of its own, open at first. Forwarders by the node's name."""
    forwarders: dict[str, Forwarder] = {}

    def make(**listener: Any) -> Guarded:
        nodes = []
        for index, node in enumerate(cluster.nodes):
            address = cluster.network.address(60 + index)
            forwarders[node.name] = Forwarder((address, free_port(address, 6432)), node.postgres).open()
            nodes.append({"name": node.name, "postgres": "%s:%d" % forwarders[node.name].address, "api": node.api})
        router = make_router(cluster, config={"cluster": {"nodes": nodes}, "listeners": {"write": listener}})
        router.wait_ready()
        return router, forwarders
    yield make
    for forwarder in forwarders.values():
        forwarder.stop()


def in_log(router: Router, event: str) -> int:
    return sum(f" {event} " in line for line in router.log_text().splitlines())


def state(router: Router, name: str) -> dict[str, Any]:
    with urllib.request.urlopen(router.stats_url("/api/v1/state"), timeout=5) as answer:
        return dict(next(node for node in json.load(answer)["nodes"] if node["name"] == name))


def row(router: Router, listener: str, node: str) -> dict[str, str]:
    with urllib.request.urlopen(router.stats_url("/;csv"), timeout=5) as answer:
        rows = csv.DictReader(io.StringIO(answer.read().decode().removeprefix("# ")))
        return next(one for one in rows if (one["pxname"], one["svname"]) == (listener, node))


def refusal(router: Router) -> dict[str, str]:
    with dial(router.write) as client:
        client.sendall(startup_packet())
        return parse_error(read_to_end(client))


def test_a_leader_whose_port_is_closed_is_told_to_clients_and_to_those_who_watch(cluster: Cluster,
                                                                                guarded: Any) -> None:
    router, forwarders = guarded(hold="2s")
    leader = cluster.wait_for_leader().name
    forwarders[leader].shut()

    for _ in range(2):
        error = refusal(router)
        assert error["C"] == "57P03"
        assert "connect to %s:%d: connection refused" % forwarders[leader].address in error["M"]
        assert "max_" not in error["M"] + error["H"]
    assert router.leader() == leader
    assert state(router, leader)["health"] == "bad"
    assert "connection refused" in state(router, leader)["no_connection"]["words"]
    shown = row(router, "write", leader)
    assert (shown["status"], shown["check_status"]) == ("DOWN", "L4CON")
    assert "connection refused" in shown["last_chk"]
    assert (router.code("/ready"), router.code("/ready?leader")) == (200, 503)
    assert in_log(router, "node.no_connection") == 1

    forwarders[leader].open()  # no client asks
    wait_until("it is noticed", lambda: state(router, leader)["no_connection"] is None)
    assert row(router, "write", leader)["status"] == "UP"
    assert router.serves(router.write, False)
    assert (in_log(router, "node.no_connection"), in_log(router, "node.connects")) == (1, 1)


def test_a_client_that_waits_gets_in_when_the_port_opens(cluster: Cluster, guarded: Any) -> None:
    router, forwarders = guarded(hold="60s")
    leader = cluster.wait_for_leader().name
    forwarders[leader].shut()
    with dial(router.write) as client:
        client.sendall(startup_packet())
        wait_until("it is known", lambda: state(router, leader)["no_connection"])
        forwarders[leader].open()
        assert client.recv(1) == b"R"


def test_readers_are_sent_elsewhere(cluster: Cluster, guarded: Any) -> None:
    router, forwarders = guarded()
    replica = cluster.replicas()[0].name
    forwarders[replica].shut()
    assert router.serves(router.read, False)  # `otherwise: leader`
    wait_until("the page says so", lambda: row(router, "read", replica)["check_status"] == "L4CON")
    forwarders[replica].open()
    wait_until("the replica serves again", lambda: router.serves(router.read, True))


def test_what_postgresql_says_itself_stays_as_it_is(cluster: Cluster, guarded: Any) -> None:
    router, _ = guarded(hold="2s")
    with pytest.raises(psycopg2.OperationalError, match='role "nobody" does not exist|password authentication failed'):
        router.connect(user="nobody")
    assert in_log(router, "node.no_connection") == 0


@pytest.mark.skipif(not possible(), reason=NEEDS)
def test_another_address_of_the_name_is_used_where_one_has_no_postgresql(cluster: Cluster,
                                                                        make_router: MakeRouter) -> None:
    """The name leads to ::1 as well, where the REST API answers and PostgreSQL does not."""
    names = Names(cluster.network, cluster.folder)
    forwarders = []
    try:
        for node in cluster.nodes:
            names.set(f"{node.name}.test", "::1", node.address)
            forwarders.append(Forwarder(("::1", node.api_port), (node.address, node.api_port)))
        if len({forwarder.address for forwarder in forwarders}) < len(forwarders):  # all on port 8008: one machine for each is needed
            for node in cluster.nodes[1:]:
                names.set(f"{node.name}.test", node.address)
            forwarders = forwarders[:1]
        for forwarder in forwarders:
            forwarder.open()
        router = make_router(cluster, names={node.name: f"{node.name}.test" for node in cluster.nodes},
                             prefix=names.prefix(), config={"listeners": {"write": {"hold": "20s"}}})
        node = cluster.nodes[0]
        if cluster.wait_for_leader() is not node:
            cluster.switchover(node)
        wait_until("it leads", lambda: router.leader() == node.name)
        assert router.node(node.name)["address"].startswith("[::1]")
        router.connect().close()
        assert router.node(node.name)["address"] == "%s:%d" % node.postgres
        assert in_log(router, "node.no_connection") == 0
    finally:
        for forwarder in forwarders:
            forwarder.stop()
        names.stop()
