"""What cannot be read is answered 400, before any view and without trying to read it once more."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.decorators import sync_and_async_middleware

Response: TypeAlias = HttpResponseBase | Awaitable[HttpResponseBase]
GetResponse: TypeAlias = Callable[[HttpRequest], Response]


@sync_and_async_middleware
def refuse_unreadable(get_response: GetResponse) -> GetResponse:
    """Refuse a NUL in an address, which PostgreSQL cannot look for, and whatever says that it is not in UTF-8."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            response = _refused() if _unreadable(request) else get_response(request)
            return response if isinstance(response, HttpResponseBase) else await response

        return answer_later

    def answer(request: HttpRequest) -> Response:
        return _refused() if _unreadable(request) else get_response(request)

    return answer


def _unreadable(request: HttpRequest) -> bool:
    query = request.META.get("QUERY_STRING", "")
    if "\x00" in request.path_info or "\x00" in query or "%00" in query:
        return True
    # Django refuses such a form as well, and reads it again for the page that says so
    return (request.encoding or "utf-8").lower() != "utf-8"


def _refused() -> HttpResponse:
    return HttpResponseBadRequest(render_to_string("400.html"))
