"""What a tamada-agent does when something is wrong: it says what, and destroys nothing where it cannot know."""
import base64
import json
import os
import shutil
import socket
import subprocess
import time
from typing import Any, Callable

import pytest

from cluster import Cluster, Node, wait_until
from cluster.node import is_alive

SETTINGS: dict[str, Any] = {"agent": "tamada", "nodes": 2, "ttl": 20, "loop_wait": 2, "retry_timeout": 5}
Edit = Callable[[dict[str, Any]], None]


def prefix(cluster: Cluster) -> str:
    return f"/service/{cluster.settings.scope}/"


def put(cluster: Cluster, key: str, value: str) -> None:
    """Writes /service/<scope>/<key>."""
    cluster.etcd.ctl("put", prefix(cluster) + key, value)


def delete(cluster: Cluster, key: str) -> None:
    cluster.etcd.ctl("del", prefix(cluster) + key)


def all_keys(cluster: Cluster) -> dict[str, str]:
    """Of the cluster, without /service/<scope>/."""
    answer = json.loads(cluster.etcd.ctl("get", "--prefix", prefix(cluster), "--write-out", "json"))
    return {base64.b64decode(one["key"]).decode().removeprefix(prefix(cluster)): base64.b64decode(one["value"]).decode()
            for one in answer["kvs"]}


def told_since(node: Node, length: int, *words: str) -> bool:
    text = node.log.read_text(errors="replace")[length:]
    return all(word in text for word in words)


def length(node: Node) -> int:
    return len(node.log.read_text(errors="replace"))


def replica(cluster: Cluster) -> Node:
    leader = cluster.wait_for_leader()
    return next(node for node in cluster.nodes if node is not leader)


# --- one that does not start


@pytest.fixture
def lonely(make_cluster: Callable[..., Cluster]) -> Callable[[Edit], Node]:
    """A node with a changed patroni.yml and nothing else, that ends by itself."""
    def make(edit: Edit) -> Node:
        cluster = make_cluster(**SETTINGS)
        cluster.etcd.start()
        node = cluster.nodes[0]
        node.edit = edit
        node.start()
        assert node.server and node.server.wait(30) != 0
        return node
    return make


def test_each_error_of_the_configuration_is_told_with_its_place(lonely: Callable[[Edit], Node]) -> None:
    def edit(config: dict[str, Any]) -> None:
        del config["scope"]
        config["restapi"]["listen"] = "nowhere:port"
        config["tags"]["nofailover"] = "perhaps"
    node = lonely(edit)
    text = node.log.read_text()
    for word in ("scope", "restapi.listen", "nofailover", "patroni.yml:", "nothing was started"):
        assert word in text, text
    assert node.server and node.server.exit_code() == 1


def test_programs_of_postgresql_that_are_missing(lonely: Callable[[Edit], Node]) -> None:
    node = lonely(lambda config: config["postgresql"].update(bin_dir="/nowhere/bin"))
    text = node.log.read_text()
    assert "/nowhere/bin/postgres" in text and "nothing was started" in text, text


def test_a_rest_port_in_use(make_cluster: Callable[..., Cluster]) -> None:
    cluster = make_cluster(**SETTINGS)
    cluster.etcd.start()
    node = cluster.nodes[0]
    with socket.socket() as other:
        other.bind((node.address, node.api_port))
        other.listen()
        node.start()
        assert node.server and node.server.wait(30) == 1
    assert told_since(node, 0, "the REST API cannot listen", f"{node.address}:{node.api_port}"), node.log.read_text()
    assert not (node.folder / "data" / "postmaster.pid").exists()


def test_etcd_that_is_not_there_at_the_start(make_cluster: Callable[..., Cluster]) -> None:
    cluster = make_cluster(**SETTINGS)
    node = cluster.nodes[0]
    node.start()
    wait_until("it says that etcd is silent", lambda: told_since(node, 0, "DCS is not accessible"))
    assert node.server and is_alive(node.server.pid)
    assert not (node.folder / "data").exists() or not os.listdir(node.folder / "data")
    cluster.etcd.start()
    cluster.wait_for_leader()


# --- in a cluster that runs


def test_a_second_node_of_the_same_name_ends(cluster: Cluster) -> None:
    first, leader = cluster.nodes[0], cluster.wait_for_leader()
    pid = first.postmaster()
    twin = make_twin(cluster, first)
    twin.start()
    assert twin.server and twin.server.wait(30) == 1
    assert f"there is already a node named '{first.name}' running" in twin.log.read_text()
    assert not (twin.folder / "data" / "PG_VERSION").exists()
    assert first.postmaster() == pid and cluster.wait_for_leader() is leader


def make_twin(cluster: Cluster, node: Node) -> Node:
    """A node of the same name with another address and folder."""
    folder = cluster.folder / "twin"
    folder.mkdir(mode=0o755)
    twin = Node(cluster.network, folder, cluster.nodes.index(node) + 1, cluster.settings, cluster.etcd.endpoint, None)
    twin.address = cluster.network.address(99)
    return twin


def test_a_wrong_password_is_told_and_the_replica_streams_once_it_is_right(cluster: Cluster) -> None:
    node = replica(cluster)
    node.stop()
    before = length(node)
    node.edit = lambda config: config["postgresql"]["authentication"]["replication"].update(password="wrong")
    node.start()
    try:
        wait_until("PostgreSQL refuses", lambda: told_since(node, before, "password authentication failed"))
        streams = "SELECT count(*) FROM pg_stat_replication"
        assert cluster.sql(streams) == [(0,)]
    finally:
        node.edit = lambda config: None
        node.restart()
    cluster.wait_healthy()


def test_a_data_directory_that_cannot_be_read_is_left_alone(cluster: Cluster) -> None:
    node = replica(cluster)
    node.stop()
    data, before = node.folder / "data", length(node)
    files = sorted(os.listdir(data))
    os.chmod(data, 0)
    os.chown(data, 0, 0)
    try:
        node.start()
        wait_until("it says so", lambda: told_since(node, before, "data"))
        time.sleep(4)
        assert not node.is_streaming_replica()
        assert sorted(os.listdir(data)) == files
    finally:
        node.stop()
        shutil.chown(data, "postgres" if os.geteuid() == 0 else None)
        os.chmod(data, 0o700)
    node.start()
    cluster.wait_healthy()


def test_a_replica_whose_control_file_is_broken_is_copied_where_that_is_allowed(cluster: Cluster) -> None:
    node, mark = replica(cluster), "a_file_of_before"
    node.stop()
    (node.folder / "data" / mark).touch()
    os.truncate(node.folder / "data" / "global" / "pg_control", 0)
    before = length(node)
    node.start()
    wait_until("it says that the data are broken", lambda: told_since(node, before, "pg_control")
               or told_since(node, before, "control file") or told_since(node, before, "broken"))
    assert (node.folder / "data" / mark).exists()  # nobody has allowed that they be replaced
    cluster.configure(postgresql={"remove_data_directory_on_diverged_timelines": True})
    cluster.wait_healthy()
    assert not (node.folder / "data" / mark).exists()
    cluster.configure(postgresql={"remove_data_directory_on_diverged_timelines": None})


def test_data_of_another_system_are_neither_started_in_the_cluster_nor_replaced(
        cluster: Cluster, make_cluster: Callable[..., Cluster]) -> None:
    other = make_cluster(**{**SETTINGS, "nodes": 1})
    other.start()
    foreign = other.nodes[0]
    foreign.stop()
    node = replica(cluster)
    node.stop()
    data, kept = node.folder / "data", node.folder / "kept"
    os.rename(data, kept)
    shutil.copytree(foreign.folder / "data", data, symlinks=True)
    subprocess.run(["chown", "-R", "--reference", str(kept), str(data)], check=True)
    before = length(node)
    leader = cluster.wait_for_leader()
    node.start()
    wait_until("it says so", lambda: told_since(node, before, "system"))
    time.sleep(4)
    assert not node.is_streaming_replica() and not node.is_leader()
    assert cluster.wait_for_leader() is leader
    assert (data / "PG_VERSION").exists()
    node.stop()
    shutil.rmtree(data)
    os.rename(kept, data)
    node.start()
    cluster.wait_healthy()


# --- etcd


def test_a_short_silence_of_etcd_changes_nothing(cluster: Cluster) -> None:
    leader = cluster.wait_for_leader()
    pids = [node.postmaster() for node in cluster.nodes]
    cluster.etcd.stop()
    time.sleep(4)
    assert leader.is_leader()
    cluster.etcd.start()
    time.sleep(3)
    assert cluster.wait_for_leader() is leader
    assert [node.postmaster() for node in cluster.nodes] == pids


def test_a_minute_without_etcd_stops_the_leader_and_it_leads_again(cluster: Cluster) -> None:
    leader = cluster.wait_for_leader()
    cluster.sql("CREATE TABLE IF NOT EXISTS faults (it text); INSERT INTO faults VALUES ('before the silence')")
    follower = replica(cluster)
    wait_until("the replica has it", lambda: cluster.sql("SELECT count(*) FROM faults", follower) == [(1,)])
    timeline = (leader.status() or {})["timeline"]
    before = length(leader)
    cluster.etcd.stop()
    wait_until("the leader takes no more writes", lambda: not leader.is_leader(), 25)
    assert told_since(leader, before, "DCS is not accessible")
    time.sleep(40)
    assert cluster.leader() is None
    cluster.etcd.start()
    cluster.wait_healthy()
    assert cluster.sql("SELECT it FROM faults") == [("before the silence",)]
    assert (cluster.wait_for_leader().status() or {})["timeline"] in (timeline, timeline + 1)


def test_broken_values_in_etcd_are_told_and_the_cluster_goes_on(cluster: Cluster) -> None:
    leader, pids = cluster.wait_for_leader(), [node.postmaster() for node in cluster.nodes]
    keys = {key: text for key, text in all_keys(cluster).items() if key != "leader"}
    assert {"config", "initialize", "status", "history", f"members/{leader.name}", "tamada/timeline"} <= set(keys), keys
    more = ("failover", "sync", "failsafe", "optime/leader", "members/nobody", "unheard_of")
    try:
        for key in (*keys, *more):
            put(cluster, key, '{"broken')
            time.sleep(0.5)
        # What is its holder's is written again; the other keys stay broken, and are read by everybody.
        wait_until("the members' keys are whole",
                   lambda: all(json.loads(all_keys(cluster)[f"members/{node.name}"]) for node in cluster.nodes))
        time.sleep(SETTINGS["ttl"])
        assert cluster.wait_for_leader() is leader
        assert [is_alive(node.server.pid) for node in cluster.nodes if node.server] == [True, True]
        assert [node.postmaster() for node in cluster.nodes] == pids
        assert cluster.sql("SELECT pg_is_in_recovery()", leader) == [(False,)]
    finally:
        for key in ("config", "initialize", "history"):
            put(cluster, key, keys[key])
        for key in more:
            delete(cluster, key)
    cluster.wait_healthy()
    after = cluster.switchover()
    assert after is not leader
    cluster.wait_healthy()
