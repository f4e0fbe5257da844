"""A script of tests/browser/real in a headless browser, conducted step by step: see tests/browser/support/script.mjs."""
import json
import queue
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

BROWSER = Path(__file__).resolve().parents[1] / "browser"


class BrowserScript:
    """with BrowserScript("lost.mjs", url) as page: page.wait("watching"); ...; page.go(); ... Its end is awaited."""

    def __init__(self, name: str, url: str, **words: Any) -> None:
        subprocess.run([BROWSER / "fetch.sh"], check=True)
        self._name, self._seen = name, [""]
        self._process = subprocess.Popen(["node", str(BROWSER / "real" / name), url, json.dumps(words)], text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def wait(self, step: str, seconds: float = 120) -> Any:
        """What the script gave with this step. It stands there until go()."""
        while True:
            try:
                line = self._lines.get(timeout=seconds)
            except queue.Empty:
                raise TimeoutError(f"{self._name} did not get to \"{step}\" within {seconds} s: {self.output()}") from None
            if line is None:
                raise RuntimeError(f"{self._name} ended before \"{step}\": {self.output()}")
            self._seen.append(line)
            if line.startswith(f"AT {step} "):
                return json.loads(line.removeprefix(f"AT {step} "))

    def go(self) -> None:
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def output(self) -> str:
        return "\n".join(self._seen[-60:])

    def __enter__(self) -> "BrowserScript":
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """Without an exception: the script has to end by itself, and well."""
        try:
            if kind is None:
                while (line := self._lines.get(timeout=120)) is not None:
                    self._seen.append(line)
                if self._process.wait(30) != 0:
                    raise RuntimeError(f"{self._name} failed: {self.output()}")
        finally:
            self._process.kill()
            self._process.wait()
