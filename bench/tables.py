"""Results as tables for people: printed, and put between two marks of docs/benchmarks.md."""
import os
import platform
import re
import statistics
import subprocess
from pathlib import Path
from typing import Iterable, Mapping

from targets import ROOT, agent_program, router_program

PAGE = ROOT / "docs/benchmarks.md"

# row -> target -> one value a round
Values = Mapping[str, Mapping[str, list[float]]]


def median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def number(value: float) -> str:
    """Three significant digits, no exponent; a whole number as it is."""
    if value == int(value) and abs(value) < 1000:
        return str(int(value))
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def machine() -> str:
    """One paragraph: what this was measured on and with. When, the history of the page tells."""
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", info)
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())

    def version(*command: str) -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=10)
            return (done.stdout or done.stderr).splitlines()[0].strip()
        except (OSError, IndexError):
            return f"{Path(command[0]).name}: not there"
    parts = [
        f"{model.group(1) if model else platform.machine()}, "
        f"{len(os.sched_getaffinity(0))} processors, {int(memory.group(1)) // 1048576 if memory else '?'} GiB, "
        f"Linux {platform.release()}; everything on loopback of this one machine, clients and servers too.",
        version("/usr/lib/postgresql/15/bin/postgres", "--version") + ";",
        version("haproxy", "-v").split(" - ")[0] + ";",
        "Patroni " + version("patroni", "--version").split()[-1] + ";",
        version(str(router_program()), "--version") + ";",
        version(str(agent_program()), "--version") + ".",
    ]
    return " ".join(parts) + "\n"


def write_page(mark: str, text: str) -> None:
    """Puts `text` between `<!-- MARK:begin -->` and `<!-- MARK:end -->`; what people wrote around it stays."""
    begin, end = f"<!-- {mark}:begin -->", f"<!-- {mark}:end -->"
    page = PAGE.read_text() if PAGE.exists() else "# Benchmarks\n"
    if begin not in page:
        page += f"\n{begin}\n{end}\n"
    before, rest = page.split(begin, 1)
    after = rest.split(end, 1)[1]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}")
    print(f"written to {PAGE.relative_to(ROOT)}")
