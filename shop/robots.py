"""What search engines are told: an address with a key in it is for whoever was given it."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin


class KeepOut(MiddlewareMixin):
    """`noindex` on whatever an address with a token answers, also where it is no page, and where it says no."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.resolver_match is not None and "token" in request.resolver_match.kwargs:
            response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response
