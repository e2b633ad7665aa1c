"""What pages of our own share with the pages of Django's admin."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse

from temporal_app import connection


def nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    """In place of Django's "view on site", which asks for no permission; an order's address holds its key."""
    raise Http404


def page_context(request: HttpRequest, title: str) -> dict[str, Any]:
    """Frame, sidebar and title of an admin page."""
    return {**admin.site.each_context(request), "title": title}


def workflow_url(workflow_id: str) -> str:
    """Where Temporal's own pages show a workflow."""
    return f"{settings.TEMPORAL_UI_URL}/namespaces/{connection.namespace()}/workflows/{workflow_id}"
