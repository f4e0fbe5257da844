"""A control group whose processes are frozen and thawed together, as a container is."""
import os
from pathlib import Path
from typing import NamedTuple

from .node import Node
from .wait import wait_until


class Kind(NamedTuple):
    root: str
    file: str
    frozen: str
    thawed: str


# Of the second hierarchy, else of the first one's freezer.
KINDS = (Kind("/sys/fs/cgroup", "cgroup.freeze", "1", "0"),
         Kind("/sys/fs/cgroup/unified", "cgroup.freeze", "1", "0"),
         Kind("/sys/fs/cgroup/freezer", "freezer.state", "FROZEN", "THAWED"))


class Freezer:
    """Use it as a context manager: it is thawed and removed at the end. RuntimeError: nothing can be frozen here."""

    def __init__(self) -> None:
        self._kind, self._path = self._make()

    @staticmethod
    def _make() -> tuple[Kind, Path]:
        for kind in KINDS:
            path = Path(kind.root) / f"tamada-test-{os.getpid()}"
            try:
                path.mkdir()
            except OSError:
                continue
            if os.access(path / kind.file, os.W_OK):
                return kind, path
            path.rmdir()
        raise RuntimeError("no control group that can be frozen may be made under /sys/fs/cgroup")

    def __enter__(self) -> "Freezer":
        return self

    def __exit__(self, *_: object) -> None:
        self.thaw()
        for pid in self._members():
            self._move(pid, Path(self._kind.root))
        wait_until("the control group can go", self._remove)

    def take(self, node: Node) -> None:
        """All that the node runs, and what it will start. A RuntimeError where a process may not be moved."""
        assert node.server

        def all_in() -> bool:
            assert node.server
            left = set(node.server.processes()) - set(self._members())
            for pid in left:
                self._move(pid, self._path)
            return not left
        wait_until(f"{node.name} is in the control group", all_in)

    def freeze(self) -> None:
        (self._path / self._kind.file).write_text(self._kind.frozen)

    def thaw(self) -> None:
        (self._path / self._kind.file).write_text(self._kind.thawed)

    def _members(self) -> list[int]:
        return [int(line) for line in (self._path / "cgroup.procs").read_text().split()]

    @staticmethod
    def _move(pid: int, to: Path) -> None:
        try:
            (to / "cgroup.procs").write_text(str(pid))
        except ProcessLookupError:
            pass
        except OSError as error:
            raise RuntimeError(f"a process may not be moved into another control group: {error}") from None

    def _remove(self) -> bool:
        for pid in self._members():
            self._move(pid, Path(self._kind.root))
        try:
            self._path.rmdir()
        except OSError:
            return False
        return True
