"""The security log tells who came, who was turned away and what staff did, in ids alone."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from shop.logs import DiscreetLine, SecurityLine
from tests.admin.browsing import at_browser, dialog_url, fill_in
from tests.factories.people import PASSWORD, make_user
from tests.factories.rows import make_order

LOG = logging.getLogger("shop.security")


class Kept(logging.Handler):
    """What was written, line by line."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(SecurityLine(as_json=True))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def told(self, event: str) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, self.lines) if line["event"] == event]


@pytest.fixture
def log() -> Iterator[Kept]:
    kept = Kept()
    LOG.addHandler(kept)
    yield kept
    LOG.removeHandler(kept)


@pytest.mark.django_db
def test_who_signs_in_fails_to_changes_the_password_and_signs_out_is_told_without_names(log: Kept) -> None:
    mia, browser = make_user("mia", "manager", last_name="Keller"), Client(REMOTE_ADDR="192.0.2.77")
    door, new = reverse("login"), "battery staple horse"

    for name in ("mia", "Mia", "nobody-at-all"):
        browser.post(door, {"username": name, "password": "my-own-secret"})
    browser.post(door, {"username": "mia", "password": PASSWORD})
    changed = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    browser.post(reverse("admin:password_change"), changed)
    browser.post(reverse("logout"))

    first, second, third = log.told("sign_in_failed")
    assert (first["name"] == second["name"], first["name"] == third["name"], "by" in first) == (True, False, False)
    assert [log.told(event)[0]["by"] for event in ("signed_in", "password_changed", "signed_out")] == [
        f"user:{mia.pk}"
    ] * 3
    assert log.told("signed_in")[0]["origin"] == first["origin"]
    text = "\n".join(log.lines)
    assert not [word for word in ("mia", "Keller", "nobody", "192.0.2", "secret", PASSWORD, new) if word in text]


@pytest.mark.django_db
def test_who_is_refused_is_told_by_the_name_of_the_door(log: Kept) -> None:
    wanda, order = make_user("wanda", "warehouse"), make_order()
    forged = Client(enforce_csrf_checks=True)

    at_browser(wanda).get(dialog_url("order", "cancel", order.pk))
    forged.post(reverse("order", args=[order.number, order.token]) + "cancel/")

    assert [(told["by"], told["route"], told["status"]) for told in log.told("refused")[:1]] == [
        (f"user:{wanda.pk}", "admin:orders_order_cancel", 403)
    ]
    assert (log.told("refused")[1]["status"], "by" in log.told("refused")[1]) == (403, False)
    assert order.token not in "".join(log.lines)


@pytest.mark.django_db
def test_what_staff_send_is_told_with_the_row_and_how_it_ended(log: Kept, temporal_away: None) -> None:
    fay, order = make_user("fay", "finance"), make_order(waiting_for="payment")
    typed = {"reference": "Maria's transfer", "amount": "300.00"}

    fill_in(at_browser(fay), dialog_url("order", "mark_paid", order.pk), **typed)
    at_browser(fay).post(
        reverse("admin:orders_order_changelist"),
        {"action": "check_selected", "_selected_action": [order.pk, "x" * 50], "x": "Maria"},
    )

    dialog, chosen = log.told("staff_action")
    assert (dialog["route"], dialog["subject"]) == ("admin:orders_order_mark_paid", str(order.pk))
    assert (dialog["by"], dialog["method"], dialog["status"] >= 200) == (f"user:{fay.pk}", "POST", True)
    assert (chosen["action"], chosen["subject"]) == ("check_selected", str(order.pk))
    assert "Maria" not in "".join(log.lines)


@pytest.mark.parametrize("formatter", [DiscreetLine(), SecurityLine(), SecurityLine(as_json=True)])
def test_no_line_is_longer_than_4_kb_and_json_stays_json(formatter: DiscreetLine) -> None:
    facts = {f"fact{number}": 'ä"\\\n' * 5000 for number in range(10)}
    record = logging.makeLogRecord(
        {"name": "x", "levelname": "INFO", "msg": "begin" + "ß" * 9000 + "end", "facts": facts}
    )
    if isinstance(formatter, SecurityLine):
        record.msg = "refused"

    line = formatter.format(record)

    assert (len(line.encode()) <= 4096, "\n" in line) == (True, False)
    if isinstance(formatter, SecurityLine) and formatter.as_json:
        assert set(json.loads(line)) == {"at", "event", *facts}
    else:
        assert "begin" in line or "refused fact0=" in line
    assert line.endswith("end") or isinstance(formatter, SecurityLine)


@pytest.mark.django_db
def test_a_line_for_people_reads_event_and_facts(log: Kept) -> None:
    log.setFormatter(SecurityLine())

    Client().force_login(user := User.objects.create_user("ana"))

    assert f"INFO shop.security signed_in by=user:{user.pk} origin=" in log.lines[0]
