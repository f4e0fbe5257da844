#!/usr/bin/python3
"""Scrapes at a steady pace, cheaply.

    scraper.py ADDRESS PORT RATE PATH...

RATE GETs a second in all, of the paths in turn, over a few connections that stay open. Says "scraping" once all are
open, scrapes until its input ends, then prints one line of JSON: per_s, errors, cpu_us (its own, for each scrape),
p50_us and p99_us (from the request to the last byte of the answer).
Who is late because answers take long catches up, but by no more than a tenth of a second.
"""
import json
import select
import socket
import sys
import time

CONNECTIONS = 8
CATCH_UP = 0.1
LAST_CHUNK = b"\r\n0\r\n\r\n"


class Connection:
    def __init__(self, address: str, port: int) -> None:
        self.socket = socket.create_connection((address, port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = b""
        self._left = -1  # bytes of the body that have not come; -1: the head has not ended
        self._chunked = False
        self.asked_at = 0.0

    def ask(self, request: bytes) -> None:
        self._head, self._left, self._chunked = b"", -1, False
        self.asked_at = time.monotonic()
        self.socket.sendall(request)

    def take(self, buffer: bytearray) -> bool:
        """What has come. True once the answer is whole."""
        got = self.socket.recv_into(buffer)
        if got == 0:
            raise ConnectionError("closed by the server")
        if self._chunked:
            return self._ends(buffer[max(0, got - len(LAST_CHUNK)):got])
        if self._left >= 0:
            self._left -= got
        else:
            self._head += buffer[:got]
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = self._head[:end].lower()
            if not head.startswith(b"http/1.1 200 "):
                raise ConnectionError(head.split(b"\r\n", 1)[0].decode(errors="replace"))
            if b"transfer-encoding: chunked" in head:
                self._chunked = True
                return self._ends(self._head[end + 4:])
            at = head.index(b"content-length:") + len("content-length:")
            self._left = int(head[at:].split(b"\r\n", 1)[0]) - (len(self._head) - end - 4)
        if self._left < 0:
            raise ConnectionError("more bytes than the answer has")
        return self._left == 0

    @staticmethod
    def _ends(received: bytes | bytearray) -> bool:
        """Neither HAProxy's texts nor its chunks' lengths look like this, and it never comes in two pieces: HAProxy
        sends it with the chunk before."""
        return received.endswith(LAST_CHUNK)


def main() -> None:
    address, port, rate = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    requests = [f"GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode() for path in sys.argv[4:]]
    idle = [Connection(address, port) for _ in range(CONNECTIONS)]
    by_fd = {one.socket.fileno(): one for one in idle}
    poll = select.epoll()
    poll.register(0, select.EPOLLIN | select.EPOLLHUP)
    for fd in by_fd:
        poll.register(fd, select.EPOLLIN)
    buffer = bytearray(1 << 20)
    print("scraping", flush=True)

    started = due = time.monotonic()
    cpu = time.process_time()
    asked = errors = 0
    took: list[float] = []
    ended = False
    while not ended:
        now = time.monotonic()
        due = max(due, now - CATCH_UP)
        while due <= now and idle:
            idle.pop().ask(requests[asked % len(requests)])
            asked += 1
            due += 1 / rate
        # With all connections waiting for their answers there is nothing to ask before one has come.
        for fd, _ in poll.poll(max(0.0, due - now) if idle else None):
            if fd == 0:
                ended = True
                continue
            try:
                if by_fd[fd].take(buffer):
                    took.append(time.monotonic() - by_fd[fd].asked_at)
                    idle.append(by_fd[fd])
            except (ConnectionError, ValueError, OSError) as error:
                print(f"{address}:{port}: {error}", file=sys.stderr)
                errors += 1
                ended = True
    seconds = time.monotonic() - started
    cpu = time.process_time() - cpu
    took.sort()
    count = max(1, len(took))
    print(json.dumps({"per_s": len(took) / seconds, "errors": errors, "cpu_us": cpu / count * 1e6,
                      "p50_us": took[count // 2] * 1e6 if took else 0,
                      "p99_us": took[int(count * 0.99)] * 1e6 if took else 0}))


if __name__ == "__main__":
    main()
