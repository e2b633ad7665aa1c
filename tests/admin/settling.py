"""A member of staff who settles failed reversals, and what stands on the pages afterwards."""

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import reverse

from orders.models import ApprovalRequest, CompensationFailure
from orders.payments.gateway import ProviderRefused
from temporal_app.activities import payments
from tests.admin.browsing import at_browser, dialog_url, fill_in, message_shown, words


def dialog(failure: CompensationFailure, action: str) -> str:
    return dialog_url("compensationfailure", action, failure.pk)


def do(person: User, failure: CompensationFailure, action: str, **typed: str) -> HttpResponse:
    return fill_in(at_browser(person), dialog(failure, action), **typed)


def told(person: User, url: str, **typed: str) -> str:
    """Fill a dialog in; answers the page that follows, with what it says about that."""
    browser = at_browser(person)
    return message_shown(browser, fill_in(browser, url, **typed))


def page(person: User, failure: CompensationFailure) -> str:
    return words(at_browser(person).get(reverse("admin:orders_compensationfailure_change", args=[failure.pk])))


def approval_of(failure: CompensationFailure) -> ApprovalRequest:
    return ApprovalRequest.objects.get(write_off__failure=failure)


def decide(person: User, failure: CompensationFailure, decision: str, **typed: str) -> HttpResponse:
    return fill_in(at_browser(person), dialog_url("approvalrequest", decision, approval_of(failure).pk), **typed)


def provider_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_payment: object, *, by: str) -> None:
        raise ProviderRefused("the account is closed")

    monkeypatch.setattr(payments, "_give_back", refuse)
