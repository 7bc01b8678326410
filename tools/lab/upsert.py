"""The sink of the benchmark's job `postgres`: counts by group, kept in a table. Runs inside the driver's Python."""

import subprocess

GROUPS = 100


class Upsert:
    """For foreachBatch. One connection for all batches, as a job would have; a batch that comes a second time, after a
    restart, changes nothing: its number is stored in the same transaction."""

    def __init__(self, socket_folder, name):
        self.table = name
        # psql carries the connection: Spark has no driver for PostgreSQL of its own, and pyspark's Python no module.
        self.psql = subprocess.Popen(
            ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", socket_folder, "-U", "postgres"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.run(f"CREATE TABLE {name} (id int PRIMARY KEY, events bigint NOT NULL); "
                 f"CREATE TABLE {name}_batches (number bigint PRIMARY KEY);")

    def run(self, statements):
        self.psql.stdin.write(statements + "\n\\echo done\n")
        self.psql.stdin.flush()
        answer = self.psql.stdout.readline().strip()
        if answer != "done":
            raise RuntimeError(f"psql ended or said {answer!r}; its errors are in the driver's log")

    def __call__(self, rows, number):
        counts = rows.groupBy((rows["offset"] % GROUPS).cast("int").alias("id")).count().collect()
        self.add([(row["id"], row["count"]) for row in counts], number)

    def add(self, counts, number):
        """The (id, events) of a batch."""
        if not counts:
            return
        values = ", ".join(f"({group}, {events})" for group, events in counts)
        # Of a batch that was there before no row of `fresh` comes, so nothing is added.
        self.run(f"BEGIN; WITH fresh AS (INSERT INTO {self.table}_batches VALUES ({int(number)}) "
                 f"ON CONFLICT DO NOTHING RETURNING number) "
                 f"INSERT INTO {self.table} SELECT v.id, v.events FROM (VALUES {values}) AS v (id, events), fresh "
                 f"ON CONFLICT (id) DO UPDATE SET events = {self.table}.events + excluded.events; COMMIT;")
