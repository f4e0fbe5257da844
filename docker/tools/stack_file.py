"""Parts of the stack's YAML files: some services of a file with everything else in it.

`docker stack deploy` leaves alone the services that a file does not name. So a file with one service updates that one
only, which is how the members are updated one after the other. The files are ours and written plainly: services stand
two spaces in, under a line `services:`.
"""
import re
import shutil
import tempfile
from pathlib import Path
from typing import Collection, Iterable


def service_names(text: str) -> list[str]:
    return [name for name, _ in _blocks(text) if name]


def only(text: str, wanted: Collection[str]) -> str:
    """The same file without the services that are not `wanted`."""
    part = "".join(block for name, block in _blocks(text) if not name or name in wanted)
    return part if set(service_names(text)) & set(wanted) else part.replace("\nservices:\n", "\nservices: {}\n")


class Parts:
    """A folder with parts of files, removed at the end of the `with`."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.files = list(files)
        self.folder = Path(tempfile.mkdtemp(prefix="tamada-stack-"))

    def __enter__(self) -> "Parts":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def make(self, wanted: Collection[str]) -> list[Path]:
        """The base, whose networks and secrets all use, and the files that say something about the `wanted` services,
        cut down to these."""
        made = []
        for number, file in enumerate(self.files):
            text = file.read_text()
            if number > 0 and not set(service_names(text)) & set(wanted):
                continue
            part = self.folder / file.name
            part.write_text(only(text, wanted))
            made.append(part)
        return made


def _blocks(text: str) -> list[tuple[str, str]]:
    """The file in pieces, each with the name of the service that it is; "" for all that is none."""
    blocks: list[tuple[str, str]] = []
    inside, name = False, ""
    for line in text.splitlines(keepends=True):
        if re.match(r"\S", line) and not line.startswith("#"):
            inside, name = line.startswith("services:"), ""
        elif inside and (found := re.match(r"  ([\w-]+):\s*$", line)):
            name = found.group(1)
        elif inside and re.match(r"  #", line):
            name = ""
        if blocks and blocks[-1][0] == name:
            blocks[-1] = (name, blocks[-1][1] + line)
        else:
            blocks.append((name, line))
    return blocks
