"""The first packets of PostgreSQL's protocol by hand, for what no driver would send or show."""
import socket
import struct

from .proxy import Address

PROTOCOL_3_0 = 196608
SSL_REQUEST = struct.pack("!II", 8, 80877103)


def startup_packet(user: str = "app", database: str = "postgres") -> bytes:
    body = struct.pack("!I", PROTOCOL_3_0)
    for key, value in (("user", user), ("database", database)):
        body += key.encode() + b"\0" + value.encode() + b"\0"
    body += b"\0"
    return struct.pack("!I", len(body) + 4) + body


def dial(address: Address, timeout: float = 60) -> socket.socket:
    connection = socket.create_connection(address, timeout=timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read_to_end(connection: socket.socket) -> bytes:
    """All that comes until the other side closes; a reset ends it as well."""
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    return received


def parse_error(message: bytes) -> dict[str, str]:
    """The fields of an ErrorResponse by their letters: S severity, C SQLSTATE, M message, D detail, H hint."""
    assert message[:1] == b"E", f"no ErrorResponse: {message!r}"
    length = struct.unpack("!I", message[1:5])[0]
    assert len(message) == length + 1, f"{len(message)} bytes, but a length of {length}: {message!r}"
    fields = message[5:].rstrip(b"\0").split(b"\0")
    return {field[:1].decode(): field[1:].decode() for field in fields}
