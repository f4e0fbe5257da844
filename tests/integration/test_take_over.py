"""Another process of the router takes over (SIGUSR2), again and again: nobody is refused, no session is lost."""
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any, Callable

import psycopg2
import pytest

from cluster import NO_PASSWORDS, Cluster, Router, Workload, wait_until
from cluster.crowd import Crowd
from cluster.wire import dial

SETTINGS = {**NO_PASSWORDS, "nodes": 2}
MakeRouter = Callable[..., Router]


def take_over(router: Router) -> int:
    """Returns the process that served before; the router's `server.pid` is the new one."""
    server = router.server
    assert server
    before, log = server.pid, router.log_text()
    server.signal(signal.SIGUSR2)

    def finished() -> bool:
        text = router.log_text()[len(log):]
        assert "take_over.failed" not in text, text
        return "take_over.done" in text
    wait_until("another process has taken over", finished)
    server.pid = int(re.findall(r"take_over\.done by=(\d+)", router.log_text())[-1])
    assert server.pid != before
    return before


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture
def lonely(make_cluster: Callable[..., Cluster], make_router: MakeRouter) -> Callable[..., Router]:
    """A router in front of addresses where nobody is."""
    def make(**config: Any) -> Router:
        return make_router(make_cluster(nodes=1), config=config)
    return make


def test_a_crowd_that_connects_all_the_time_is_never_refused(lonely: Callable[..., Router]) -> None:
    router = lonely(listeners={"write": {"hold": "off"}})
    people = Crowd(router.write, router.file.parent)
    for _ in range(3):
        old = take_over(router)
        wait_until("the old process has ended", lambda: gone(old))
    counts = people.end()
    print(counts)
    assert set(counts) == {"answered"}, counts
    assert router.code("/health") == 200


def test_writers_and_their_sessions_notice_nothing(cluster: Cluster, router: Router) -> None:
    with Workload(cluster, router) as load:
        olds = []
        for _ in range(3):
            olds.append(take_over(router))
            load.wait_for_writes()
        assert router.leader() is not None  # the new one knows, and its page says so
        assert not all(gone(old) for old in olds)  # the sessions of before are there
    report = load.report()
    print(report.describe())
    assert report.failures == [], report.describe()
    wait_until("the old processes end with their last session", lambda: all(gone(old) for old in olds))


def test_clients_that_wait_stay_where_they_are_and_get_through(cluster: Cluster, router: Router) -> None:
    leader = cluster.wait_for_leader()
    for node in cluster.nodes:
        node.pause()
    wait_until("the router knows no leader", lambda: router.leader() is None)
    done: list[bool] = []

    def client() -> None:
        router.connect().close()
        done.append(True)
    threads = [threading.Thread(target=client, daemon=True) for _ in range(10)]
    for thread in threads:
        thread.start()
    wait_until("all are held", lambda: router.listener("write")["held"] == len(threads))
    old = take_over(router)
    assert not gone(old)
    for node in cluster.nodes:
        node.resume()
    assert leader
    for thread in threads:
        thread.join(timeout=60)
    assert len(done) == len(threads)
    wait_until("the old process has ended", lambda: gone(old))


def test_a_cancel_request_finds_a_session_of_the_old_process(cluster: Cluster, router: Router) -> None:
    session = router.connect()
    take_over(router)
    errors: list[Exception] = []

    def sleep() -> None:
        try:
            with session.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(600)")
        except psycopg2.Error as error:
            errors.append(error)
    thread = threading.Thread(target=sleep, daemon=True)
    thread.start()
    wait_until("it sleeps", lambda: cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE "
                                                "'SELECT pg_sleep(600)%' AND state = 'active'")[0][0] == 1)
    session.cancel()  # a new connection, to the new process
    thread.join(timeout=60)
    assert len(errors) == 1 and "canceling statement" in str(errors[0])
    session.close()


def test_state_and_run_time_socket_go_over_and_the_first_one_writes_no_more(
        cluster: Cluster, make_router: MakeRouter) -> None:
    state = cluster.folder / "state"
    state.mkdir()
    place = cluster.folder / "s.sock"
    router = make_router(cluster, config={
        "state_dir": str(state), "stats": {"admin_user": "dba", "admin_password": "secret",
                                           "socket": f"{place} level admin"}})
    router.wait_ready()
    session = router.connect()
    replica = cluster.replicas()[0].name
    administer(router, replica, "drain")
    take_over(router)
    assert router.node(replica)["admin"] == "drain"
    administer(router, replica, "ready")
    assert ask(place, "show info").count(f"Pid: {router.server and router.server.pid}") == 1
    assert (state / "lock").read_text() == f"{router.server and router.server.pid}\n"

    session.close()
    again = take_over(router)
    wait_until("the old process has ended", lambda: gone(again))
    assert place.exists()
    assert router.node(replica)["admin"] == "ready"


def ask(place: Path, command: str) -> str:
    return subprocess.run(["socat", "-t10", "-", f"UNIX-CONNECT:{place}"], input=f"{command}\n", text=True,
                          stdout=subprocess.PIPE, check=True, timeout=60).stdout


def administer(router: Router, node: str, state: str) -> None:
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, router.stats_url("/"), "dba", "secret")
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
    request = urllib.request.Request(router.stats_url(f"/admin/nodes/{node}"), method="PUT",
                                     data=json.dumps({"state": state}).encode())
    assert opener.open(request, timeout=30).status == 200


# --- what goes wrong

def failed(router: Router, words: str) -> None:
    wait_until(f"it failed: {words}", lambda: re.search(rf"take_over\.failed .*{words}", router.log_text()))


def test_a_new_process_that_finds_its_configuration_wrong_changes_nothing(lonely: Callable[..., Router]) -> None:
    router = lonely(listeners={"write": {"hold": "off"}})
    server = router.server
    assert server
    people = Crowd(router.write, router.file.parent)
    router.file.write_text("cluster: {nonsense: 1}\n")
    server.signal(signal.SIGUSR2)
    failed(router, "nonsense")
    assert people.end().keys() == {"answered"}
    router.write_config()
    take_over(router)


def test_one_that_finds_no_leader_leaves_clients_to_one_that_knows_it(cluster: Cluster, router: Router) -> None:
    """The leader's agent hangs: PostgreSQL and the other member vouch for it to whoever has known it before."""
    leader = cluster.wait_for_leader()
    server = router.server
    assert leader.server and server
    os.kill(leader.server.pid, signal.SIGSTOP)
    try:
        wait_until("it is silent", lambda: "node.silent" in router.log_text())
        server.signal(signal.SIGUSR2)
        failed(router, "finds no leader")
        assert router.code("/health") == 200
    finally:
        os.kill(leader.server.pid, signal.SIGCONT)
    router.wait_ready(replicas=False)
    take_over(router)


def test_two_at_once_are_one_and_a_hung_one_can_be_called_off(lonely: Callable[..., Router]) -> None:
    """Without a leader a new process waits 5 s before it takes over: time to stop it, as a hang would."""
    router = lonely()
    server = router.server
    assert server
    server.signal(signal.SIGUSR2)
    wait_until("it has begun", lambda: "take_over.begun" in router.log_text())
    new = int(re.findall(r"take_over\.begun by=(\d+)", router.log_text())[-1])
    os.kill(new, signal.SIGSTOP)
    server.signal(signal.SIGUSR2)
    failed(router, "on its way already")
    os.kill(new, signal.SIGKILL)
    failed(router, "ended before it was ready")
    assert router.code("/health") == 200
    take_over(router)


def test_one_that_is_stopped_while_it_prepares_takes_nothing_along(lonely: Callable[..., Router]) -> None:
    with tempfile.TemporaryDirectory(prefix="tamada-socket-") as folder:
        place = Path(folder) / "s"
        router = lonely(stats={"socket": str(place)})
        server = router.server
        assert server
        server.signal(signal.SIGUSR2)
        wait_until("it prepares", lambda: router.log_text().count("router.start") == 2)
        os.kill(int(re.findall(r"take_over\.begun by=(\d+)", router.log_text())[-1]), signal.SIGTERM)
        failed(router, "ended before it was ready")
        assert f"Pid: {server.pid}\n" in ask(place, "show info")
        assert router.code("/health") == 200
        dial(router.write).close()


def test_one_that_hangs_is_killed_after_its_time(lonely: Callable[..., Router]) -> None:
    router = lonely()
    server = router.server
    assert server
    server.signal(signal.SIGUSR2)
    wait_until("it has begun", lambda: "take_over.begun" in router.log_text())
    new = int(re.findall(r"take_over\.begun by=(\d+)", router.log_text())[-1])
    os.kill(new, signal.SIGSTOP)
    failed(router, "not ready within 30 s")
    wait_until("it is gone", lambda: gone(new))
    assert router.code("/health") == 200


def test_a_process_that_stops_already_hands_nothing_over(cluster: Cluster, router: Router) -> None:
    session = router.connect()
    server = router.server
    assert server
    server.signal(signal.SIGUSR1)
    wait_until("it finishes", lambda: "router.finish" in router.log_text())
    server.signal(signal.SIGUSR2)
    failed(router, "accepts no clients any more")
    with session.cursor() as cursor:
        cursor.execute("SELECT 1")
    with pytest.raises(ConnectionRefusedError):
        dial(router.write)
    session.close()
    assert server.wait() == 0


def test_the_first_sigterm_after_a_take_over_limits_what_is_left(cluster: Cluster, make_router: MakeRouter) -> None:
    router = make_router(cluster, config={"drain_timeout": "1s"})
    router.wait_ready(replicas=False)
    session = router.connect()
    old = take_over(router)
    os.kill(old, signal.SIGTERM)
    wait_until("the old process has ended", lambda: gone(old))
    with pytest.raises(psycopg2.Error):
        with session.cursor() as cursor:
            cursor.execute("SELECT 1")
    router.connect().close()
