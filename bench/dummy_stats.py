#!/usr/bin/python3
"""A statistics port that knows nothing: it answers each path with so many bytes, for as little CPU as can be.

    dummy_stats.py ADDRESS PORT PATH=BYTES...

Only for scraper.py: a request comes whole and alone.
"""
import select
import socket
import sys


def main() -> None:
    address, port = sys.argv[1], int(sys.argv[2])
    answers = {}
    for one in sys.argv[3:]:
        path, _, size = one.rpartition("=")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {size}\r\n\r\n"
        answers[path.encode()] = head.encode() + b"x" * int(size)
    listener = socket.create_server((address, port))
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    clients: dict[int, socket.socket] = {}
    while True:
        for fd, _ in poll.poll():
            if fd == listener.fileno():
                client, _ = listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                clients[client.fileno()] = client
                poll.register(client, select.EPOLLIN)
                continue
            try:
                request = clients[fd].recv(4096)
                if request:
                    clients[fd].sendall(answers[request.split(b" ", 2)[1]])
            except OSError:
                request = b""
            if not request:
                poll.unregister(fd)
                clients.pop(fd).close()


if __name__ == "__main__":
    main()
