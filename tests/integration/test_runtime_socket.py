"""The run-time socket of a router in front of a real cluster: scripts speak to it by socat, a person by hatop."""
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Callable, Iterator

import psycopg2
import pytest

from cluster import NO_PASSWORDS, Cluster, Router, wait_until
from cluster.terminal import Terminal

SETTINGS = NO_PASSWORDS
MakeRouter = Callable[..., Router]


class Socket:
    """As `echo COMMAND | socat - PATH` has it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ask(self, commands: str) -> str:
        done = subprocess.run(["socat", "-t10", "-", f"UNIX-CONNECT:{self.path}"], input=f"{commands}\n".encode(),
                              stdout=subprocess.PIPE, check=True, timeout=60)
        return done.stdout.decode()

    def servers(self, backend: str) -> dict[str, dict[str, str]]:
        """`show servers state` by the servers' names."""
        lines = self.ask(f"show servers state {backend}").splitlines()
        names = lines[1].removeprefix("# ").split()
        rows = [dict(zip(names, line.split())) for line in lines[2:] if line]
        return {row["srv_name"]: row for row in rows}


@pytest.fixture
def served(make_router: MakeRouter, cluster: Cluster) -> Iterator[tuple[Router, Socket]]:
    # Not pytest's folder: the path of a socket has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="tamada-socket-") as folder:
        path = Path(folder) / "admin.sock"
        router = make_router(cluster, config={"stats": {"socket": f"{path} level admin mode 660"}})
        router.wait_ready()
        # What is told may be a tenth of a second old.
        wait_until("the router tells who leads", router.leader)
        yield router, Socket(path)


def test_a_script_sees_and_changes_what_the_page_shows(served: tuple[Router, Socket]) -> None:
    router, socket = served
    assert stat.S_IMODE(socket.path.stat().st_mode) == 0o660
    leader = router.leader()
    assert f"leader: {leader}\n" in socket.ask("show leader")
    info = socket.ask("show info;show version")
    assert f"\nPid: {router.server.pid}\n" in info
    assert {name: row["srv_op_state"] for name, row in socket.servers("write").items()} == {
        node["name"]: "2" if node["name"] == leader else "0" for node in router.status()["nodes"]}

    replica = next(node["name"] for node in router.status()["nodes"] if node["name"] != leader)
    assert socket.ask(f"set server read/{replica} state drain") == "\n"
    assert socket.servers("read")[replica]["srv_admin_state"] == "8"
    assert socket.ask(f"set server read/{replica} state ready;get weight read/{replica}") == "\n1 (initial 1)\n\n"
    assert socket.servers("read")[replica]["srv_admin_state"] == "0"
    assert "admin.action action=administer" in router.log_text()


def test_sessions_are_listed_and_ended(served: tuple[Router, Socket]) -> None:
    router, socket = served
    cursor = router.connect().cursor()
    cursor.execute("select pg_backend_pid()")
    pid = cursor.fetchone()[0]
    line = wait_until("the session is listed", lambda: next(
        (line for line in socket.ask("show sess").splitlines() if line.endswith(f" pid={pid}")), ""))
    assert f" srv={router.leader()} " in line
    session = line.split(":")[0]
    assert socket.ask(f"shutdown session {session}") == "\n"
    with pytest.raises(psycopg2.OperationalError):
        cursor.execute("select 1")
    wait_until("its end is logged", lambda: "why=ended-by-hand" in router.log_text())
    assert socket.ask(f"shutdown session {session}") == "No such session (use 'show sess').\n\n"


def test_hatop_shows_the_servers_and_disables_one_by_a_key(served: tuple[Router, Socket]) -> None:
    router, socket = served
    leader = router.leader()
    replica = next(node["name"] for node in router.status()["nodes"] if node["name"] != leader)
    with Terminal(["hatop", "-s", str(socket.path), "-i", "1"]) as screen:
        def rows(proxy: str) -> dict[str, str]:
            """The status of each row below `>>> proxy`."""
            found: dict[str, str] = {}
            inside = False
            for line in screen.lines():
                if line.startswith(">>> "):
                    inside = line.split()[1] == proxy
                elif inside and len(words := line.split()) > 2:
                    found[words[0]] = words[2]
            return found

        wait_until("hatop shows the leader on the write listener", lambda: rows("write").get(leader) == "UP")
        assert rows("write")[replica] == "DOWN"
        assert rows("read")[replica] == "UP"
        assert rows("write")["BACKEND"] == "UP"

        # The cursor stands on the first `>>>`: so many lines further down is the replica of the read listener.
        lines = screen.lines()
        first = next(i for i, line in enumerate(lines) if line.startswith(">>> "))
        read = lines.index(">>> read")
        row = next(i for i in range(read, len(lines)) if lines[i].startswith(f"{replica} "))
        screen.press(*["Down"] * (row - first), "F10")
        wait_until("hatop has disabled the server", lambda: rows("read").get(replica) == "MAINT")
        assert socket.servers("read")[replica]["srv_admin_state"] == "1"
        assert rows("write")[replica] == "DOWN"
        screen.press("F9")
        wait_until("hatop has enabled it again", lambda: rows("read").get(replica) == "UP")

        # Its own command line.
        screen.press("5")
        screen.type(f"set weight read/{replica} 7")
        screen.press("Enter")
        wait_until("the weight is set", lambda: socket.servers("read")[replica]["srv_uweight"] == "7")
    assert socket.ask(f"set weight read/{replica} 100%") == "\n"
