"""Listening sockets that somebody else keeps: a manager that starts the router with them, or systemd, for the next process."""
import os
import re
import signal
import socket
import subprocess
import threading
from typing import Callable, Iterator

import pytest

from cluster import Cluster, Router, router_environment, router_program, wait_until
from cluster.crowd import Crowd
from cluster.wire import dial


@pytest.fixture
def kept(make_cluster: Callable[..., Cluster]) -> Iterator[tuple[Router, "Manager"]]:
    router = Router(make_cluster(nodes=1), config={"listeners": {"write": {"hold": "off"}, "read": None}})
    router.log.unlink(missing_ok=True)
    router.write_config()
    manager = Manager(router)
    yield router, manager
    manager.close()


# Puts the descriptors that it is given to 3, 4, ..., as systemd does, and becomes the router.
ACTIVATE = """
import fcntl, os, sys
given = [int(word) for word in sys.argv[1].split(",") if word]
high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 50) for fd in given]
for fd in given:
    os.close(fd)
for number, fd in enumerate(high, 3):
    os.dup2(fd, number, inheritable=True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(given)), LISTEN_FDNAMES=sys.argv[2])
os.execv(sys.argv[3], sys.argv[3:])
"""


class Manager:
    """What systemd does with a .socket unit: it listens, and starts the service with its sockets, again and again.
    The last one stands in no configuration."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._started = 0  # times
        self._sockets = []
        for address in (router.write, router.stats, (router.write[0], 0)):
            listening = socket.socket()
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(4096)
            self._sockets.append(listening)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._started += 1
        copies = [os.dup(listening.fileno()) for listening in self._sockets]
        with open(self._router.log, "ab") as out:
            self.process = subprocess.Popen(
                ["/usr/bin/python3", "-c", ACTIVATE, ",".join(map(str, copies)), "a:b:c",
                 str(router_program()), "-f", str(self._router.file)],
                stdout=out, stderr=out, pass_fds=copies, env=router_environment())
        for fd in copies:
            os.close(fd)
        wait_until("it runs", lambda: self._router.log_text().count("router.start") == self._started)

    def restart(self) -> None:
        self.stop()
        self.start()

    def stop(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for listening in self._sockets:
            listening.close()


def test_sockets_of_a_manager_are_used_and_outlive_every_restart(kept: tuple[Router, Manager]) -> None:
    router, manager = kept
    manager.start()
    people = Crowd(router.write, router.file.parent)
    for _ in range(3):
        manager.restart()
    wait_until("it serves", lambda: router.code("/health") == 200)
    counts = people.end()
    assert set(counts) == {"answered"}, counts
    assert re.search(r"socket\.unused place=127\.\S+", router.log_text())  # the third one


class Store:
    """systemd's side of a service with FileDescriptorStoreMax=: keeps what the router gives it, and gives it back to
    the next process of the service."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._path = str(router.file.parent / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._path)
        self.kept: dict[str, int] = {}
        self.states: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            message, fds, _, _ = socket.recv_fds(self._socket, 4096, 8)
            state = message.decode()
            if state == "END":
                return
            name = dict(line.split("=", 1) for line in state.splitlines() if "=" in line).get("FDNAME", "")
            if "FDSTORE=1" in state:
                for fd in fds:
                    if name in self.kept:
                        os.close(fd)  # the same socket again
                    else:
                        self.kept[name] = fd
            elif "FDSTOREREMOVE=1" in state and name in self.kept:
                os.close(self.kept.pop(name))
            self.states.append(state)

    def start(self) -> None:
        names = list(self.kept)
        copies = [os.dup(self.kept[name]) for name in names]
        self.states.clear()
        with open(self._router.log, "ab") as out:
            self.process = subprocess.Popen(
                ["/usr/bin/python3", "-c", ACTIVATE, ",".join(map(str, copies)), ":".join(names),
                 str(router_program()), "-f", str(self._router.file)], stdout=out, stderr=out, pass_fds=copies,
                env={**router_environment(), "NOTIFY_SOCKET": self._path})
        for fd in copies:
            os.close(fd)
        wait_until("it is ready", lambda: "READY=1" in self.states)

    def stop(self, number: int = signal.SIGTERM) -> None:
        assert self.process
        self.process.send_signal(number)
        assert self.process.wait(60) == 0

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"END", self._path)
        self._thread.join()
        self._socket.close()
        for fd in self.kept.values():
            os.close(fd)


@pytest.fixture
def stored(make_cluster: Callable[..., Cluster]) -> Iterator[tuple[Router, Store]]:
    router = Router(make_cluster(nodes=1), config={"listeners": {"write": {"hold": "off"}}})
    router.log.unlink(missing_ok=True)
    router.write_config()
    store = Store(router)
    yield router, store
    store.close()


def test_what_systemd_keeps_for_the_service_refuses_nobody_over_a_restart(stored: tuple[Router, Store]) -> None:
    router, store = stored
    store.start()
    wait_until("listeners and statistics port are kept", lambda: len(store.kept) == 3)
    people = Crowd(router.write, router.file.parent)
    for _ in range(3):
        store.stop()
        store.start()
    counts = people.end()
    assert set(counts) == {"answered"}, counts
    assert len(store.kept) == 3
    assert "socket.unused" not in router.log_text()


def test_an_address_that_was_changed_between_two_processes_is_no_obstacle(stored: tuple[Router, Store]) -> None:
    router, store = stored
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    router.write_config({"listeners": {"write": {"bind": f"127.0.0.1:{port}"}}})
    store.start()
    wait_until("listeners and statistics port are kept", lambda: len(store.kept) == 3)
    store.stop()
    router.write_config({"listeners": {"write": {"bind": f"0.0.0.0:{port}"}}})
    store.start()  # the kept socket would keep the port from being bound
    wait_until("the old one is not kept any more", lambda: f"tamada-127_0_0_1_{port}" not in store.kept
               and len(store.kept) == 3)
    assert "socket.ended" in router.log_text()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"\0\0\0\x08\x04\xd2\x16\x2f")
        assert client.recv(1) in (b"N", b"S")


def test_a_listener_that_is_taken_out_is_not_kept(stored: tuple[Router, Store]) -> None:
    router, store = stored
    store.start()
    wait_until("listeners and statistics port are kept", lambda: len(store.kept) == 3)
    router.write_config({"listeners": {"read": None}})
    wait_until("it is taken back", lambda: len(store.kept) == 2)
    with pytest.raises(ConnectionRefusedError):
        dial(router.read)


def test_a_service_that_is_stopped_and_not_restarted_lets_nobody_wait(stored: tuple[Router, Store]) -> None:
    """As close-ports-unless-restarted does it: SIGUSR1 closes the ports, before SIGTERM or after it."""
    router, store = stored
    store.start()
    wait_until("listeners and statistics port are kept", lambda: len(store.kept) == 3)
    waiting = dial(router.write)  # has said nothing yet: it keeps the router alive
    assert store.process
    store.process.send_signal(signal.SIGUSR1)
    wait_until("nobody can connect", lambda: refused(router))
    wait_until("nothing is kept", lambda: not store.kept)
    waiting.close()
    assert store.process.wait(60) == 0


def test_systemd_is_told_who_the_service_is_after_a_take_over(stored: tuple[Router, Store]) -> None:
    router, store = stored
    store.start()
    assert store.process
    store.process.send_signal(signal.SIGUSR2)
    wait_until("another process has taken over", lambda: "take_over.done" in router.log_text())
    new = int(re.findall(r"take_over\.done by=(\d+)", router.log_text())[-1])
    try:
        wait_until("systemd knows", lambda: f"MAINPID={new}" in store.states)
        # The new one speaks after that, and is not the old one's child.
        wait_until("it is ready", lambda: store.states.count("READY=1") == 2)
        assert store.states.index(f"MAINPID={new}") < len(store.states) - 1 - store.states[::-1].index("READY=1")
        assert store.process.wait(60) == 0
        assert router.code("/health") == 200
    finally:
        os.kill(new, signal.SIGKILL)


def refused(router: Router) -> bool:
    try:
        dial(router.write, timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False
