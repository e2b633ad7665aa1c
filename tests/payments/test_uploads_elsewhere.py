"""Statements go through the storage of uploads, wherever that is; one that is not there has an end in words."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client as Browser
from django.urls import reverse
from temporalio.client import Client

from orders.authorization.roles import set_up_roles
from orders.models import BankStatement, StatementLine
from orders.rules.states import StatementState
from temporal_app import client, policies
from tests import serving
from tests.admin.browsing import at_browser, words
from tests.factories.camt import Entry, camt
from tests.factories.orders import ask, eventually
from tests.factories.people import make_user


@pytest.fixture(autouse=True)
def bank(worker: Client, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"
    settings.MEDIA_ROOT = tmp_path / "uploads"
    monkeypatch.setattr(policies, "FILE_PAUSES", (timedelta(seconds=0.1), timedelta(seconds=0.2)))


@pytest.fixture
def fritz(bank: None) -> Browser:
    """The browser of somebody in finance."""
    set_up_roles()
    return at_browser(make_user("fritz", "finance"))


def upload(content: bytes) -> BankStatement:
    return BankStatement.objects.create(file=ContentFile(content, name="march.xml"), name="march.xml")


def test_a_statement_is_read_from_the_storage_of_uploads_and_not_from_a_disk(settings, tmp_path: Path) -> None:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": memory}
    statement = upload(camt(Entry()))

    client.import_statement(statement.pk)

    statement.refresh_from_db()
    assert (statement.state, StatementLine.objects.count()) == (StatementState.IMPORTED, 1)
    assert not (tmp_path / "uploads").exists()


def test_a_file_that_no_worker_finds_is_refused_in_words_and_can_be_uploaded_again(
    worker: Client, fritz: Browser
) -> None:
    statement = upload(camt(Entry()))
    default_storage.delete(statement.file.name)

    client.import_statement(statement.pk)
    page = words(fritz.get(reverse("admin:orders_bankstatement_change", args=[statement.pk])))
    again = upload(camt(Entry()))
    client.import_statement(again.pk)

    statement.refresh_from_db()
    again.refresh_from_db()
    assert (statement.state, again.state) == (StatementState.REFUSED, StatementState.IMPORTED)
    assert "The uploaded file cannot be found any more." in page
    assert StatementLine.objects.count() == 1
    workflow = worker.get_workflow_handle(f"statement-import-{statement.pk}")
    assert ask(workflow.describe()).close_time is not None


def test_a_file_that_comes_late_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "FILE_PAUSES", (timedelta(seconds=0.1),) * 200)
    statement = upload(camt(Entry()))
    name = statement.file.name
    default_storage.delete(name)
    with serving.no_patience():
        finished = client.import_statement(statement.pk)

    default_storage.save(name, ContentFile(camt(Entry())))

    eventually(lambda: BankStatement.objects.get(pk=statement.pk).state == StatementState.IMPORTED)
    assert not finished
