"""Static files under ASGI."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

Response: TypeAlias = HttpResponseBase | Awaitable[HttpResponseBase]


class StaticFilesMiddleware:
    """
    WhiteNoise in an async chain, which stays async.

    WhiteNoise itself is sync only: every request, static or not, would hop through a thread, and Django would warn
    about a file streamed by a sync iterator.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Response]) -> None:
        self._get_response = get_response
        self._whitenoise = WhiteNoiseMiddleware(get_response)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Response:
        """The static file at this address, or what the rest of the chain answers."""
        if self._is_async:
            return self._respond(request)
        response: HttpResponseBase = self._whitenoise(request)
        return response

    async def _respond(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(self._whitenoise.static_prefix):
            found = await sync_to_async(self._read, thread_sensitive=False)(request)
            if found is not None:
                return found
        response = self._get_response(request)
        return response if isinstance(response, HttpResponseBase) else await response

    def _read(self, request: HttpRequest) -> HttpResponse | None:
        path, static = request.path_info, self._whitenoise
        file = static.find_file(path) if static.autorefresh else static.files.get(path)
        if file is None:
            return None
        streamed: FileResponse = static.serve(file, request)
        whole = HttpResponse(b"".join(streamed), status=streamed.status_code, headers=streamed.headers)
        streamed.close()
        return whole
