"""Progress on a terminal: one bar a line, drawn again in place. Elsewhere a line whenever something changes."""
import os
import shutil
import sys
import time
from dataclasses import dataclass
from typing import TextIO

FULL, EMPTY = "█", "░"
WIDTH = 24


@dataclass
class Row:
    done: int = 0
    total: int = 1
    text: str = ""


class Progress:
    """Use as a context manager, so that the cursor is left below the bars also when something fails."""

    def __init__(self, names: list[str], out: TextIO | None = None) -> None:
        self.out = out or sys.stdout
        self.rows = {name: Row() for name in names}
        self.tty = self.out.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.started = time.monotonic()
        self.drawn = 0
        self.label = max((len(name) for name in names), default=0)

    def __enter__(self) -> "Progress":
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self.out.flush()

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.started

    def update(self, name: str, done: int, total: int, text: str = "") -> None:
        """`done` of `total`, and in words what is missing or what was reached."""
        row = self.rows.setdefault(name, Row())
        self.label = max(self.label, len(name))
        new = Row(done, total, text)
        changed = new != row
        self.rows[name] = new
        if self.tty:
            self._draw()
        elif changed:
            self._write(f"{self.elapsed:6.1f} s  {name}: {done}/{total}{f'  {text}' if text else ''}\n")

    def say(self, text: str) -> None:
        """A line that stays, above the bars."""
        if self.tty:
            self._up()
            self._write(f"\x1b[2K{text}\n")
            self._draw()
        else:
            self._write(f"{self.elapsed:6.1f} s  {text}\n")

    def _up(self) -> None:
        if self.drawn:
            self._write(f"\x1b[{self.drawn}A\r")
        self.drawn = 0

    def _draw(self) -> None:
        if not self.tty:
            return
        self._up()
        columns = shutil.get_terminal_size().columns
        for name, row in self.rows.items():
            line = f"{name:<{self.label}}  {bar(row.done, row.total)} {row.done}/{row.total}  {row.text}"
            self._write(f"\x1b[2K{line[:columns - 1]}\n")
        self.drawn = len(self.rows)

    def _write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()


def bar(done: int, total: int, width: int = WIDTH) -> str:
    filled = width * max(0, min(done, total)) // total if total > 0 else 0
    return FULL * filled + EMPTY * (width - filled)
