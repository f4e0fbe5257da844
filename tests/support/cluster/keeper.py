#!/usr/bin/python3
"""Runs one server and everything it starts, and ends all of it when its own parent is gone.

    keeper.py COMMAND [ARGUMENT ...]

A test that is killed must leave nothing behind, and a process group does not do it: Patroni starts PostgreSQL in a
session of its own. So the keeper is a "subreaper" (orphans become its children, so that every descendant can be
found under it), and it holds a pipe on its standard input that its parent never writes to: end of file there means
the parent has died, by whatever signal, and the keeper kills every descendant.

It prints the server's pid and the moment before its start (CLOCK_MONOTONIC) on standard output, passes SIGTERM and
SIGINT on to the server, and stays until no descendant is left. Its exit code is the server's (128 + signal when killed).
Started with `python3 -I -S`, so it imports nothing but the standard library's basics.
"""
import ctypes
import os
import select
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
LOOK_SECONDS = 0.5


def descendants(root: int) -> list[int]:
    """The pids below `root`, parents first. Zombies are left out: they are dead already."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if fields[0] != b"Z":
            children.setdefault(int(fields[1]), []).append(int(entry))
    found: list[int] = []
    queue = [root]
    while queue:
        below = children.get(queue.pop(0), [])
        found += below
        queue += below
    return found


def kill_descendants(root: int) -> None:
    """Kills until none is seen. One that forks and ends by itself while we look leaves a child unseen: so whoever
    must be sure calls this again until the keeper itself has ended."""
    while pids := descendants(root):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.005)  # what was killed needs the processor to die


def main() -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")

    woken_read, woken_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(woken_write, warn_on_full_buffer=False)

    began = time.clock_gettime(time.CLOCK_MONOTONIC)
    server = os.fork()
    if server == 0:
        try:
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            os.dup2(2, 1)
            os.execvp(sys.argv[1], sys.argv[1:])
        except OSError as error:
            os.write(2, f"cannot run {sys.argv[1]}: {error.strerror}\n".encode())
        os._exit(127)

    def pass_on(number: int, _frame: object) -> None:
        try:
            os.kill(server, number)
        except ProcessLookupError:
            pass

    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    print(server, began, flush=True)

    code = 0
    while True:
        # The time limit is for a signal that came while Python was not looking.
        readable, _, _ = select.select([0, woken_read], [], [], LOOK_SECONDS)
        if woken_read in readable:
            os.read(woken_read, 4096)
        if 0 in readable:
            kill_descendants(os.getpid())
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return code
            if pid == 0:
                break
            if pid == server:
                code = os.waitstatus_to_exitcode(status)
                code = 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main())
