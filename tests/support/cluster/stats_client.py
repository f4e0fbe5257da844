"""The statistics port as programs see it: requests, credentials, signing in, the event stream."""
import base64
import http.client
import json
import ssl
import subprocess
from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from .proxy import Address


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # http.client's: names in any case
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def password_hash(password: str) -> str:
    """As `openssl passwd -6` prints it, for stats.users."""
    return subprocess.run(["openssl", "passwd", "-6", password], check=True, capture_output=True,
                          text=True).stdout.strip()


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class StatsClient:
    """Each request is a connection of its own, so that no test depends on what another one has left. `tls`: HTTPS."""

    def __init__(self, address: Address, tls: ssl.SSLContext | None = None) -> None:
        self._address, self._tls = address, tls

    def connect(self, timeout: float = 60) -> http.client.HTTPConnection:
        if self._tls:
            return http.client.HTTPSConnection(*self._address, context=self._tls, timeout=timeout)
        return http.client.HTTPConnection(*self._address, timeout=timeout)

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None,
            timeout: float = 120) -> Answer:
        """`body` is sent as JSON (bytes as they are, and without a type)."""
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent = {"Content-Type": "application/json", **sent}
        connection = self.connect(timeout)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("GET", path, headers=headers)

    def sign_in(self, user: str, password: str) -> tuple[dict[str, str], Answer]:
        """(the headers that a page sends with each change from now on, the answer)."""
        answer = self.ask("POST", "/api/v1/sign-in", {"user": user, "password": password})
        cookie = (answer.headers.get("Set-Cookie") or "").split(";")[0]
        csrf = answer.json().get("csrf") or ""
        return {"Cookie": cookie, "X-Tamada-CSRF": csrf}, answer

    def events(self, headers: Mapping[str, str] | None = None, timeout: float = 60) -> Iterator[tuple[str, Any]]:
        """(name, data) of each event as it comes, until the stream ends or nothing comes for `timeout` seconds."""
        connection = self.connect(timeout)
        try:
            connection.request("GET", "/events", headers=dict(headers or {}))
            answer = connection.getresponse()
            if answer.status != 200 or not answer.headers["Content-Type"].startswith("text/event-stream"):
                raise RuntimeError(f"GET /events: {answer.status} {answer.read()!r}")
            name = ""
            for line in answer:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield name, json.loads(value)
        finally:
            connection.close()
