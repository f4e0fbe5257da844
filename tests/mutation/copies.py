"""The copy of the checkout in build/mutate whose sources hold every change, and its build."""
import re
import shutil
import subprocess
from pathlib import Path

from changes import Change, Finder, rewritten
from tokens import Source

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build/mutate"
LOG = ROOT / "build/log/mutate.log"
# The folders that are changed, and the unit tests of each.
TESTS = {"agent/ha": "unit_agent_ha", "agent/guard/rules": "unit_agent_guard_rules"}
SIMULATION = "simulate"
# Where the compiler finds fault, or was led to the fault by.
PLACE = re.compile(r"^(?:\S*/)?((?:%s)/\w+\.\w+):(\d+):\d+:\s+(?:fatal |internal compiler )?(?:error|required from)"
                   % "|".join(TESTS), re.MULTILINE)


class BuildError(Exception):
    pass


def find_changes() -> dict[str, tuple[Source, list[Change]]]:
    """Path -> its source and what can be changed in it. Numbers begin with 1 and are never twice."""
    found, number = {}, 1
    for folder in TESTS:
        for path in sorted([*(ROOT / folder).glob("*.h"), *(ROOT / folder).glob("*.cpp")]):
            source = Source(str(path.relative_to(ROOT)), path.read_text())
            found[source.path] = source, Finder(source, number).find()
            number += len(found[source.path][1])
    return found


def write(path: Path, content: bytes) -> None:
    """A file that says so already stays as old as it is, so that nothing is compiled twice."""
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def copy_checkout() -> None:
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True,
                            text=True, check=True).stdout
    names = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    for path in list(COPY.rglob("*.cpp")) + list(COPY.rglob("*.h")):
        name = str(path.relative_to(COPY))
        if not name.startswith("build/") and name not in names:
            path.unlink()
    for name in names:
        if str(Path(name).parent) not in TESTS:
            write(COPY / name, (ROOT / name).read_bytes())
            shutil.copymode(ROOT / name, COPY / name)
        elif not name.endswith((".cpp", ".h")):
            write(COPY / name, (ROOT / name).read_bytes())


def blamed(output: str, found: dict[str, tuple[Source, list[Change]]]) -> set[int]:
    """The changes on the lines that the compiler names."""
    numbers = set()
    for path, line in {(match[1], int(match[2])) for match in PLACE.finditer(output)}:
        if path in found:
            numbers |= {change.number for change in found[path][1] if change.first <= line <= change.last}
    return numbers


def build(found: dict[str, tuple[Source, list[Change]]], jobs: int) -> set[int]:
    """Builds the tests and the simulation with every change in them; the numbers of those that do not compile are left out."""
    left_out: set[int] = set()
    copy_checkout()
    LOG.parent.mkdir(parents=True, exist_ok=True)
    while True:
        for path, (source, changes) in found.items():
            made = [change for change in changes if change.number not in left_out]
            text = rewritten(source, made) if made else source.text
            write(COPY / path, text.encode())
        steps = [["cmake", "--preset", "release"]] if not (COPY / "build/release/build.ninja").exists() else []
        steps.append(["cmake", "--build", "--preset", "release", "-j", str(jobs), "--target", *TESTS.values(), SIMULATION,
                      "--", "-k", "0"])
        with LOG.open("w") as log:
            for step in steps:
                done = subprocess.run(step, cwd=COPY, stdout=log, stderr=subprocess.STDOUT)
        if done.returncode == 0:
            return left_out
        more = blamed(LOG.read_text(errors="replace"), found) - left_out
        if not more:
            raise BuildError(f"the copies do not compile, and no change explains it: see {LOG.relative_to(ROOT)}")
        left_out |= more
