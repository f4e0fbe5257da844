#!/usr/bin/python3
"""A node that is nothing but bytes: for the rows where PostgreSQL itself would be what is measured.

    fake_node.py ADDRESS POSTGRES-PORT API-PORT [NAME [replica]]

It answers the REST API as a Patroni leader would (or a replica), and on the PostgreSQL port it lets anybody in. The database that a
client asks for says what happens then: `idle` nothing, `source` bytes come until the client closes, `sink` bytes are
taken until the client has sent its last one, whereupon one byte comes back.
"""
import json
import selectors
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SSL_REQUEST_CODE = 80877103
CHUNK = 1 << 20
WELCOME = (b"R" + struct.pack("!II", 8, 0) + b"K" + struct.pack("!III", 12, 4711, 815)
           + b"Z" + struct.pack("!I", 5) + b"I")
STATUS = {"state": "running", "role": "master", "server_version": 150000, "timeline": 1,
          "xlog": {"location": 1 << 26}, "database_system_identifier": "7000000000000000000",
          "patroni": {"version": "3.0.2", "scope": "tamada", "name": "fake"}}
REPLICA = {"role": "replica", "xlog": {"received_location": 1 << 26, "replayed_location": 1 << 26, "paused": False}}


class Api(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked_for = "replica" if "replica" in self.path else "master"
        self.send_response(200 if self.path == "/patroni" or asked_for == STATUS["role"] else 503)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(json.dumps(STATUS).encode())

    do_OPTIONS = do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        pass


def stream(client: socket.socket, database: bytes) -> None:
    """One bulk transfer, on a thread of its own."""
    client.setblocking(True)
    try:
        if database == b"source":
            chunk = bytes(CHUNK)
            while True:
                client.sendall(chunk)
        buffer = bytearray(CHUNK)
        while client.recv_into(buffer):
            pass
        client.sendall(b"!")
    except OSError:
        pass
    finally:
        client.close()


def greet(client: socket.socket, received: bytearray) -> bytes | None:
    """Answers what has come of the start-up; gives the database's name once the client is in."""
    while len(received) >= 8:
        length, code = struct.unpack("!II", received[:8])
        if len(received) < length:
            return None
        packet = bytes(received[8:length])
        del received[:length]
        if code == SSL_REQUEST_CODE:
            client.sendall(b"N")
            continue
        fields = packet.split(b"\0")
        client.sendall(WELCOME)
        return dict(zip(fields[::2], fields[1::2]))[b"database"]
    return None


def main() -> None:
    address, postgres_port, api_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if len(sys.argv) > 4:
        STATUS["patroni"] = {**STATUS["patroni"], "name": sys.argv[4]}
    if "replica" in sys.argv[5:]:
        STATUS.update(REPLICA)
    api = ThreadingHTTPServer((address, api_port), Api)
    threading.Thread(target=api.serve_forever, daemon=True).start()

    listener = socket.create_server((address, postgres_port), backlog=4096)
    listener.setblocking(False)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ, None)
    while True:
        for key, _ in selector.select():
            if key.data is None:
                client, _ = listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(client, selectors.EVENT_READ, bytearray())
                continue
            client = key.fileobj
            assert isinstance(client, socket.socket)
            try:
                part = client.recv(4096)
            except OSError:
                part = b""
            if not part:
                selector.unregister(client)
                client.close()
                continue
            key.data.extend(part)
            database = greet(client, key.data)
            if database in (b"source", b"sink"):
                selector.unregister(client)
                threading.Thread(target=stream, args=(client, database), daemon=True).start()


if __name__ == "__main__":
    main()
