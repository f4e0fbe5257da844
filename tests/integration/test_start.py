"""Starting and stopping: signals at any moment, closed descriptors, limits that are too small, two with one state_dir.

No cluster is needed: nobody answers at the addresses of the nodes.
"""
import os
import re
import resource
import signal
import subprocess
from pathlib import Path
from typing import Callable, Iterator

import pytest
import yaml

from cluster import Timeout, router_environment, router_program, wait_until
from cluster.network import Network, free_port

Start = Callable[..., subprocess.Popen[bytes]]
FEW = re.compile(r"the limit of open files is (\d+), too few for \d+ workers and \d+ listening sockets: at least (\d+)")


class Place:
    """A folder with a configuration, and the router's output."""

    def __init__(self, folder: Path, network: Network) -> None:
        self.folder = folder
        address = network.address(1)
        self.file = folder / "router.yaml"
        self.out = folder / "out"
        self.config = {
            "cluster": {"nodes": [f"{network.address(11)}:5432"]},
            "listeners": {"write": {"bind": f"{address}:{free_port(address, 5000)}"}},
            "stats": {"bind": f"{address}:{free_port(address, 7000)}"},
            "workers": 2,
        }
        self.write()

    def write(self, **more: object) -> None:
        self.file.write_text(yaml.safe_dump({**self.config, **more}))

    def attempt(self, file: Path | None = None,
                before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
        """A start that is to fail: what it says on standard error."""
        return subprocess.run([str(router_program()), "-f", str(file or self.file)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, timeout=60, env=router_environment(),
                              preexec_fn=before)

    def said(self) -> str:
        return self.out.read_text(errors="replace")

    def wait_for(self, words: str) -> None:
        try:
            wait_until(f"{words} in the log", lambda: words in self.said())
        except Timeout as timeout:
            raise Timeout(f"{timeout}:\n{self.said()[-3000:]}") from None


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    network = Network()
    yield Place(tmp_path, network)
    network.close()


@pytest.fixture
def start(place: Place) -> Iterator[Start]:
    """start(...) runs the router with its output in `place.out`; it ends with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def make(file: Path | None = None, before: Callable[[], None] | None = None) -> subprocess.Popen[bytes]:
        with open(place.out, "ab") as out:
            running.append(subprocess.Popen([str(router_program()), "-f", str(file or place.file)], stdout=out,
                                            stderr=out, env=router_environment(), preexec_fn=before))
        return running[-1]
    yield make
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait()


# --- signals

def test_signals_that_come_before_anything_else_wait_for_the_router(place: Place, start: Start) -> None:
    """They are pending when the program begins, as early as a signal can come."""
    def pending() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
        os.kill(os.getpid(), signal.SIGHUP)
    process = start(before=pending)
    place.wait_for("config.unchanged")  # what SIGHUP says of a file that is in force
    assert process.poll() is None


@pytest.mark.parametrize("name", ["SIGHUP", "SIGUSR2", "SIGQUIT", "SIGALRM", "SIGTTIN", "SIGTTOU", "SIGPIPE", "SIGIO"])
def test_a_signal_while_the_router_starts_does_not_end_it(place: Place, start: Start, name: str) -> None:
    process = start()
    # Blocked in the kernel's view from the first line of main() on: then the signal can be sent.
    number = getattr(signal, name)
    wait_until("it takes care of its signals", lambda: takes_care(process.pid, number))
    process.send_signal(number)
    place.wait_for("router.start")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def takes_care(pid: int, number: int) -> bool:
    """Blocked, ignored or caught."""
    text = Path(f"/proc/{pid}/status").read_text()
    masks = [int(mask, 16) for mask in re.findall(r"^Sig(?:Blk|Ign|Cgt):\s+([0-9a-f]+)", text, re.M)]
    return any(mask >> (number - 1) & 1 for mask in masks)


def test_many_sigterms_in_a_row_end_it_with_status_0(place: Place, start: Start) -> None:
    process = start()
    place.wait_for("router.start")
    while process.poll() is None:
        process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_sigusr1_ends_a_router_without_clients_with_status_0(place: Place, start: Start) -> None:
    process = start()
    place.wait_for("router.start")
    process.send_signal(signal.SIGUSR1)
    assert process.wait(30) == 0
    assert "router.finish" in place.said()


def test_signals_of_haproxys_that_mean_nothing_here_are_told(place: Place, start: Start) -> None:
    process = start()
    place.wait_for("router.start")
    for number in (signal.SIGQUIT, signal.SIGTTOU, signal.SIGTTIN):
        process.send_signal(number)
        place.wait_for(f"signal.ignored signal={number.name}")
    assert process.poll() is None


# --- descriptors and limits

@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1), (0, 1, 2)])
def test_closed_standard_descriptors_are_replaced(place: Place, start: Start, closed: tuple[int, ...]) -> None:
    def close() -> None:
        for fd in closed:
            os.close(fd)
    process = start(before=close)
    folder = Path(f"/proc/{process.pid}/fd")
    wait_until("it runs", lambda: len(os.listdir(folder)) > 10)
    for fd in closed:
        assert os.readlink(folder / str(fd)) == "/dev/null"
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_every_limit_of_open_files_that_is_too_small_is_told(place: Place) -> None:
    """3 is too few for the loader of shared libraries, which says so itself."""
    needed = None
    for limit in range(4, 100):
        if needed and limit >= needed:
            break
        done = place.attempt(before=limited_to(limit))
        assert done.returncode == 1, f"{limit}: status {done.returncode}, {done.stderr}"
        told = FEW.search(done.stderr)
        assert told and int(told[1]) == limit and "nothing was started" in done.stderr, f"{limit}: {done.stderr}"
        needed = int(told[2])
    assert needed is not None


def test_the_least_limit_that_is_named_is_enough(place: Place, start: Start) -> None:
    done = place.attempt(before=limited_to(16))
    told = FEW.search(done.stderr)
    assert told, done.stderr
    process = start(before=limited_to(int(told[2])))
    place.wait_for("node.silent")  # it polls
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def limited_to(files: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def test_no_thread_to_be_had_is_told(place: Place) -> None:
    """Less memory for addresses than the stacks of its threads take."""
    for size in (20 << 20, 30 << 20):
        done = place.attempt(before=memory_of(size))
        assert done.returncode in (1, 127), f"status {done.returncode}: {done.stderr}"  # 127: the loader's
        assert done.returncode == 127 or "cannot start the thread" in done.stderr, done.stderr


def memory_of(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


# --- state_dir

def test_the_second_router_with_a_state_dir_is_refused(place: Place, start: Start, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    place.write(state_dir=str(state))
    first = start()
    place.wait_for("router.start")

    other = tmp_path / "other.yaml"
    network = Network()
    address = network.address(1)
    other.write_text(yaml.safe_dump({**place.config, "state_dir": str(state), "stats": False,
                                     "listeners": {"write": {"bind": f"{address}:5000"}}}))
    done = place.attempt(other)
    network.close()
    assert done.returncode == 1
    assert f"state_dir: {state} is in use by another router (process {first.pid})" in done.stderr, done.stderr

    first.kill()
    first.wait()
    start()  # however the first one ended, the folder is free
    wait_until("it runs", lambda: place.said().count("router.start") == 2)


def test_a_state_dir_of_another_router_is_refused_while_running_too(place: Place, start: Start,
                                                                    tmp_path: Path) -> None:
    for name in ("mine", "theirs"):
        (tmp_path / name).mkdir()
    place.write(state_dir=str(tmp_path / "theirs"))
    theirs = start()
    place.wait_for("router.start")
    network = Network()
    (tmp_path / "second").mkdir()
    other = Place(tmp_path / "second", network)
    other.write(state_dir=str(tmp_path / "mine"))
    start(other.file)
    wait_until("both run", lambda: place.said().count("router.start") == 2)

    other.write(state_dir=str(tmp_path / "theirs"))
    place.wait_for(f"is in use by another router (process {theirs.pid})")
    place.wait_for("config.refused")
    network.close()
