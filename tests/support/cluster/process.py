"""Starting, measuring and ending one server with everything it starts. See keeper.py for how nothing is left over."""
import os
import pwd
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Mapping, Sequence

from . import keeper
from .wait import wait_until

POSTGRES_BIN = "/usr/lib/postgresql/15/bin"


def service_user() -> str | None:
    """PostgreSQL refuses to run as root: then the servers run as user postgres, else (None) as whoever we are."""
    return "postgres" if os.geteuid() == 0 else None


def give_to_service_user(path: Path) -> None:
    if user := service_user():
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def become(user: str | None) -> list[str]:
    """What to put in front of a command so that it runs as `user`. It execs: the pid stays."""
    return ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--"] if user else []


class Server:
    """A running server process tree. `pid` is the server itself, not its keeper; it began at `began` (see now())."""

    def __init__(self, command: Sequence[str], log: Path, *, env: Mapping[str, str] | None = None,
                 cwd: Path | None = None, prefix: Sequence[str] = (), nofile: int = 0, user: str | None = None) -> None:
        """`user`: run as this one instead of who we are (root only). `prefix` is put in front (`unshare ...`).
        `nofile` raises the limit of open files, as far as we may."""
        self.log = log
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        limit = ["prlimit", f"--nofile={min(nofile, hard)}:{hard}"] if nofile else []
        environment = {"PATH": f"{POSTGRES_BIN}:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                       "HOME": str(cwd or log.parent), **(env or {})}
        with open(log, "ab") as out:
            self._keeper = subprocess.Popen(
                [*limit, *prefix, "/usr/bin/python3", "-I", "-S", keeper.__file__, *become(user), *command],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, env=environment,
                cwd=cwd or log.parent, start_new_session=True)
        assert self._keeper.stdout
        line = self._keeper.stdout.readline()
        if not line:
            raise RuntimeError(f"{command[0]} could not be started:\n{tail(log)}")
        pid, began = line.split()
        self.pid, self.began = int(pid), float(began)

    def processes(self) -> list[int]:
        """Everything alive below the keeper: the server, what it started, and what those started."""
        return keeper.descendants(self._keeper.pid)

    def running(self) -> bool:
        return self._keeper.poll() is None

    def exit_code(self) -> int | None:
        """The server's, once it and everything it started has ended (128 + signal when killed)."""
        return self._keeper.poll()

    def signal(self, number: int) -> None:
        """To the server itself only."""
        os.kill(self.pid, number)

    def pause(self) -> None:
        """SIGSTOP for the whole tree, as a virtual machine that is paused."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def kill9(self) -> None:
        """The whole tree at once, as a machine that loses power."""
        def ended() -> bool:
            keeper.kill_descendants(self._keeper.pid)
            return not self.running()
        wait_until(f"what {self.pid} has started is dead", ended, 60, pause=0.01)

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM, then SIGKILL for what is left after `seconds`. Gives the exit code back."""
        if self.running():
            self.resume()
            try:
                self.signal(signal.SIGTERM)
            except ProcessLookupError:
                pass
            try:
                self._keeper.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                self.kill9()
        return self._keeper.wait()

    def wait(self, seconds: float = 60) -> int:
        wait_until(f"process {self.pid} ends", lambda: not self.running(), seconds)
        return self._keeper.wait()

    def cpu_seconds(self, *, ended_threads: bool = False) -> float:
        """User and system time of the server process, to a nanosecond where the kernel tells. That is of the threads that
        run; with `ended_threads` of all that there ever were, to a hundredth of a second."""
        try:
            if not ended_threads:
                total = 0
                for task in os.listdir(f"/proc/{self.pid}/task"):
                    with open(f"/proc/{self.pid}/task/{task}/schedstat", "rb") as file:
                        total += int(file.read().split()[0])
                return total / 1e9
        except (OSError, IndexError):
            pass
        with open(f"/proc/{self.pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_kib(self) -> dict[str, int]:
        """Rss, Pss and so on of the server process, in KiB."""
        return memory_kib(self.pid)

    def _signal_all(self, number: int) -> None:
        for pid in self.processes():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass


def memory_kib(pid: int) -> dict[str, int]:
    """Rss, Pss and so on of one process, in KiB."""
    found = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file.readlines()[1:]:
            name, value = line.split(":")
            found[name] = int(value.split()[0])
    return found


def tail(path: Path, lines: int = 30) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError as error:
        return str(error)


def now() -> float:
    """The clock that every measurement here uses; it is the same in all processes."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


if sys.version_info < (3, 11):
    raise RuntimeError("Debian 12's Python (3.11) or newer is needed")
