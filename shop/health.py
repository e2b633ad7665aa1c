"""Two pages for load balancers and operators: is the process up, and can it do its work."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from temporalio.service import RPCError

from temporal_app.connection import NotConnected, get_client

PATIENCE_SECONDS = 2.5  # for each, both at once: the whole answer comes within 3 seconds


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
async def ready(request: HttpRequest) -> HttpResponse:
    """200 if the database and Temporal answer, else 503 with the name of what is missing."""
    database, temporal = await asyncio.gather(
        _answers(sync_to_async(_ask_database, thread_sensitive=False)()), _answers(_ask_temporal())
    )
    checks = {"database": "ok" if database else "missing", "temporal": "ok" if temporal else "missing"}
    healthy = database and temporal
    return JsonResponse({"status": "ok" if healthy else "unavailable", **checks}, status=200 if healthy else 503)


async def _answers(question: Awaitable[None]) -> bool:
    task = asyncio.ensure_future(question)
    # not wait_for: that would wait for a hanging thread to notice that it was cancelled
    done, _late = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
    if not done:
        task.cancel()
        return False
    return not isinstance(task.exception(), DatabaseError | NotConnected | RPCError) and task.result() is None


def _ask_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()  # this thread has no request whose end would do it


async def _ask_temporal() -> None:
    client = await get_client()
    await client.service_client.check_health(timeout=timedelta(seconds=PATIENCE_SECONDS), retry=False)
