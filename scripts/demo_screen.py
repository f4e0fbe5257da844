"""The screen of make demo: what to try stays at the top, what happens scrolls below it."""
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

MIN_ROWS = 6  # rows that what happens needs to be of use


class Screen:
    """Prints lines. From pin() on, on a terminal that is tall enough, a text stays at the top and later lines scroll in
    the rows below it, until close(). Elsewhere it is all printed one after the other. Any thread may call.

    Lines that scroll away below a pinned text are not kept by terminals, so every line is also appended to `log`.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self.lock = threading.RLock()
        self.pinned: list[str] = []
        self.resized = False
        self.divided = False  # the terminal scrolls in its lower rows only

    def say(self, text: str) -> None:
        line = f"{time.strftime('%H:%M:%S')}  {text}"
        with self.lock:
            print(line, flush=True)
            try:
                with self.log.open("a") as file:
                    print(line, file=file)
            except OSError:
                pass  # the folder goes away at the end; what is told then is on the screen

    def pin(self, text: str) -> None:
        with self.lock:
            self.pinned = text.strip("\n").split("\n")
            if not sys.stdout.isatty():
                print("\n" + "\n".join(self.pinned) + "\n", flush=True)
                return
            signal.signal(signal.SIGWINCH, self.on_resize)
            self.draw()

    def on_resize(self, _number: int, _frame: FrameType | None) -> None:
        # Nothing is printed here: a signal may come in the middle of a print.
        self.resized = True

    def refresh(self) -> None:
        """To be called now and then: redraws what a resized terminal has spoilt."""
        with self.lock:
            if self.resized:
                self.resized = False
                self.draw()

    def draw(self) -> None:
        """Clears the screen, writes the pinned text, and lets only the rows below it scroll where there are enough."""
        columns, rows = shutil.get_terminal_size()
        used = sum(max(1, -(-len(line) // columns)) for line in self.pinned) + 1
        self.divided = rows - used >= MIN_ROWS
        rule = "─" * min(columns, 100)
        region = f"\x1b[{used + 1};{rows}r\x1b[{used + 1};1H" if self.divided else "\x1b[r" + f"\x1b[{used + 1};1H"
        print("\x1b[r\x1b[H\x1b[2J" + "\n".join(self.pinned) + "\n" + rule + "\n" + region + self.recent(rows - used),
              end="", flush=True)

    def recent(self, rows: int) -> str:
        """The last lines that were told, so that a redrawn screen does not begin empty."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return "".join(line + "\n" for line in lines[-max(1, rows - 2):]) if self.divided else ""

    def close(self) -> None:
        """The whole terminal scrolls again, and goes on below the last line."""
        with self.lock:
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
            if self.divided:
                self.divided = False
                rows = shutil.get_terminal_size().lines
                print(f"\x1b[r\x1b[{rows};1H", flush=True)
