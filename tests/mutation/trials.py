"""Runs the tests and the simulation with one change at a time."""
import functools
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Callable, NamedTuple, Optional

from changes import Change
from copies import COPY, ROOT, SIMULATION, TESTS

PROGRAMS = COPY / "build/bin"
FIRST_HISTORIES = 100  # most of what a simulation finds it finds soon
# A change that makes a program wait for ever is found, too. Other work on the machine must not look like one.
PATIENCE = 10


class Result(NamedTuple):
    how: str  # tests, simulation; nothing: empty
    words: str


class Run(NamedTuple):
    exit_code: Optional[int]  # none: it did not end
    output: str
    seconds: float


class Program:
    """One program with the arguments that it is tried with, and how it behaves without a change."""

    def __init__(self, name: str, arguments: list[str]) -> None:
        self.name = name
        self.command = [str(PROGRAMS / name), *arguments]
        with tempfile.TemporaryDirectory() as folder:
            noted = Path(folder) / "reached"
            self.usual = self.run({"TAMADA_MUTANTS_REACHED": str(noted)}, None)
            if self.usual.exit_code != 0:
                raise RuntimeError(f"{name} fails without any change: {self.usual.output[-2000:]}")
            self.reached = {int(line) for line in noted.read_text().split()}
        self.limit = 20 + PATIENCE * self.usual.seconds

    def run(self, environment: dict[str, str], limit: Optional[float]) -> Run:
        began = time.monotonic()
        try:
            done = subprocess.run(self.command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=limit)
        except subprocess.TimeoutExpired:
            return Run(None, "", time.monotonic() - began)
        return Run(done.returncode, done.stdout.decode(errors="replace"), time.monotonic() - began)

    def with_change(self, change: Change) -> Run:
        return self.run({"TAMADA_MUTANT": str(change.number)}, self.limit)


def never_reached(output: str) -> set[str]:
    """The rows of the decision table that no history came to, as the simulation tells them."""
    return set(re.findall(r"^never reached: (.*)$", output, re.MULTILINE))


class Stage(NamedTuple):
    words: str
    attempt: Callable[[Change], Optional[Result]]  # none: it did not find it


class Trials:
    """Throws RuntimeError where the programs fail without a change. `histories`: how many are simulated; 0: none."""

    def __init__(self, histories: int) -> None:
        self.tests = {folder: Program(name, ["--abort"]) for folder, name in TESTS.items()}
        self.stages = [Stage("the unit tests", self.by_tests)]
        self.simulations: list[Program] = []
        self.missing: dict[int, set[str]] = {}  # change -> rows of the decision table that no history came to so far
        begin = 0
        for end in sorted({min(FIRST_HISTORIES, histories), histories} - {0}):
            program = Program(SIMULATION, [str(end - begin), str(begin + 1), "stop"])
            self.simulations.append(program)
            self.stages.append(Stage(f"{end} histories", functools.partial(self.by_simulation, program)))
            begin = end

    @property
    def programs(self) -> list[Program]:
        return [*self.tests.values(), *self.simulations]

    def reaches(self, change: Change) -> bool:
        return any(change.number in program.reached for program in self.programs)

    def by_tests(self, change: Change) -> Optional[Result]:
        program = self.tests[str(Path(change.path).parent)]
        if change.number not in program.reached:
            return None
        run = program.with_change(change)
        if run.exit_code == 0:
            return None
        cases = re.findall(r"^-{20,}\n(.*)\n", run.output, re.MULTILINE)
        return Result("tests", "they do not end" if run.exit_code is None else cases[0] if cases else "they crash")

    def by_simulation(self, program: Program, change: Change) -> Optional[Result]:
        run = program.with_change(change) if change.number in program.reached else program.usual
        if run.exit_code is None:
            return Result("simulation", "it does not end")
        if run.exit_code != 0:
            return Result("simulation", run.output.splitlines()[0] if run.output.startswith("seed ") else "it crashes")
        missing = never_reached(run.output)
        missing &= self.missing.setdefault(change.number, missing)
        self.missing[change.number] = missing
        if program is not self.simulations[-1]:
            return None
        usual = set.intersection(*[never_reached(one.usual.output) for one in self.simulations])
        missing -= usual
        return Result("simulation", f"rows never reached: {', '.join(sorted(missing))}") if missing else None
