"""A member of staff at a browser: signs in, reads pages, fills dialogs in."""

import html
import re
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

FROM_DIALOG = {"HTTP_HX_REQUEST": "true"}


def at_browser(user: User, **options: Any) -> Client:
    """A browser in which `user` is signed in."""
    browser = Client(**options)
    browser.force_login(user)
    return browser


def dialog_url(model: str, step: str, key: object) -> str:
    """Where a dialog is."""
    return reverse(f"admin:orders_{model}_{step}", args=[key])


def fields_of(answer: HttpResponse) -> dict[str, str]:
    """What a dialog would send if nothing were typed: its hidden fields and their values."""
    return hidden_fields(answer.content.decode())


def hidden_fields(markup: str) -> dict[str, str]:
    """The hidden fields in a piece of a page, and their values."""
    inputs = re.findall(r'<input type="hidden"[^>]*>', markup)
    pairs = (dict(re.findall(r'(name|value)="([^"]*)"', tag)) for tag in inputs)
    return {pair["name"]: html.unescape(pair.get("value", "")) for pair in pairs if "name" in pair}


def fill_in(browser: Client, url: str, **typed: str) -> HttpResponse:
    """Open a dialog, type, send."""
    return send(browser, url, fields_of(browser.get(url, **FROM_DIALOG)), **typed)


def send(browser: Client, url: str, fields: dict[str, str], **typed: str) -> HttpResponse:
    """Send a dialog that was opened before."""
    return browser.post(url, {**fields, **typed}, **FROM_DIALOG)


def words(answer: HttpResponse) -> str:
    """What a person reads: no markup, single spaces."""
    text = re.sub(r"<(script|style).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text))).strip()


def message_shown(browser: Client, answer: HttpResponse) -> str:
    """The message shown where the browser goes after a dialog was taken."""
    assert answer.status_code == 200, words(answer)
    assert "HX-Redirect" in answer.headers, words(answer)
    return words(browser.get(answer.headers["HX-Redirect"]))
