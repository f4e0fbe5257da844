"""The scripts in docker/ without Docker: a `docker` of our own stands in the PATH and writes down what it is asked."""
import json
import os
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docker"))

# Answers by the beginning of the command; what it is given through a pipe is written down, too.
FAKE_DOCKER = """#!/usr/bin/python3
import json, os, sys
folder = os.environ["FAKE_DOCKER"]
command = " ".join(sys.argv[1:])
stdin = "" if sys.stdin.isatty() else sys.stdin.read()
with open(folder + "/calls", "a") as calls:
    calls.write(json.dumps({"command": command, "stdin": stdin, "environment": dict(os.environ)}) + "\\n")
for beginning, answer in json.load(open(folder + "/answers")).items():
    if command.startswith(beginning):
        print(answer)
        break
"""


class FakeDocker:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answer({})

    def answer(self, answers: dict[str, str]) -> None:
        (self.folder / "answers").write_text(json.dumps(answers))

    def calls(self, beginning: str = "") -> list[dict[str, Any]]:
        file = self.folder / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        return [call for call in map(json.loads, lines) if call["command"].startswith(beginning)]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "docker"
    program.write_text(FAKE_DOCKER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_DOCKER", str(folder))
    return FakeDocker(folder)


@pytest.fixture
def settings_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "stack.env"
        path.write_text(text)
        return path

    return write
