"""Django's PostgreSQL backend, whose pool gets over a restart of the database at once."""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """
    Looks at each connection that comes out of the pool; if one is dead, all that are in there are looked at.

    The pool's own check (Django's `CONN_HEALTH_CHECKS`) throws away one dead connection at a time and pauses longer
    and longer in between: after a restart with thirty connections in the pool, requests failed for over a minute.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if self.pool is None:
            return connection
        try:
            ConnectionPool.check_connection(connection)
        except OperationalError:
            self.pool.putconn(connection)
            self.pool.check()
            return super().get_new_connection(conn_params)
        return connection
