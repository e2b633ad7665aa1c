"""By which methods an address may be asked."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect


def post_or_back(back: Callable[..., str]) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let a view answer POST alone; who opens its address, as after a reload, gets to the page of its form.

    :param back: the address of that page, from the parts of the view's own
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest, **parts: str) -> HttpResponse:
            if request.method in ("GET", "HEAD"):
                return HttpResponseRedirect(back(**parts))
            if request.method != "POST":
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            return view(request, **parts)

        return answer

    return decorate
