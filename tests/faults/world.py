"""Who clicks, and at what."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.test import Client as Browser

from tests.admin.browsing import FROM_DIALOG, at_browser, fields_of

Click = Callable[[], Any]


@dataclass
class World:
    """Who is there: staff by role, and a customer's browser."""

    staff: dict[str, User]

    def at(self, role: str) -> Browser:
        return at_browser(self.staff[role])

    def dialog(self, role: str, url: str, **typed: str) -> Click:
        """The same dialog, opened once, sent as often as it is clicked."""
        browser = self.at(role)
        opened = browser.get(url, **FROM_DIALOG)
        assert opened.status_code == 200, (url, opened.status_code)
        return self.post(browser, url, {**fields_of(opened), **typed}, **FROM_DIALOG)

    @staticmethod
    def post(browser: Browser, url: str, form: dict[str, Any], **extra: Any) -> Click:
        def click() -> Any:
            mine = Browser()  # one browser cannot do two things at once
            mine.cookies.update(browser.cookies)
            return mine.post(url, form, **extra)

        return click
