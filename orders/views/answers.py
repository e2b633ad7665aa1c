"""Pages that say no: the page the person was on, with a sentence and the status that belongs to it."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from orders import labels
from orders.http_status import http_status
from orders.views.throttle import TooMany
from temporal_app.client.errors import ClientError, Refused

RETRY_AFTER_SECONDS = 30


def sentence(error: ClientError) -> str:
    """What a client function said, in the reader's language, values included."""
    return labels.refusal(error.code, error.params) if isinstance(error, Refused) else error.message


def add_error(form: forms.BaseForm, error: ClientError) -> None:
    """Put a client function's answer onto the form that asked. A refused form may be sent anew; one that could not be
    delivered keeps its id, because it may have arrived after all."""
    form.add_error(None, sentence(error))
    if isinstance(error, Refused) and hasattr(form, "renew"):
        form.renew()


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, error: ClientError | None = None, status: int = 200
) -> HttpResponse:
    """A page, with the status of the error that it shows."""
    response = render(request, template, context, status=http_status(error) if error else status)
    if response.status_code == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.wait)
    return response


def missing(request: HttpRequest, said: str) -> HttpResponse:
    """The page for what does not exist, with a sentence of its own."""
    return render(request, "404.html", {"sentence": said}, status=404)
