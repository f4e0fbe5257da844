"""A Python file of ours at work in a container of the node image: JSON lines in and out, no mount, no argument.

The container ends with its standard input, so it cannot outlive whoever started it.
"""
import json
import subprocess
import threading
from collections import deque
from pathlib import Path
from typing import Any, Callable

from . import swarm
from .settings import Settings

END_SECONDS = 10
HERE = Path(__file__).resolve().parent


class ProgramError(Exception):
    """It could not be started, or has ended: what it said."""


class Program:
    def __init__(self, settings: Settings, name: str, file: str, network: str, first_line: Any,
                 take: Callable[[Any], None]) -> None:
        """`take` gets each line's value, on a thread of this program's own."""
        self.name = f"{settings.stack}-{name}"
        self.lock = threading.Lock()
        self.words: deque[str] = deque(maxlen=8)
        self.ending = False
        source = (HERE / file).read_text()
        # A session of its own: Ctrl-C is for the script, which then ends this in order.
        self.process = subprocess.Popen(
            ["docker", "run", "--rm", "-i", "--name", self.name, "--network", network, "--log-driver", "none",
             "--entrypoint", "python3", settings.image("node"), "-u", "-c", source],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.threads = [threading.Thread(target=self._read, args=(take,), daemon=True),
                        threading.Thread(target=self._listen, daemon=True)]
        for thread in self.threads:
            thread.start()
        self.send(json.dumps(first_line))

    def _read(self, take: Callable[[Any], None]) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self.lock:
                take(json.loads(line))

    def _listen(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.words.append(line.rstrip())

    def send(self, line: str) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except OSError:
            self.check()

    def check(self) -> None:
        """Raises ProgramError if it has ended by itself."""
        if not self.ending and self.process.poll() is not None:
            self.threads[1].join(1)
            raise ProgramError(f"the container {self.name} has ended (exit status {self.process.returncode}): "
                               f"{' / '.join(self.words) or 'it said nothing'}. If another run is under way, wait for "
                               f"its end; if its container was left over: docker rm -f {self.name}")

    def end(self) -> None:
        """Its input ends, and so does it. Safe to call twice."""
        if self.ending:
            return
        self.ending = True
        assert self.process.stdin
        try:
            self.process.stdin.close()
        except OSError:
            pass  # it has ended already, what was to be written is of no use
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            swarm.docker("rm", "-f", "-v", self.name)
            self.process.wait(END_SECONDS)
