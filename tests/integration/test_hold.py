"""Clients that wait for a leader, what they are told when the wait ends in vain, and SIGTERM."""
import signal
import threading
import time
from typing import Any, Callable

import psycopg2
import pytest

from cluster import Cluster, Router, wait_until
from cluster.wire import SSL_REQUEST, dial, parse_error, read_to_end, startup_packet

SETTINGS = {"nodes": 1}
MakeRouter = Callable[..., Router]


@pytest.fixture
def lonely(make_cluster: Callable[..., Cluster], make_router: MakeRouter) -> Callable[..., Router]:
    """A router in front of addresses where nobody is."""
    def make(**listener: Any) -> Router:
        return make_router(make_cluster(), config={"listeners": {"write": listener}})
    return make


def held(router: Router) -> int:
    return int(router.listener("write")["held"])


def test_a_client_that_waited_in_vain_gets_an_error_that_drivers_can_read(lonely: Callable[..., Router]) -> None:
    router = lonely(hold="1s")
    with dial(router.write) as client:
        client.sendall(startup_packet())
        error = parse_error(read_to_end(client))
    assert (error["S"], error["C"]) == ("FATAL", "57P03")
    assert error["M"] and error["H"]  # what is missing, and what to do


def test_a_client_that_prefers_tls_is_told_as_well(lonely: Callable[..., Router]) -> None:
    router = lonely(hold="1s")
    with dial(router.write) as client:
        client.sendall(SSL_REQUEST)
        assert client.recv(1) == b"N"
        client.sendall(startup_packet())
        assert parse_error(read_to_end(client))["C"] == "57P03"
    with pytest.raises(psycopg2.OperationalError, match="FATAL"):
        router.connect(sslmode="prefer")


def test_a_client_that_leaves_while_it_waits_is_forgotten_at_once(lonely: Callable[..., Router]) -> None:
    router = lonely(hold="60s")
    client = dial(router.write)
    client.sendall(startup_packet())
    wait_until("it is held", lambda: held(router) == 1)
    client.close()
    wait_until("it is forgotten", lambda: held(router) == 0)


def test_more_than_max_held_clients_are_refused_at_once(lonely: Callable[..., Router]) -> None:
    router = lonely(hold="60s", max_held=2)
    waiting = [dial(router.write) for _ in range(2)]
    for client in waiting:
        client.sendall(startup_packet())
    wait_until("two are held", lambda: held(router) == 2)

    with dial(router.write) as third:
        third.sendall(startup_packet())
        assert parse_error(read_to_end(third))["C"] == "57P03"
    assert held(router) == 2
    for client in waiting:
        client.close()


def test_held_clients_go_through_when_a_leader_appears(make_cluster: Callable[..., Cluster],
                                                       make_router: MakeRouter) -> None:
    cluster = make_cluster(nodes=1)
    router = make_router(cluster)
    done: list[bool] = []

    def client(**options: str) -> None:
        router.connect(**options).close()
        done.append(True)
    threads = [threading.Thread(target=client, kwargs={"sslmode": mode}, daemon=True)
               for mode in ("disable", "prefer") * 10]
    # The application's user is made once the server runs; these clients must not come before it is there.
    cluster.etcd.start()
    cluster.nodes[0].start()
    cluster.wait_for_leader()
    cluster.prepare_database()
    cluster.nodes[0].pause()
    wait_until("the router knows no leader", lambda: router.leader() is None)
    for thread in threads:
        thread.start()
    wait_until("all are held", lambda: held(router) == len(threads))

    cluster.nodes[0].resume()
    for thread in threads:
        thread.join(timeout=60)
    assert len(done) == len(threads)


def test_sigterm_tells_waiting_clients_and_ends(lonely: Callable[..., Router]) -> None:
    router = lonely(hold="60s")
    with dial(router.write) as client:
        client.sendall(startup_packet())
        wait_until("it is held", lambda: held(router) == 1)
        assert router.server
        router.server.signal(signal.SIGTERM)
        assert parse_error(read_to_end(client))["C"] == "57P01"
    assert router.server.wait() == 0


def test_sigterm_lets_sessions_end_by_themselves(cluster: Cluster, make_router: MakeRouter) -> None:
    router = make_router(cluster, config={"drain_timeout": "60s"})
    router.wait_ready(replicas=False)
    session = router.connect()
    assert router.server
    router.server.signal(signal.SIGTERM)
    wait_until("nobody new is accepted", lambda: refused(router))

    with session.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert router.server.running()
    session.close()
    assert router.server.wait() == 0


def test_sigterm_has_a_limit(cluster: Cluster, make_router: MakeRouter) -> None:
    router = make_router(cluster, config={"drain_timeout": "1s"})
    router.wait_ready(replicas=False)
    session = router.connect()
    started = time.monotonic()
    assert router.server
    router.server.signal(signal.SIGTERM)

    assert router.server.wait() == 0
    assert time.monotonic() - started >= 1
    with pytest.raises(psycopg2.Error):
        with session.cursor() as cursor:
            cursor.execute("SELECT 1")


def refused(router: Router) -> bool:
    try:
        dial(router.write, timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False
