#!/usr/bin/python3
"""People who connect all the time, and what they were told: whoever is refused while ports change hands is counted.

    crowd.py HOST PORT FILE        until FILE is there; then prints the counts as JSON

Each connects, asks for a session, and waits for an ErrorResponse: the router knows no leader and lets nobody wait
(`hold: off`), so that a thousand a second cost no server anything.
"""
import asyncio
import json
import struct
import subprocess
import sys
import time
from pathlib import Path

RATE = 1000  # connects a second, as far as the machine keeps up:
AT_A_TIME = 200
BODY = struct.pack("!I", 196608) + b"user\0app\0\0"
STARTUP = struct.pack("!I", len(BODY) + 4) + BODY


class Crowd:
    """The program as a process, from now until end()."""

    def __init__(self, address: tuple[str, int], folder: Path) -> None:
        self._stop = folder / "crowd.stop"
        self._stop.unlink(missing_ok=True)
        self._process = subprocess.Popen([sys.executable, __file__, *map(str, address), str(self._stop)],
                                         stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self._process.stdout.readline()  # it has begun

    def end(self) -> dict[str, int]:
        """How many saw what: "answered" for those who were told something, the name of the error for others."""
        self._stop.touch()
        return dict(json.loads(self._process.communicate(timeout=120)[0]))


async def connect(host: str, port: int) -> str:
    try:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(STARTUP)
        got = await reader.read(1)
        writer.close()
        return "answered" if got == b"E" else f"closed after {got!r}"
    except OSError as error:
        return type(error).__name__


async def run(host: str, port: int, stop: Path) -> None:
    counts: dict[str, int] = {}

    async def count() -> None:
        word = await connect(host, port)
        counts[word] = counts.get(word, 0) + 1
    print("begun", flush=True)
    running: set[asyncio.Task[None]] = set()
    begin, made = time.monotonic(), 0
    while not stop.exists():
        while len(running) < AT_A_TIME and made < (time.monotonic() - begin) * RATE:
            task = asyncio.ensure_future(count())
            running.add(task)
            task.add_done_callback(running.discard)
            made += 1
        await asyncio.sleep(0.002)
    await asyncio.gather(*running)
    print(json.dumps(counts))


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
