"""A program on a screen of its own, as a person in front of a terminal has it: tmux draws, keys are sent, text is read."""
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Sequence


class Terminal:
    """Ends with its program. Each has a tmux server of its own, so none meets another's, or a person's."""

    def __init__(self, command: Sequence[str], *, columns: int = 160, rows: int = 50) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tamada-tmux-")
        self._socket = Path(self._folder.name) / "tmux"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), shlex.join(command))
        self._tmux("set-option", "-g", "remain-on-exit", "on")

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(["tmux", "-S", str(self._socket), *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=True)
        return done.stdout.decode(errors="replace")

    def text(self) -> str:
        """What stands on the screen now."""
        return self._tmux("capture-pane", "-p")

    def lines(self) -> list[str]:
        return self.text().splitlines()

    def press(self, *keys: str) -> None:
        """By tmux's names: Enter, F10, Down, ..."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def close(self) -> None:
        subprocess.run(["tmux", "-S", str(self._socket), "kill-server"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        self._folder.cleanup()

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
