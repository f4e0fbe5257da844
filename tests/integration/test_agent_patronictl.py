"""Debian's unmodified patronictl, and what it tells and does with a cluster of tamada-agents."""
import json
import os
import re
import sys
import tempfile
import traceback
from typing import Any

import pytest
import yaml

from cluster import Cluster, Node, wait_until

SETTINGS: dict[str, Any] = {"agent": "tamada", "ttl": 20, "loop_wait": 2, "retry_timeout": 5}
ctl = pytest.importorskip("patroni.ctl", reason="patronictl is not installed")


def ask(cluster: Cluster, *words: str, typed: str = "", code: int = 0) -> str:
    """What `patronictl words` says, on both outputs; it must end with `code`.

    Each call is a process of its own, but one that has its modules already: loading them takes longer than the call."""
    file = str(cluster.nodes[0].folder / "patroni.yml")
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as read:
        read.write(typed.encode())
        read.seek(0)
        child = os.fork()
        if child == 0:
            ended = 99
            try:
                for number, other in enumerate((read, told, told)):
                    os.dup2(other.fileno(), number)
                sys.stdin, sys.stdout, sys.stderr = (open(number, mode, closefd=False)
                                                     for number, mode in enumerate("rww"))
                ctl.ctl(args=["-c", file, *words], prog_name="patronictl")
                ended = 0
            except SystemExit as end:
                ended = end.code if isinstance(end.code, int) else 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(ended)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        told.seek(0)
        text = told.read().decode()
    assert ended == code, f"{words} ended with {ended}:\n{text}"
    assert "Traceback" not in text, text
    return text


def members(cluster: Cluster) -> dict[str, dict[str, Any]]:
    rows = json.loads(ask(cluster, "list", "tamada", "-f", "json"))
    return {row["Member"]: row for row in rows}


def scope(cluster: Cluster) -> str:
    return cluster.settings.scope


def test_list_and_topology(cluster: Cluster) -> None:
    leader = cluster.wait_for_leader()
    found = members(cluster)
    assert set(found) == {node.name for node in cluster.nodes}
    for node in cluster.nodes:
        row = found[node.name]
        assert row["Role"] == ("Leader" if node is leader else "Replica")
        assert row["State"] in ("running", "streaming")
        assert row["TL"] == found[leader.name]["TL"]
        assert row["Host"] == f"{node.address}:{node.postgres_port}" or row["Host"] == node.address
        if node is not leader:
            assert row["Lag in MB"] == 0
    tree = ask(cluster, "topology", scope(cluster))
    assert [line for line in tree.splitlines() if re.search(rf"\| {leader.name} ", line)], tree
    for node in cluster.replicas():
        assert f"+ {node.name}" in tree, tree


def test_version(cluster: Cluster) -> None:
    assert "patronictl version 3.0.2" in ask(cluster, "version")
    text = ask(cluster, "version", scope(cluster))
    for node in cluster.nodes:
        assert re.search(rf"{node.name}: Patroni \d+\.\d+\.\d+ PostgreSQL 15\.\d+", text), text


def test_the_shared_configuration_is_shown_and_changed(cluster: Cluster) -> None:
    shown = yaml.safe_load(ask(cluster, "show-config", scope(cluster)))
    assert shown["ttl"] == 20 and shown["postgresql"]["use_pg_rewind"] is True

    text = ask(cluster, "edit-config", scope(cluster), "--set", "maximum_lag_on_failover=2097152",
               "--pg", "work_mem=5MB", "--force")
    assert "Configuration changed" in text
    shown = yaml.safe_load(ask(cluster, "show-config", scope(cluster)))
    assert shown["maximum_lag_on_failover"] == 2097152
    for node in cluster.nodes:
        wait_until(f"{node.name} has it", lambda: cluster.sql("SHOW work_mem", node) == [("5MB",)])
    ask(cluster, "edit-config", scope(cluster), "--pg", "work_mem=null", "--force")
    for node in cluster.nodes:
        wait_until(f"{node.name} has it no more", lambda: cluster.sql("SHOW work_mem", node) == [("4MB",)])


def test_dsn_and_query(cluster: Cluster) -> None:
    leader = cluster.wait_for_leader()
    assert ask(cluster, "dsn", scope(cluster), "-r", "leader").strip() == \
        f"host={leader.address} port={leader.postgres_port}"
    text = ask(cluster, "query", scope(cluster), "-U", "postgres", "-d", "postgres", "-r", "replica",
               "-c", "SELECT pg_is_in_recovery() AS answer", "--password", typed="super-secret\n")
    assert "True" in text, text


def test_switchover_and_history(cluster: Cluster) -> None:
    leader, candidate = cluster.wait_for_leader(), cluster.replicas()[0]
    text = ask(cluster, "switchover", scope(cluster), "--master", leader.name, "--candidate", candidate.name, "--force")
    assert f'Successfully switched over to "{candidate.name}"' in text, text
    cluster.wait_healthy()
    assert members(cluster)[candidate.name]["Role"] == "Leader"
    rows = json.loads(ask(cluster, "history", scope(cluster), "-f", "json"))
    assert rows and rows[-1]["Reason"] == "no recovery target specified"
    assert rows[-1]["TL"] + 1 == members(cluster)[candidate.name]["TL"]
    text = ask(cluster, "switchover", scope(cluster), "--master", leader.name, "--force", code=1)
    assert f"Member {leader.name} is not the leader" in text


def test_failover_to_a_named_node(cluster: Cluster) -> None:
    candidate = cluster.replicas()[0]
    text = ask(cluster, "failover", scope(cluster), "--candidate", candidate.name, "--force")
    # patronictl of 3.0.2 names the leader, which makes it a switchover.
    assert re.search(rf'Successfully (failed|switched) over to "{candidate.name}"', text), text
    cluster.wait_healthy()
    assert cluster.wait_for_leader() is candidate


def test_a_scheduled_switchover_is_flushed(cluster: Cluster) -> None:
    leader, candidate = cluster.wait_for_leader(), cluster.replicas()[0]
    text = ask(cluster, "switchover", scope(cluster), "--master", leader.name, "--candidate", candidate.name,
               "--scheduled", "2099-01-01T00:00:00+00:00", "--force")
    assert "2099-01-01" in ask(cluster, "list", scope(cluster)), text
    assert "Success: scheduled switchover deleted" in ask(cluster, "flush", scope(cluster), "switchover", "--force")
    assert "2099-01-01" not in ask(cluster, "list", scope(cluster))
    text = ask(cluster, "restart", scope(cluster), candidate.name, "--scheduled", "2099-02-03T00:00:00+00:00",
               "--force")
    assert f"Success: restart scheduled on member {candidate.name}" in text
    wait_until("the restart is listed", lambda: "2099-02-03" in ask(cluster, "list", scope(cluster)))
    assert f"Success: flush scheduled restart for member {candidate.name}" in \
        ask(cluster, "flush", scope(cluster), "restart", "--force")
    wait_until("the restart is not listed", lambda: "2099-02-03" not in ask(cluster, "list", scope(cluster)))


def started(node: Node) -> str:
    return str((node.status() or {}).get("postmaster_start_time"))


def test_restart_reload_and_reinit(cluster: Cluster) -> None:
    leader, replica = cluster.wait_for_leader(), cluster.replicas()[0]
    for node in (replica, leader):
        pid = node.postmaster()
        text = ask(cluster, "restart", scope(cluster), node.name, "--force")
        assert f"Success: restart on member {node.name}" in text
        assert node.postmaster() != pid
        cluster.wait_healthy()
    assert cluster.wait_for_leader() is leader
    text = ask(cluster, "reload", scope(cluster), "--force")
    for node in cluster.nodes:
        assert f"Reload request received for member {node.name}" in text, text
    mark = replica.folder / "data" / "a_file_of_before"
    mark.touch()
    text = ask(cluster, "reinit", scope(cluster), replica.name, "--force", "--wait")
    assert f"Success: reinitialize for member {replica.name}" in text
    assert f"Reinitialize is completed on: {replica.name}" in text
    assert not mark.exists()


def test_pause_and_resume(cluster: Cluster) -> None:
    assert "Success: cluster management is paused" in ask(cluster, "pause", scope(cluster), "--wait")
    assert "Maintenance mode: on" in ask(cluster, "list", scope(cluster))
    assert "Cluster is already paused" in ask(cluster, "pause", scope(cluster), code=1)
    assert "Success: cluster management is resumed" in ask(cluster, "resume", scope(cluster), "--wait")
    assert "Maintenance mode" not in ask(cluster, "list", scope(cluster))


def test_remove_takes_the_keys_of_a_cluster_that_runs_no_more(cluster: Cluster) -> None:
    for node in cluster.nodes:
        node.stop()
    text = ask(cluster, "remove", scope(cluster), typed=f"{scope(cluster)}\nYes I am aware\n")
    assert "Please confirm the cluster name" in text
    assert "No cluster" in text or ask(cluster, "list", scope(cluster), "-f", "json").strip() in ("[]", "")
    # Nobody knows the cluster any more; whoever has data begins it again, and nothing is lost.
    cluster.nodes[0].start()
    cluster.wait_for_leader()
