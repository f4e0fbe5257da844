"""What a run of chaos.sh has shown: pure logic over what the writer and the watchers noted. No Docker here."""
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Iterable, Sequence

Runs = Sequence[Sequence[int]]  # [first, last] of rows that follow each other, in order


@dataclass
class Log:
    """What became of each row that the writer tried, and what it met besides."""

    numbers: list[int] = field(default_factory=list)   # acknowledged rows, in order ...
    times: list[float] = field(default_factory=list)   # ... and when
    unknown: dict[int, float] = field(default_factory=dict)
    refused: dict[int, float] = field(default_factory=dict)
    failed_connects: int = 0
    errors: dict[str, int] = field(default_factory=dict)  # text -> how often
    present: Runs | None = None

    def take(self, line: object) -> None:
        """Notes one line of writer.py."""
        if isinstance(line, list):
            self.numbers.append(int(line[0]))
            self.times.append(float(line[1]))
            return
        if not isinstance(line, dict):
            raise ValueError(f"the writer's output: found {line!r}, expected an array or an object")
        if "error" in line:
            self.errors[line["error"]] = self.errors.get(line["error"], 0) + 1
        if "unknown" in line:
            self.unknown[line["unknown"]] = line["at"]
        elif "refused" in line:
            self.refused[line["refused"]] = line["at"]
        elif "connect" in line:
            self.failed_connects += 1
        elif "present" in line:
            self.present = line["present"]

    def acknowledged_after(self, moment: float) -> bool:
        return bool(self.times) and self.times[-1] > moment


@dataclass(frozen=True)
class Event:
    """Something that was done to the cluster. It lasts until the next one begins."""

    name: str
    at: float


@dataclass(frozen=True)
class Stretch:
    """How long nothing was acknowledged."""

    seconds: float
    ended: bool  # False: nothing was acknowledged after it


def stretches(times: Sequence[float], events: Sequence[Event], end: float) -> list[Stretch]:
    """For each event the longest stretch without an acknowledged row that began in it.

    A stretch belongs to the event in which it began, however long it lasts: with all nodes away it begins when the last
    one goes, and ends long after they were asked to come back. The last event lasts until `end`.
    """
    result = []
    for index, event in enumerate(events):
        until = events[index + 1].at if index + 1 < len(events) else end
        first, behind = bisect_left(times, event.at), bisect_left(times, until)
        longest = Stretch(0.0, True)
        # The first event also owns what is going on when it begins; a later one finds that in the one before.
        began = event.at if index == 0 else None
        for position in range(first, behind + 1):
            last = position == len(times)
            moment = end if last else times[position]
            if began is not None and moment - began > longest.seconds:
                longest = Stretch(moment - began, not last)
            began = moment
        result.append(longest)
    return result


@dataclass(frozen=True)
class Rows:
    """The acknowledged rows against what the table holds."""

    acknowledged: int
    present: int             # of the acknowledged ones
    missing: list[int]
    lost: int                # acknowledged before every copy was destroyed on purpose: not promised any more
    unknown: int
    unknown_present: int
    refused: int
    refused_present: list[int]  # rows that the server had said no to: this cannot be
    strangers: int           # rows in the table that the writer never tried


class _Held:
    """Tells whether a row is in the table."""

    def __init__(self, runs: Runs) -> None:
        self.firsts = [run[0] for run in runs]
        self.lasts = [run[1] for run in runs]
        self.count = sum(run[1] - run[0] + 1 for run in runs)

    def __contains__(self, number: int) -> bool:
        position = bisect_left(self.lasts, number)
        return position < len(self.lasts) and self.firsts[position] <= number


def compare(log: Log, lost_at: float | None = None) -> Rows:
    """`lost_at`: every copy was destroyed then; what was acknowledged before is told as lost, not as missing."""
    if log.present is None:
        raise ValueError("the writer's output: no list of the rows in the table; expected one after `stop`")
    held = _Held(log.present)
    missing, lost, present = [], 0, 0
    for number, moment in zip(log.numbers, log.times):
        if number in held:
            present += 1
        elif lost_at is not None and moment <= lost_at:
            lost += 1
        else:
            missing.append(number)
    unknown_present = sum(number in held for number in log.unknown)
    refused_present = [number for number in log.refused if number in held]
    return Rows(len(log.numbers), present, missing, lost, len(log.unknown), unknown_present, len(log.refused),
                refused_present, held.count - present - unknown_present - len(refused_present))


@dataclass
class Return:
    """A node that was scaled to 0 and back. Moments are None until they have come."""

    node: str
    scaled_at: float
    answers_at: float | None = None   # its REST API gives any answer
    healthy_at: float | None = None   # /health is 200
    serves_at: float | None = None    # /replica or /primary is 200
    up_at: dict[str, float | None] = field(default_factory=dict)  # by router
    address_before: str = ""
    address: str = ""

    def up(self) -> bool:
        return bool(self.up_at) and all(moment is not None for moment in self.up_at.values())

    def seconds(self, router: str, since: float | None) -> float | None:
        """From `since` until UP at this router. 0 where the router was quicker than the watcher."""
        moment = self.up_at.get(router)
        return None if moment is None or since is None else max(0.0, moment - since)


@dataclass(frozen=True)
class Verdict:
    passed: bool
    reasons: list[str]   # why not; empty if passed
    remarks: list[str]   # what does not fail, and has to be told


def judge(rows: Rows | None, returns: Iterable[Return], *, synchronous: bool, failure: str = "",
          routers_changed: Sequence[str] = ()) -> Verdict:
    """Promised rows must be there, nodes must be UP again, and the routers must be the processes that they were."""
    reasons = [failure] if failure else []
    remarks = []
    if rows is None:
        reasons.append("the table could not be compared with what was acknowledged")
    else:
        if rows.acknowledged == 0:
            reasons.append("no row was acknowledged at all")
        if rows.missing and synchronous:
            reasons.append(f"{len(rows.missing)} acknowledged rows are missing, though synchronous mode is on: "
                           f"{some(rows.missing)}")
        elif rows.missing:
            remarks.append(f"{len(rows.missing)} acknowledged rows are missing; without synchronous mode they were "
                           "not promised")
        if rows.refused_present:
            reasons.append(f"rows are there that the server had refused: {some(rows.refused_present)}")
        if rows.strangers:
            reasons.append(f"{rows.strangers} rows are there that nobody wrote")
        if rows.lost:
            remarks.append(f"{rows.lost} acknowledged rows went with the copies that were destroyed on purpose")
    for back in returns:
        for router, moment in back.up_at.items():
            if moment is None:
                reasons.append(f"{back.node} is not UP again at {router}")
    reasons.extend(routers_changed)
    return Verdict(not reasons, reasons, remarks)


def some(numbers: Sequence[int], most: int = 8) -> str:
    """The first few of them, in words."""
    shown = ", ".join(str(number) for number in numbers[:most])
    return shown + (", ..." if len(numbers) > most else "")
