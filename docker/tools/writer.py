"""Inserts numbered rows without pause, and says of each one what became of it. Runs in a container of the node image.

The first line of the standard input holds the settings as JSON: {"hosts": ["127.0.0.1"], "ports": [5000], "user": ...,
"password": ..., "database": ..., "table": ..., "pause": 0}. The password comes this way and no other, so that it stands
in no argument and no environment. Later lines are orders: `stop` ends the inserting and reads the table, `drop` drops
it; the end of the input ends the program.

The standard output is one JSON value a line, each with the time (seconds since 1970):
    [N, TIME]                              row N is acknowledged
    {"unknown": N, "at": T, "error": E}    the connection broke while row N was on its way: it may be there or not
    {"refused": N, "at": T, "error": E}    the server said no to row N: it is not there
    {"connect": false, "at": T, "error": E}   no connection
    {"table": NAME, "at": T}               the table was made
    {"present": [[FIRST, LAST], ...], "at": T}   after `stop`: the rows that the table holds
    {"dropped": NAME, "at": T}             after `drop`
"""
import json
import sys
import threading
import time
from typing import Any

import psycopg2

# SQLSTATEs after which the outcome of a commit is unknown: the server goes down, or the connection went away. (A server
# that stops while a commit waits for its synchronous standby has committed it already.)
UNKNOWN_CODES = {"57P01", "57P02", "57P03", "57P05", "08000", "08003", "08006", "40003"}
NO_SUCH_TABLE = "42P01"
# Between tries to connect that fail one after another; the first one after an error comes at once.
RETRY_SECONDS = 0.05


def tell(line: Any) -> None:
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def text(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


class Writer:
    """One connection, one row a time."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.table = settings["table"]
        self.pause = float(settings.get("pause", 0))
        self.target = {
            "host": ",".join(settings["hosts"]), "port": ",".join(str(port) for port in settings["ports"]),
            "user": settings["user"], "password": settings["password"], "dbname": settings["database"],
            "application_name": "tamada-chaos", "connect_timeout": 90,
            "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
        self.connection: Any = None
        self.failed_before = False
        self.stopping = threading.Event()
        self.dropping = threading.Event()

    def connect(self) -> bool:
        """True if there is a connection now."""
        if self.connection is not None:
            return True
        try:
            self.connection = psycopg2.connect(**self.target)
            self.connection.autocommit = True
            self.failed_before = False
            return True
        except psycopg2.Error as error:
            tell({"connect": False, "at": time.time(), "error": text(error)})
            if self.failed_before:
                time.sleep(RETRY_SECONDS)
            self.failed_before = True
            return False

    def disconnect(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def ask(self, sql: str) -> list[Any]:
        """Runs one statement for as many tries as it takes, and returns its rows."""
        while True:
            if not self.connect():
                continue
            try:
                with self.connection.cursor() as cursor:
                    cursor.execute(sql)
                    return cursor.fetchall() if cursor.description else []
            except psycopg2.Error as error:
                tell({"connect": False, "at": time.time(), "error": text(error)})
                self.disconnect()
                time.sleep(RETRY_SECONDS)

    def make_table(self) -> None:
        self.ask(f'CREATE TABLE IF NOT EXISTS "{self.table}" (n bigint PRIMARY KEY)')
        tell({"table": self.table, "at": time.time()})

    def insert(self, number: int) -> None:
        """Tries row `number` once, and tells its outcome."""
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(f'INSERT INTO "{self.table}" VALUES (%s)', (number,))
            tell([number, time.time()])
        except psycopg2.Error as error:
            refused = error.pgcode is not None and error.pgcode not in UNKNOWN_CODES
            tell({"refused" if refused else "unknown": number, "at": time.time(), "error": text(error)})
            self.disconnect()
            if error.pgcode == NO_SUCH_TABLE:
                self.make_table()

    def run(self) -> None:
        self.make_table()
        number = 0
        while not self.stopping.is_set():
            if self.connect():
                number += 1
                self.insert(number)
            if self.pause:
                time.sleep(self.pause)
        self.tell_present()
        self.dropping.wait()
        self.ask(f'DROP TABLE IF EXISTS "{self.table}"')
        tell({"dropped": self.table, "at": time.time()})

    def tell_present(self) -> None:
        """The rows as runs of numbers that follow each other."""
        runs = self.ask(f'SELECT min(n), max(n) FROM (SELECT n, n - row_number() OVER (ORDER BY n) AS run '
                        f'FROM "{self.table}") AS numbered GROUP BY run ORDER BY 1')
        tell({"present": runs, "at": time.time()})


def main() -> None:
    writer = Writer(json.loads(sys.stdin.readline()))
    work = threading.Thread(target=writer.run, daemon=True)
    work.start()
    for order in sys.stdin:
        if order.strip() == "stop":
            writer.stopping.set()
        elif order.strip() == "drop":
            writer.dropping.set()
            work.join()


if __name__ == "__main__":
    main()
