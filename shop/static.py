"""Static files under ASGI."""

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """
    WhiteNoise that keeps an async chain async.

    The original is sync only: every request, static or not, would hop through a thread, and Django would warn about
    a file streamed by a sync iterator.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest):
        """The static file at this address, or what the rest of the chain answers."""
        if iscoroutinefunction(self):
            return self._answer(request)
        return super().__call__(request)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(self.static_prefix):
            found = await sync_to_async(self._read, thread_sensitive=False)(request)
            if found is not None:
                return found
        return await self.get_response(request)

    def _read(self, request: HttpRequest) -> HttpResponse | None:
        file = self.find_file(request.path_info) if self.autorefresh else self.files.get(request.path_info)
        if file is None:
            return None
        streamed = self.serve(file, request)
        whole = HttpResponse(
            b"".join(streamed.streaming_content), status=streamed.status_code, headers=streamed.headers
        )
        streamed.close()
        return whole
