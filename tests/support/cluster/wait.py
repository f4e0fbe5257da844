"""Waiting for a condition, with a deadline generous enough for a slow machine."""
import time
from typing import Callable, TypeVar

T = TypeVar("T")


class Timeout(Exception):
    """A condition did not come true in time; the text says which, and what was seen last."""


def wait_until(what: str, condition: Callable[[], T], seconds: float = 60, pause: float = 0.05) -> T:
    """Calls `condition` until it gives something true, and gives that back.

    An OSError of the condition (nobody listens yet) counts as "not yet"; its text ends up in the Timeout.
    """
    deadline = time.monotonic() + seconds
    seen: object = None
    while True:
        try:
            seen = condition()
            if seen:
                return seen
        except OSError as error:
            seen = error
        if time.monotonic() > deadline:
            raise Timeout(f"not within {seconds:g} s: {what} (last seen: {seen!r})")
        time.sleep(pause)
