"""The configuration file changes under load: nobody notices, and a mistake changes nothing."""
import os
import signal
from typing import Callable

import yaml

from cluster import Cluster, Router, Workload, wait_until

MakeRouter = Callable[..., Router]


def test_a_file_replaced_by_rename_is_applied_and_no_session_ends(cluster: Cluster, router: Router) -> None:
    with Workload(cluster, router) as load:
        for hold in ("50s", "40s", "30s"):
            before = router.generation()
            router.write_config({"listeners": {"write": {"hold": hold}}})
            wait_until("the change is applied", lambda: router.generation() > before)
        load.wait_for_writes()
    report = load.report()

    assert report.failures == [], report.describe()
    assert router.status()["config"]["error"] is None


def test_a_file_behind_symlinks_is_followed(cluster: Cluster, make_router: MakeRouter) -> None:
    """As Kubernetes mounts a ConfigMap: router.yaml -> ..data/router.yaml, ..data -> a folder for each version."""
    mount = cluster.folder / "mount"
    mount.mkdir()

    def publish(version: str, config: dict[str, object]) -> None:
        (mount / version).mkdir()
        (mount / version / "router.yaml").write_text(yaml.safe_dump(config))
        (mount / "..new").symlink_to(version)
        os.rename(mount / "..new", mount / "..data")

    pattern = Router(cluster)
    publish("..1", pattern.config)
    (mount / "router.yaml").symlink_to("..data/router.yaml")
    router = make_router(cluster, file=mount / "router.yaml", like=pattern)
    router.wait_ready()
    before = router.generation()

    with Workload(cluster, router) as load:
        pattern.config["listeners"]["read"]["max_lag"] = "16MB"
        publish("..2", pattern.config)
        wait_until("the change is applied", lambda: router.generation() > before)
        load.wait_for_writes()

    assert load.report().failures == [], load.report().describe()


def test_a_wrong_file_is_refused_with_its_place_and_the_running_one_stays(cluster: Cluster, router: Router) -> None:
    before = router.generation()

    with Workload(cluster, router) as load:
        router.write_config({"listeners": {"write": {"holt": "1s"}}})
        error = wait_until("the error is shown", lambda: router.status()["config"]["error"])
        load.wait_for_writes()
        assert "holt" in error and "hold" in error, error  # what was found, and what was probably meant
        assert router.generation() == before

        router.write_config({"listeners": {"write": {"holt": None, "hold": "45s"}}})
        wait_until("the error is gone", lambda: router.status()["config"]["error"] is None)
        assert router.generation() > before
    report = load.report()

    assert report.failures == [], report.describe()


def test_sighup_reads_a_file_that_was_written_in_place(cluster: Cluster, router: Router) -> None:
    before = router.generation()
    router.config["listeners"]["write"]["hold"] = "33s"

    router.file.write_text(yaml.safe_dump(router.config))
    assert router.server
    router.server.signal(signal.SIGHUP)

    wait_until("the change is applied", lambda: router.generation() > before)
    assert router.serves(router.write, in_recovery=False)


def test_a_node_taken_out_keeps_its_sessions_and_gets_no_new_ones(cluster: Cluster, router: Router) -> None:
    leaving = cluster.replicas()[0]

    def session_on_leaving() -> object:
        session = router.connect(router.read)
        with session.cursor() as cursor:
            cursor.execute("SELECT host(inet_server_addr())")
            if cursor.fetchone()[0] == leaving.address:
                return session
        session.close()
        return None
    session = wait_until("a reader on the node", session_on_leaving)
    before = router.generation()

    nodes = [node for node in router.config["cluster"]["nodes"] if node["name"] != leaving.name]
    router.write_config({"cluster": {"nodes": nodes}})
    wait_until("the change is applied", lambda: router.generation() > before)

    for _ in range(20):
        other = router.connect(router.read)
        with other.cursor() as cursor:
            cursor.execute("SELECT host(inet_server_addr())")
            assert cursor.fetchone()[0] != leaving.address
        other.close()
    with session.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    session.close()  # type: ignore[attr-defined]
