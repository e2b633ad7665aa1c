"""Every value that the tables hold has words, in both languages."""

from decimal import Decimal

import pytest
from django.utils import translation

from orders import labels
from orders.labels import enums, order_events
from orders.models import TimelineEntry
from orders.rules.order_events import PUBLIC, OrderEvent
from orders.rules.refusals import SENTENCES, Refusal

ALL_LABELS = [value for value in vars(enums).values() if isinstance(value, labels.Labels) and value.enum]


@pytest.mark.parametrize("of", ALL_LABELS, ids=lambda of: of.enum.__name__)
def test_every_value_of_an_enum_has_a_label(of: labels.Labels) -> None:
    assert set(of.words) == {str(value) for value in of.enum}


@pytest.mark.parametrize("data", [{}, {"amount": "1359.97", "reason": "other", "levels": {"manager": "pending"}}])
@pytest.mark.parametrize("for_customer", [True, False])
def test_every_order_event_is_a_sentence_whatever_details_there_are(for_customer: bool, data: dict) -> None:
    said = {kind: labels.event(TimelineEntry(kind=kind, data=data), for_customer=for_customer) for kind in OrderEvent}

    assert {kind: text for kind, text in said.items() if not text or "%(" in text} == {}


def test_customers_read_no_roles_and_no_reasons_of_staff() -> None:
    for_staff = {"role", "roles", "levels", "reason", "said", "comment"}
    wordings = {kind: order_events.FOR_CUSTOMERS.get(kind, order_events.FOR_STAFF[kind]) for kind in PUBLIC}

    read = {kind: set(order_events.DETAIL.findall(" ".join(map(str, texts)))) for kind, texts in wordings.items()}

    assert {kind: details & for_staff for kind, details in read.items() if details & for_staff} == {}


def test_details_are_written_in_words() -> None:
    asked = TimelineEntry(kind=OrderEvent.APPROVAL_REQUESTED, data={"roles": ["manager", "vp"], "amount": "10000.00"})
    ended = TimelineEntry(kind=OrderEvent.CANCELLED, data={"code": "payment_deadline", "reason": "payment"})

    assert labels.event(asked) == "Approval requested: Manager and Vice president, for 10,000.00\u00a0€."
    assert labels.event(ended) == "Order cancelled: it was not paid in time."


def test_money_is_written_as_the_language_does() -> None:
    assert labels.money(Decimal("1359.97")) == "1,359.97\u00a0€"
    with translation.override("de"):
        assert labels.money(Decimal("1359.97")) == "1.359,97\u00a0€"


def test_every_refusal_is_translated_with_its_values() -> None:
    params = {code: dict.fromkeys(order_events.DETAIL.findall(SENTENCES[code]), "shipped") for code in Refusal}

    with translation.override("de"):
        german = {code: labels.refusal(code, params[code]) for code in Refusal}

    english = {code: labels.refusal(code, params[code]) for code in Refusal}
    assert [code for code in Refusal if german[code] == english[code]] == []


def test_a_state_inside_a_sentence_is_a_translated_word() -> None:
    with translation.override("de"):
        said = labels.refusal(Refusal.TOO_LATE_TO_CANCEL, {"number": "ORD-2026-000001", "status": "shipped"})

    assert "bereits versandt" in said
