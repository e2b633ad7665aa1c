"""Links in mails: only the shop's own lead anywhere, whatever customers call themselves."""

import re

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

# what mail programs make a link of by themselves
LINK = re.compile(r"://|www\.|mailto:|@|[\w-]{2,}\.[a-z]{2,}", re.IGNORECASE)


def looks_like_link(text: str) -> bool:
    """Whether a mail program may make a link of it."""
    return LINK.search(text) is not None


def with_our_links(text: str) -> SafeString:
    """The text as HTML, in which addresses of this shop are links and nothing else is."""
    ours = re.compile(rf"({re.escape(settings.SHOP_BASE_URL)}(?:/[^\s<>\"']*)?)")
    parts = ours.split(text)  # every other one is a link
    pieces = [format_html('<a href="{0}">{0}</a>' if number % 2 else "{}", part) for number, part in enumerate(parts)]
    return mark_safe("".join(pieces))  # noqa: S308 # nosec B308 # each piece is escaped
