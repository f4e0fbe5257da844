"""Inserts rows, each over a new connection that lists two routers, until its standard input ends; then tells how it went
as JSON. The first line of its input is the password. Runs in a container of tamada-node: load.py HOST PORT PORT.
"""
import json
import select
import sys
import time

import psycopg2

password = sys.stdin.readline().strip()
hosts, ports = f"{sys.argv[1]},{sys.argv[1]}", ",".join(sys.argv[2:])
done, errors, longest = 0, [], 0.0
while not select.select([sys.stdin], [], [], 0.01)[0]:
    started = time.monotonic()
    try:
        connection = psycopg2.connect(host=hosts, port=ports, user="postgres", password=password, dbname="postgres")
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS load_rows (n int)") if not done else None
            cursor.execute("INSERT INTO load_rows VALUES (%s)", (done,))
        connection.close()
        done += 1
    except psycopg2.Error as error:
        errors.append(str(error).strip())
    longest = max(longest, time.monotonic() - started)
print(json.dumps({"done": done, "errors": len(errors), "first": errors[:3], "longest": round(longest, 2)}))
