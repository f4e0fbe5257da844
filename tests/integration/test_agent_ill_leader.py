"""A leader that cannot do its work does not keep the lock from those who could."""
from pathlib import Path
from typing import Any, Iterator

import pytest

from cluster import Cluster, Node, wait_until
from cluster.process import POSTGRES_BIN, give_to_service_user
from cluster.witness import Witness

SETTINGS: dict[str, Any] = {"agent": "tamada", "nodes": 3, "ttl": 20, "loop_wait": 2, "retry_timeout": 5}


def told_since(node: Node, length: int, words: str) -> bool:
    return words in node.log.read_text(errors="replace")[length:]


def length(node: Node) -> int:
    return len(node.log.read_text(errors="replace"))


def edited(node: Node, **postgresql: Any) -> None:
    """The node runs with these settings from now on."""
    def edit(config: dict[str, Any]) -> None:
        config["postgresql"].update(postgresql)
    node.stop()
    node.edit = edit
    node.start()
    node.wait_for_replica()


def other(cluster: Cluster, node: Node) -> Node:
    return next(one for one in cluster.nodes if one is not node)


@pytest.fixture
def own_programs(cluster: Cluster) -> Iterator[tuple[Node, Path]]:
    """The leader, with a folder of PostgreSQL's programs that nobody else has; of them pg_controldata."""
    node = other(cluster, cluster.wait_for_leader())
    folder = node.folder / "bin"
    if not folder.exists():
        folder.mkdir()
        give_to_service_user(folder)
        for program in Path(POSTGRES_BIN).iterdir():
            (folder / program.name).symlink_to(program)
    edited(node, bin_dir=str(folder))
    cluster.switchover(node)
    cluster.wait_healthy()
    yield node, folder / "pg_controldata"
    edited(node)
    cluster.wait_healthy()


def break_program(program: Path) -> None:
    """As where the disk under it fails."""
    program.unlink()
    program.touch(0o755)


def mend_program(program: Path) -> None:
    program.unlink()
    program.symlink_to(Path(POSTGRES_BIN) / program.name)


def test_a_crashed_leader_whose_data_cannot_be_read_gives_the_lock_up(
        cluster: Cluster, own_programs: tuple[Node, Path]) -> None:
    node, program = own_programs
    before = length(node)
    with Witness(cluster) as witness:
        break_program(program)
        try:
            node.kill_postmaster()
            after = cluster.wait_for_leader(other_than=node)
            witness.wait_for_rows(after)
            assert told_since(node, before, "PostgreSQL has been ill for too long")
        finally:
            mend_program(program)
        cluster.wait_healthy()
    assert cluster.wait_for_leader() is after


def test_a_switchover_whose_leader_s_data_cannot_be_read_comes_to_an_end(
        cluster: Cluster, own_programs: tuple[Node, Path]) -> None:
    node, program = own_programs
    break_program(program)
    try:
        try:
            node.post("/switchover", {"leader": node.name, "candidate": other(cluster, node).name})
        except RuntimeError as refused:
            print(refused)  # it may have come about otherwise than asked for
        cluster.wait_for_leader(other_than=node)
    finally:
        mend_program(program)
    cluster.wait_healthy()


def test_a_promotion_whose_script_fails_leaves_the_lock_to_others(cluster: Cluster) -> None:
    leader = cluster.wait_for_leader()
    node = other(cluster, leader)
    edited(node, pre_promote="/bin/false")
    cluster.wait_healthy()
    before = length(node)
    with Witness(cluster) as witness:
        try:
            leader.post("/switchover", {"leader": leader.name, "candidate": node.name})
        except RuntimeError as refused:
            print(refused)
        after = cluster.wait_for_leader(other_than=node)
        witness.wait_for_rows(after)
    assert told_since(node, before, "promote failed: pre_promote: ")
    assert told_since(node, before, "the promotion failed, so the lock is given up")
    assert not node.is_leader()
    edited(node)
    wait_until("it follows again", node.is_streaming_replica)
    cluster.wait_healthy()
