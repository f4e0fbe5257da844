"""What people do to a cluster of agents beside the commands that are meant for it, and how an agent leaves without harm."""
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from cluster import Cluster, Node, wait_until

SETTINGS: dict[str, Any] = {"agent": "tamada", "synchronous": True, "ttl": 20, "loop_wait": 2, "retry_timeout": 5}


def etcdctl(cluster: Cluster, *words: str) -> None:
    subprocess.run(["etcdctl", "--endpoints", cluster.etcd.endpoint, *words], env={**os.environ, "ETCDCTL_API": "3"},
                   check=True, capture_output=True, timeout=30)


def synchronous_standby(cluster: Cluster) -> Node:
    def named() -> Node | None:
        members = (cluster.wait_for_leader().get("/cluster") or {}).get("members", [])
        names = [member["name"] for member in members if member["role"] == "sync_standby"]
        return cluster.node(names[0]) if names else None
    return wait_until("a standby is synchronous", named)


def test_a_leader_key_put_by_hand_is_named_and_nobody_takes_it(cluster: Cluster) -> None:
    key = f"/service/{cluster.settings.scope}/leader"
    etcdctl(cluster, "put", key, "somebody")

    def is_named(node: Node) -> bool:
        return all(f"etcdctl del {key}" in ((node.get(path) or {}).get("tamada") or {}).get("problem", "")
                   for path in ("/cluster", "/patroni"))
    for node in cluster.nodes:
        wait_until(f"{node.name} names the key", lambda node=node: is_named(node))
        assert f'the leader key {key} ("somebody") has no lease' in node.log.read_text(errors="replace")
    wait_until("nobody leads", lambda: not any(node.is_leader() for node in cluster.nodes))
    until = time.monotonic() + SETTINGS["ttl"] + 5
    while time.monotonic() < until:
        assert not any(node.is_leader() for node in cluster.nodes)
        time.sleep(1)
    etcdctl(cluster, "del", key)
    cluster.wait_healthy()
    for node in cluster.nodes:
        assert node.log.read_text(errors="replace").count(f'{key} ("somebody") has no lease') == 1


def test_a_synchronous_standby_that_ends_leaves_the_synchronous_ones_first(cluster: Cluster) -> None:
    standby = synchronous_standby(cluster)
    leader = cluster.wait_for_leader()
    cluster.sql("CREATE TABLE IF NOT EXISTS people (it int)")
    before = len(standby.log.read_text(errors="replace"))
    assert standby.server
    standby.server.signal(signal.SIGTERM)
    assert standby.server.wait() == 0
    said = standby.log.read_text(errors="replace")[before:]
    waited, shut = said.find("is no synchronous standby any more"), said.find("shutting down")
    assert 0 <= waited < shut
    # Another one has been chosen, and commits wait for nobody who has gone.
    cluster.sql("SET statement_timeout = '20s'; INSERT INTO people VALUES (1)", leader)
    standby.start()
    cluster.wait_healthy()
    tags = next(member.get("tags", {}) for member in leader.get("/cluster")["members"] if member["name"] == standby.name)
    assert "nosync" not in tags


def test_as_the_first_process_of_a_container(make_cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = ["unshare", "--user", "--map-current-user", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may make no namespaces of processes")
    cluster = make_cluster(**{**SETTINGS, "nodes": 1, "synchronous": False})
    node = cluster.nodes[0]

    def edit(config: dict[str, Any]) -> None:
        # It leaves a process behind, whose parent is gone when it ends.
        config["postgresql"]["callbacks"] = {"on_start": "/bin/sh -c '(sleep 1; exit 7) & exit 0'"}
    node.edit = edit
    program = node._program()
    monkeypatch.setattr(node, "_program", lambda: [*inside, *program])
    cluster.etcd.start()
    node.start()
    cluster.wait_for_leader()
    assert node.server
    first = int(Path(f"/proc/{node.server.pid}/task/{node.server.pid}/children").read_text().split()[0])
    wait_until("the orphan is reaped", lambda: "exit status=7" in node.log.read_text(errors="replace"))
    assert cluster.sql("SELECT 1", node) == [(1,)]
    os.kill(first, signal.SIGTERM)
    assert node.server.wait() == 0
    assert "database system is shut down" in node.log.read_text(errors="replace")
