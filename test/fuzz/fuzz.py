"""Mutated inputs, to one backend for as long as it lives.

fuzz.py DATABASE SECONDS SEED

An input is a few statements, in savepoints of a transaction that is mostly rolled
back.  Any error will do but those that nobody may cause: a backend that dies, an
internal error, a leak, a round trip that is not exact, a statement without end.
Input N of a seed is the same in every run.  Of failures that look alike, only the
first is told, with all that its input did.
"""
import os, random, re, sys, time
import psycopg2, psycopg2.extras
from inputs import CHANGING, KINDS, SINGLE, UNDONE, work
from samples import Samples

TIMEOUT = "30s"
# internal errors, and those of the system that it runs on; raised, or told by an answer
FORBIDDEN = ("XX", "58")
TOLD = re.compile("""['"]((?:XX|58)[0-9A-Z]{3})['"]""")
LEAK = re.compile(r"WARNING:.*(leaked|leak:|reference leak|problem in|not closed|still referenced|probable memory corruption)", re.S)


# answers stay text: some are nested deeper than Python reads
psycopg2.extras.register_default_json(loads=str)
psycopg2.extras.register_default_jsonb(loads=str)
# times, too: PostgreSQL's go further than Python's
psycopg2.extensions.register_type(psycopg2.extensions.new_type((1082, 1083, 1114, 1184, 1186, 1266), "TIME_AS_TEXT", lambda value, cursor: value))
psycopg2.extensions.register_type(psycopg2.extensions.new_type((1115, 1182, 1183, 1185, 1187, 1270), "TIMES_AS_TEXT", lambda value, cursor: value))


class Skip(Exception):
    """The rest of the input cannot be done."""


class Session:
    def __init__(self, database):
        self.database = database
        self.failures = {}
        self.connect()
        self.begin(0, "start", 0)
        self.run("""SELECT p.oid::regproc::text, ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u (t, n) ORDER BY n)
            FROM pg_proc p WHERE p.pronamespace IN ('smartwf'::regnamespace, 'smartwf_api'::regnamespace) AND p.prokind = 'f' ORDER BY 1, 2""")
        self.functions = [tuple(row) for row in self.rows]

    def connect(self):
        """As one who defines; after a crash, once the server has recovered."""
        for _ in range(60):
            try:
                self.connection = psycopg2.connect(dbname=self.database, user="fuzz_definer",
                    options=f"-c statement_timeout={TIMEOUT} -c client_min_messages=warning -c search_path=public,pg_temp")
                break
            except psycopg2.OperationalError:
                time.sleep(1)
        else:
            sys.exit("the server does not come back")
        self.connection.autocommit = True
        self.connection.notices = []

    def begin(self, number, kind, seed):
        self.number, self.kind, self.seed = number, kind, seed
        self.done, self.rows, self.in_transaction = [], [], False

    def fail(self, what, text):
        signature = (what, re.sub(r'"[^"]*"|\d+', "?", text)[:150])
        self.failures[signature] = self.failures.get(signature, 0) + 1
        if self.failures[signature] > 1:
            return
        print(f"\nfailure  {what}: {text}\n-- seed {self.seed}, input {self.number} ({self.kind}); in a database with test/fuzz/fixture.sql, as fuzz_definer:")
        print("\n".join(statement + ";" for statement in self.done), flush=True)

    def execute(self, sql):
        """Carry out a statement; the error, or None.  Ends the input if nothing can follow."""
        self.done.append(sql)
        error, self.rows = None, []
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                self.rows = cursor.fetchall() if cursor.description else []
        except psycopg2.Error as caught:
            error = caught
        for notice in self.connection.notices:
            if LEAK.search(notice):
                self.fail("leak", notice.strip())
        del self.connection.notices[:]
        del self.connection.notifies[:]
        if self.connection.closed:
            self.connect()
            self.fail(f"the backend died ({self.kind})", str(error).strip() + "\n" + self.last_words())
            raise Skip
        if error is not None and (error.pgcode or "XX000")[:2] in FORBIDDEN:
            self.fail(f"SQLSTATE {error.pgcode}", str(error).strip())
        elif error is not None and error.pgcode == "57014":
            self.fail("no end", f"longer than {TIMEOUT}: {self.kind} {str(error).strip()}")
        told = TOLD.search(str(self.rows)) if self.rows else None
        if told:
            self.fail(f"told {told.group(1)}", str(self.rows))
        return error

    def last_words(self):
        """What the server's log says of a crash."""
        try:
            with open(os.environ["SERVER_LOG"], errors="replace") as log:
                lines = [line for line in log if re.search(r"TRAP|terminated by signal|PANIC", line)]
        except (KeyError, OSError):
            return ""
        return "".join(lines[-2:])

    def run(self, sql, must=False):
        """A statement of the input, in a savepoint where there is a transaction; MUST it work?"""
        if self.in_transaction:
            self.execute("SAVEPOINT s")
        error = self.execute(sql)
        if error is not None and self.in_transaction:
            self.execute("ROLLBACK TO s")
        if error is not None and must:
            self.fail("must work", f"{error.pgcode} {str(error).strip()}")
        return error

    def value(self, sql, must=False):
        return None if self.run(sql, must) is not None or not self.rows else self.rows[0][0]

    def outside(self):
        """Go on without a transaction."""
        if self.in_transaction:
            self.commit()
            self.in_transaction = False

    def commit(self):
        """What is deferred comes first: in COMMIT itself, PostgreSQL's assertions mind every rolled back subtransaction."""
        self.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self.execute("COMMIT")

    def input(self, kind, chosen, samples):
        """Of twenty, one in transactions of its statements, one in one that is committed; the others leave nothing."""
        fate = 2 if kind in UNDONE else 0 if kind in SINGLE else chosen.randrange(20)
        role = chosen.choice(["fuzz_clerk", "fuzz_admin"]) if chosen.randrange(8) == 0 else None
        try:
            if fate > 0:
                self.execute("BEGIN")
                self.in_transaction = True
            if role:
                self.execute("SET ROLE " + role)
            kind(self, chosen, samples)
            committed = not self.in_transaction or fate == 1
            if self.in_transaction:
                self.in_transaction = False
                if committed:
                    self.commit()
                else:
                    self.execute("ROLLBACK")
            if role or kind is work:
                self.execute("RESET ROLE")
            if committed and kind in CHANGING:
                self.tidy()
        except Skip:
            pass

    def tidy(self):
        """The fixture as it was, as far as it can be; what it was for is remembered by the backend."""
        for table in ("blank", "moody"):
            self.execute(f"DROP TABLE IF EXISTS {table} CASCADE")
            self.execute(f"CREATE TABLE {table} (LIKE {table}_as_new INCLUDING ALL)")
            self.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO fuzz_clerk, fuzz_admin")
        self.execute("INSERT INTO bill (id, amount) VALUES ('..', 2), ('1', 5), (E'a\\nb', 6), ('😀', 5000) ON CONFLICT DO NOTHING")
        self.execute("INSERT INTO other (id) VALUES (1), (2), (-3) ON CONFLICT DO NOTHING")


def main():
    database, seconds, seed = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    samples = Samples()
    session = Session(database)
    kinds = [kind for kind, _ in KINDS]
    weights = [weight for _, weight in KINDS]
    counts = dict.fromkeys((kind.__name__ for kind in kinds), 0)
    number, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        number += 1
        chosen = random.Random(f"{seed}:{number}")
        kind = chosen.choices(kinds, weights)[0]
        counts[kind.__name__] += 1
        session.begin(number, kind.__name__, seed)
        session.input(kind, chosen, samples)
    for (what, text), times in session.failures.items():
        print(f"{times} x {what}: {text.splitlines()[0]}")
    print(f"        {number} inputs: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    sys.exit(1 if session.failures else 0)


if __name__ == "__main__":
    main()
