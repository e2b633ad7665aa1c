"""What Temporal's pages and its CLI ask before they show a payload: to decrypt it, for operators."""

from urllib.parse import urlsplit

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from google.protobuf.json_format import MessageToDict, Parse, ParseError
from temporalio.api.common.v1 import Payloads

from temporal_app.codec import Undecipherable
from temporal_app.connection import data_converter

OPERATE = "orders.view_failedworkflow"  # who looks after workflows that fail, reads what is technical
LARGEST_BODY = 4 * 1024 * 1024  # bytes; Temporal takes payloads of 2 MB, which base64 makes a third larger
ASKED_FIRST_AGAIN_AFTER = 600  # seconds, of a browser's permission to ask


@csrf_exempt  # it changes nothing, and only the pages of Temporal may read the answer
@never_cache
@require_http_methods(["POST", "OPTIONS"])
def decode(request: HttpRequest) -> HttpResponse:
    """Decrypt payloads, as Temporal's remote codec protocol has it: JSON `{"payloads": […]}` in, the same out.

    Answers 400 malformed, 403 not signed in, not an operator, or asked from a page that is not Temporal's; 413 too
    large; 422 a key is missing, which the answer names.
    """
    origin = request.headers.get("Origin")
    if origin not in (None, _temporals_origin()):
        return HttpResponse("asked from another page than TEMPORAL_UI_URL\n", status=403, content_type="text/plain")
    answer = HttpResponse(status=204) if request.method == "OPTIONS" else _decoded(request)
    if origin is not None:
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Allow-Credentials"] = "true"
        answer.headers["Access-Control-Allow-Methods"] = "POST"
        answer.headers["Access-Control-Allow-Headers"] = "Content-Type, X-Namespace"
        answer.headers["Access-Control-Max-Age"] = str(ASKED_FIRST_AGAIN_AFTER)
    patch_vary_headers(answer, ["Origin"])
    return answer


def _temporals_origin() -> str:
    address = urlsplit(settings.TEMPORAL_UI_URL)
    return f"{address.scheme}://{address.netloc}"


def _decoded(request: HttpRequest) -> HttpResponse:
    if not (admin.site.has_permission(request) and request.user.has_perm(OPERATE)):
        return _said(403, "sign in to the shop's admin as somebody who may see failed workflows")
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        return _said(413, "the body is too large")
    try:
        sent = Parse(body, Payloads())
    except (ParseError, ValueError, RecursionError):
        return _said(400, "the body is not JSON of payloads")
    codec = data_converter().payload_codec
    try:
        plain = async_to_sync(codec.decode)(sent.payloads) if codec else sent.payloads
    except Undecipherable as unread:
        return _said(422, str(unread))
    return JsonResponse(MessageToDict(Payloads(payloads=plain)))


def _said(status: int, message: str) -> HttpResponse:
    return JsonResponse({"message": message}, status=status)
