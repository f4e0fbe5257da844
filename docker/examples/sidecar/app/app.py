"""An application that queries: once a second it writes a row through one port and reads through another.

It prints a line a second: which node answered, and how long it took. It knows no node, only its router; a connection
that breaks is opened again, as every application has to.

  WRITE, READ           host:port of the router's listeners (127.0.0.1:5000, 127.0.0.1:5001)
  PGUSER, PGDATABASE    (postgres, postgres); the password is the first line of PASSWORD_FILE
"""
import os
import socket
import time

import psycopg2

PASSWORD_FILE = os.environ.get("PASSWORD_FILE", "/run/secrets/password")
TABLE = "CREATE TABLE IF NOT EXISTS example_rows (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())"


class Connection:
    """One session through the router, opened when it is needed."""

    def __init__(self, address: str) -> None:
        self.host, _, self.port = address.rpartition(":")
        self.session = None
        self.node = ""

    def query(self, *statements: str) -> object:
        """The first value of the last statement's result."""
        try:
            if self.session is None:
                self._open()
            with self.session.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchone()[0]
        except psycopg2.Error:
            self._close()
            raise

    def _open(self) -> None:
        with open(PASSWORD_FILE) as file:
            password = file.readline().rstrip("\n")
        self.session = psycopg2.connect(
            host=self.host, port=self.port, user=os.environ.get("PGUSER", "postgres"), password=password,
            dbname=os.environ.get("PGDATABASE", "postgres"), application_name="example", connect_timeout=90)
        self.session.autocommit = True
        with self.session.cursor() as cursor:
            cursor.execute("SELECT host(inet_server_addr())")
            self.node = name_of(cursor.fetchone()[0])

    def _close(self) -> None:
        if self.session is not None:
            self.session.close()
        self.session = None


def name_of(address: str) -> str:
    """The node's name as Docker's name server tells it: STACK_patroni1.1.ID.NETWORK, or PROJECT_patroni1_1.NETWORK."""
    try:
        return f"{socket.gethostbyaddr(address)[0].partition('.')[0]} ({address})"
    except OSError:
        return address


def attempt(connection: Connection, *statements: str) -> str:
    """What came of it, in words."""
    started = time.monotonic()
    try:
        value = connection.query(*statements)
        what = f"{connection.node}: {value}"
    except psycopg2.Error as error:
        what = f"failed: {' '.join(str(error).split())}"
    return f"{what}, {(time.monotonic() - started) * 1000:.0f} ms"


def main() -> None:
    write = Connection(os.environ.get("WRITE", "127.0.0.1:5000"))
    read = Connection(os.environ.get("READ", "127.0.0.1:5001"))
    while True:
        written = attempt(write, TABLE, "INSERT INTO example_rows DEFAULT VALUES RETURNING 'row ' || id")
        seen = attempt(read, "SELECT 'sees row ' || max(id) FROM example_rows")
        print(f"{time.strftime('%H:%M:%S')}  write {written}  |  read {seen}", flush=True)
        time.sleep(1)


if __name__ == "__main__":
    main()
