"""Writers that never rest, and what they saw: the measure of every fail-over test."""
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import writer
from .cluster import Cluster
from .process import Server, now
from .proxy import Proxy
from .wait import wait_until


@dataclass(frozen=True)
class Failure:
    writer: int
    time: float
    phase: str  # connect, wrong, first, open: see writer.py
    text: str


@dataclass
class Report:
    """What the writers saw between two moments."""
    acknowledged: dict[tuple[int, int], float] = field(default_factory=dict)  # (writer, sequence) -> when
    failures: list[Failure] = field(default_factory=list)
    begin: float = 0
    end: float = 0

    def longest_stretch(self) -> float:
        """Seconds without any acknowledged write, over all writers."""
        times = [self.begin, *sorted(self.acknowledged.values()), self.end]
        return max(later - earlier for earlier, later in zip(times, times[1:]))

    def errors_on_new_connections(self) -> list[Failure]:
        """No new session, or one on a server that takes no writes."""
        return [failure for failure in self.failures if failure.phase in ("connect", "wrong")]

    def errors_of_sessions(self) -> dict[int, list[Failure]]:
        """Errors of sessions that were established, by writer."""
        found: dict[int, list[Failure]] = {}
        for failure in self.failures:
            if failure.phase in ("first", "open"):
                found.setdefault(failure.writer, []).append(failure)
        return found

    def most_errors_of_a_session(self) -> int:
        """The most that one writer's sessions have seen. A session ends with its first error, so more than one means
        that its successor was lost as well."""
        return max((len(errors) for errors in self.errors_of_sessions().values()), default=0)

    def describe(self) -> str:
        """For people, and for the message of a failed test."""
        lines = [f"{len(self.acknowledged)} rows acknowledged, longest stretch without one "
                 f"{self.longest_stretch():.2f} s, {len(self.errors_on_new_connections())} errors on new connections, "
                 f"errors of sessions by writer: "
                 f"{ {number: len(errors) for number, errors in self.errors_of_sessions().items()} }"]
        lines += [f"  {failure.time - self.begin:8.3f} s writer {failure.writer} {failure.phase}: {failure.text}"
                  for failure in self.failures[:12]]
        return "\n".join(lines)


class Workload:
    """`sessions` writers that keep a session and `connecting` ones that connect for each row, through `proxy`.

        with Workload(cluster, proxy) as load:
            cluster.switchover()
            load.wait_for_writes()
        report = load.report()

    Two at once need tables of their own.
    """

    def __init__(self, cluster: Cluster, proxy: Proxy, *, sessions: int = 4, connecting: int = 4,
                 pause: float = 0.01, table: str = "tamada_load", **libpq: Any) -> None:
        self._cluster, self._table = cluster, table
        self._libpq = " ".join(f"{key}={value}" for key, value in proxy.arguments(**libpq).items())
        self._modes = ["session"] * sessions + ["connect"] * connecting
        self._pause = pause
        self._servers: list[Server] = []
        self._files: list[Path] = []
        self.begin = self.end = 0.0

    def __enter__(self) -> "Workload":
        table = self._table
        self._cluster.sql(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (writer int, sequence bigint,"
                          f"PRIMARY KEY (writer, sequence)); GRANT ALL ON {table} TO app")
        for number, mode in enumerate(self._modes):
            path = self._cluster.folder / f"writer-{self._table}-{number}.out"
            path.unlink(missing_ok=True)
            self._files.append(path)
            self._servers.append(Server(["/usr/bin/python3", writer.__file__, str(number), mode, str(self._pause),
                                         self._table, self._libpq], path))
        wait_until("every writer writes", lambda: all("ack" in path.read_text() for path in self._files))
        self.begin = now()
        return self

    def __exit__(self, *_: object) -> None:
        self.end = now()
        for server in self._servers:
            server.kill9()

    def wait_for_writes(self, *, rows: int = 20, seconds: float = 120) -> None:
        """Until every writer has had `rows` more rows acknowledged, from now on."""
        start = now()

        def busy() -> bool:
            for number in range(len(self._modes)):
                times = [time for _, time in self._acknowledged(number)]
                if sum(time > start for time in times) < rows:
                    return False
            return True
        wait_until(f"every writer writes {rows} more rows", busy, seconds, pause=0.2)

    def _lines(self, number: int) -> list[list[str]]:
        text = self._files[number].read_text(errors="replace")
        return [line.split(" ", 3) for line in text[:text.rfind("\n") + 1].splitlines()]

    def _acknowledged(self, number: int) -> list[tuple[int, float]]:
        return [(int(words[2]), float(words[1])) for words in self._lines(number) if words[0] == "ack"]

    def report(self) -> Report:
        """From the moment when every writer had written until now, or until the end."""
        report = Report(begin=self.begin, end=self.end or now())
        for number in range(len(self._modes)):
            for sequence, time in self._acknowledged(number):
                if self.begin <= time <= report.end:
                    report.acknowledged[number, sequence] = time
            report.failures += [Failure(number, float(words[1]), words[2], words[3] if len(words) > 3 else "")
                                for words in self._lines(number) if words[0] == "error"
                                and self.begin <= float(words[1]) <= report.end]
        report.failures.sort(key=lambda failure: failure.time)
        return report

    def missing(self, report: Report) -> set[tuple[int, int]]:
        """Acknowledged rows that are not in the table any more. Ask it after the writers have ended."""
        there = {(row[0], row[1]) for row in self._cluster.sql(f"SELECT writer, sequence FROM {self._table}")}
        return set(report.acknowledged) - there
