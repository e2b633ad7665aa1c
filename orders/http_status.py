"""The HTTP status of what a client function says instead of an answer; pages and the admin share it."""

from orders.rules.refusals import Refusal
from temporal_app.client.errors import ClientError, Refused

FORBIDDEN = {Refusal.NOT_IN_ROLE, Refusal.OWN_REQUEST, Refusal.ONE_LEVEL_PER_PERSON}
MISSING = {Refusal.UNKNOWN_ORDER, Refusal.UNKNOWN_SKU}
UNREADABLE = {
    Refusal.QUANTITY_NOT_POSITIVE,
    Refusal.QUANTITY_TOO_LARGE,
    Refusal.CARD_TOKEN_INVALID,
    Refusal.UNKNOWN_LANGUAGE,
    Refusal.UNKNOWN_STATUS,
    Refusal.UNKNOWN_ROLE,
    Refusal.UNKNOWN_PAYMENT_METHOD,
    Refusal.COMMENT_MISSING,
    Refusal.ADDRESS_MISSING,
}


def http_status(error: ClientError) -> int:
    """503 where Temporal does not answer; 400, 403, 404, 409 or 429 where a rule says no."""
    if not isinstance(error, Refused):
        return 503
    if error.code in FORBIDDEN:
        return 403
    if error.code in MISSING:
        return 404
    if error.code in (Refusal.TOO_OFTEN, Refusal.TOO_MANY_FROM_THERE):
        return 429
    return 400 if error.code in UNREADABLE else 409
