"""The page in a real browser, against a real router and a real cluster."""
import json
import threading
import urllib.request
from typing import Any, Callable

from browser_script import BrowserScript
from cluster import NO_PASSWORDS, Cluster, Router, Workload, wait_until

SETTINGS = NO_PASSWORDS
MakeRouter = Callable[..., Router]
DBA = {"user": "dba", "password": "a-password-for-tests"}


def url(router: Router) -> str:
    return "http://%s:%d/" % router.stats


def ask(router: Router, path: str) -> Any:
    with urllib.request.urlopen(f"{url(router)}api/v1/{path}", timeout=10) as answer:
        return json.load(answer)


def test_a_switchover_under_load_appears_by_itself(cluster: Cluster, make_router: MakeRouter) -> None:
    router = make_router(cluster, etcd=True)
    router.wait_ready()
    before = cluster.wait_for_leader()
    after = cluster.replicas()[0]

    with Workload(cluster, router) as load, \
            BrowserScript("switchover.mjs", url(router), **{"from": before.name, "to": after.name}) as page:
        page.wait("watching")
        page.go()
        cluster.switchover(after)
        load.wait_for_writes()
        seen = page.wait("seen")
        page.go()

    assert f"{after.name} leads" in seen["leaders"][-1]
    failover = ask(router, "failovers")[0]
    assert failover["planned"] and failover["over"]
    assert failover["stood_still_ms"] is not None
    assert "writes stood still for" in seen["failover"]
    assert "planned" in seen["failover"]


class Readers:
    """Clients of the read port that come and go, so that one sees where new sessions go."""

    def __init__(self, router: Router) -> None:
        self._router, self._over = router, threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(8)]

    def _run(self) -> None:
        while not self._over.is_set():
            session = self._router.connect(self._router.read)
            self._over.wait(0.5)
            session.close()

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def test_somebody_signs_in_drains_a_node_and_sees_the_sessions_move(cluster: Cluster, make_router: MakeRouter) -> None:
    router = make_router(cluster, config={"stats": {"admin_user": DBA["user"], "admin_password": DBA["password"]}})
    router.wait_ready()
    drained, other = (node.name for node in cluster.replicas())
    victim = router.connect(router.write, application_name="the-victim")

    with Readers(router), BrowserScript("drain.mjs", url(router), node=drained, other=other, victim="the-victim",
                                        **DBA) as page:
        page.wait("drained")
        node = ask(router, f"nodes/{drained}")
        assert node["admin"] == "drain"
        assert node["admin_by"].startswith("dba")
        page.go()
        page.wait("ended")
        wait_until("the victim's connection is closed", lambda: _is_closed(victim))
        page.go()

    log = router.log_text()
    assert "dba" in log, "actions are logged with the name of who asked"


def _is_closed(session: Any) -> bool:
    try:
        with session.cursor() as cursor:
            cursor.execute("SELECT 1")
        return False
    except Exception:  # whatever the driver says of a closed connection
        return True


def test_a_router_that_is_lost_and_returns(cluster: Cluster, router: Router) -> None:
    with BrowserScript("lost.mjs", url(router), leader=cluster.wait_for_leader().name) as page:
        page.wait("watching paused")
        router.server.pause()
        page.go()
        page.wait("paused")
        router.server.resume()
        page.go()
        page.wait("watching stopped")
        router.stop()
        page.go()
        page.wait("stopped")
        router.start()
        page.go()


def test_sixty_nodes_on_a_laptop_and_on_a_phone(cluster: Cluster, make_router: MakeRouter) -> None:
    nowhere = cluster.network.address(9)
    router = make_router(cluster, more_nodes=[
        {"name": f"nowhere{i}", "postgres": f"{nowhere}:{6000 + i}", "api": f"http://{nowhere}:{7000 + i}"} for i in range(57)])
    router.wait_ready()
    with BrowserScript("sixty_nodes.mjs", url(router), leader=cluster.wait_for_leader().name) as page:
        page.wait("seen")
        page.go()
