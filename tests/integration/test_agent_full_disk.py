"""A leader whose disk is full: it is named. Where PostgreSQL does not come up for it, another node leads, and the node comes back
when there is room."""
import os
import pwd
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import psycopg2
import psycopg2.errors
import pytest

from cluster import Cluster, Node, wait_until
from cluster.patroni_config import SUPERUSER
from cluster.process import service_user

SETTINGS: dict[str, Any] = {"agent": "tamada", "nodes": 3, "ttl": 20, "loop_wait": 2, "retry_timeout": 5}
SIZE = 320 << 20


class SmallDisk:
    """A file system in memory of its own, as large as `SIZE`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._filler = folder, folder / "filler"
        folder.mkdir()
        owner = pwd.getpwnam(service_user() or pwd.getpwuid(os.geteuid()).pw_name)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700,uid={owner.pw_uid},gid={owner.pw_gid}",
                        "tamada-test", str(folder)], check=True)

    def fill(self) -> None:
        """Somebody else's file takes what is left."""
        with open(self._filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                pass

    def make_room(self) -> None:
        self._filler.unlink(missing_ok=True)

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False)


DisksOfFirst = Callable[[str], tuple[Cluster, SmallDisk]]


@pytest.fixture
def disk_of_first(make_cluster: Callable[..., Cluster]) -> Iterator[DisksOfFirst]:
    """A cluster that is not started; what is named (pg_wal, or all data) of its first node lies on a small disk."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    cluster = make_cluster(**SETTINGS)
    first = cluster.nodes[0]
    disks: list[SmallDisk] = []

    def make(what: str) -> tuple[Cluster, SmallDisk]:
        if what == "data":
            disks.append(SmallDisk(first.folder / "data"))
            return cluster, disks[0]
        disks.append(SmallDisk(first.folder / "small"))

        def edit(config: dict[str, Any]) -> None:
            wal = {"waldir": str(disks[0].folder / "wal")}
            config["bootstrap"]["initdb"].append(wal)
            config["postgresql"]["basebackup"].append(wal)
        first.edit = edit
        return cluster, disks[0]
    yield make
    for node in cluster.nodes:
        node.discard()
    for disk in disks:
        disk.close()


class Writer(threading.Thread):
    """Writes to a node and begins a segment of the log with each row, until it is ended."""

    def __init__(self, node: Node) -> None:
        super().__init__(daemon=True)
        self.node, self.acknowledged = node, 0
        self.ends = threading.Event()

    def run(self) -> None:
        user, password = SUPERUSER
        while not self.ends.wait(0.02):
            try:
                connection = psycopg2.connect(host=self.node.address, port=self.node.postgres_port, user=user,
                                              password=password, dbname="postgres", connect_timeout=2)
                try:
                    connection.autocommit = True
                    cursor = connection.cursor()
                    while not self.ends.is_set():
                        cursor.execute("INSERT INTO full_disk VALUES (%s)", (self.acknowledged,))
                        self.acknowledged += 1
                        cursor.execute("SELECT pg_switch_wal()")
                finally:
                    connection.close()
            except psycopg2.Error:
                pass


def problem(node: Node) -> str:
    return ((node.status() or {}).get("tamada") or {}).get("problem", "")


def test_another_node_leads_where_the_log_of_the_leader_finds_no_room(disk_of_first: DisksOfFirst) -> None:
    cluster, disk = disk_of_first("pg_wal")
    cluster.start()
    first = cluster.nodes[0]
    assert cluster.wait_for_leader() is first
    cluster.sql("CREATE TABLE full_disk (n int)")
    writer = Writer(first)
    disk.fill()
    assert shutil.disk_usage(disk.folder).free < 1 << 16
    writer.start()
    try:
        wait_until("the disk is named", lambda: "pg_wal is full" in problem(first), 120)
        cluster.wait_for_leader(other_than=first, seconds=120)
        text = first.log.read_text(errors="replace")
        assert "pg_wal is full" in text and "PostgreSQL crashes, or does not start, again and again" in text
    finally:
        writer.ends.set()
        writer.join(30)
    disk.make_room()
    cluster.wait_healthy()
    assert first.is_streaming_replica()
    wait_until("nothing is told of a full disk", lambda: problem(first) == "")


def test_a_leader_that_runs_on_a_full_disk_is_named_and_goes_on_with_reads(disk_of_first: DisksOfFirst) -> None:
    cluster, disk = disk_of_first("data")
    cluster.start()
    first = cluster.nodes[0]
    cluster.sql("CREATE TABLE full_disk (n int)")
    disk.fill()
    with pytest.raises(psycopg2.errors.DiskFull):
        cluster.sql("INSERT INTO full_disk VALUES (1)", first)
    wait_until("the disk is named", lambda: "data is full" in problem(first), 60)
    assert "data is full" in first.log.read_text(errors="replace")
    assert cluster.sql("SELECT count(*) FROM full_disk", first) == [(0,)]
    disk.make_room()
    wait_until("nothing is told of a full disk", lambda: problem(first) == "")
    assert cluster.wait_for_leader() is first
    cluster.sql("INSERT INTO full_disk VALUES (1)", first)
    cluster.wait_healthy()
