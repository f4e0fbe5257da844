#!/usr/bin/python3
"""One writer of a workload, as a process of its own, so that no other writer's work shifts its times.

    writer.py NUMBER MODE PAUSE TABLE LIBPQ-STRING

MODE is `session` (one session, a new one after an error) or `connect` (a new session for each row). It inserts
(NUMBER, 1), (NUMBER, 2), ... into TABLE and prints one line per fact, each with the moment on the monotonic clock:

    ack TIME SEQUENCE          the server has acknowledged this row
    error TIME PHASE TEXT      what failed, see below

PHASE is `connect` (no new session), `wrong` (a new session, but on a server that takes no writes), `first` (a session
that was lost before its first row was acknowledged) or `open` (a session that had worked).
"""
import sys
import time

import psycopg2

READ_ONLY = "25006"


def main() -> None:
    number, mode, pause, table, target = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4], sys.argv[5]
    out = sys.stdout
    sequence = 0
    connection = None
    worked = False
    while True:
        phase = "connect"
        try:
            if connection is None:
                connection = psycopg2.connect(target)
                connection.autocommit = True
                worked = False
            phase = "open" if worked else "first"
            sequence += 1
            with connection.cursor() as cursor:
                cursor.execute(f"INSERT INTO {table} VALUES (%s, %s)", (number, sequence))
            out.write(f"ack {time.monotonic():.6f} {sequence}\n")
            worked = True
            if mode == "connect":
                connection.close()
                connection = None
        except psycopg2.Error as error:
            if phase == "first" and error.pgcode == READ_ONLY:
                phase = "wrong"
            text = " ".join(str(error).split())
            out.write(f"error {time.monotonic():.6f} {phase} {text}\n")
            if connection is not None:
                connection.close()
                connection = None
        out.flush()
        time.sleep(pause)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
