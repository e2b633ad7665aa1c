"""Whether a page fits its window, on a desk and on a telephone."""

from collections.abc import Iterable, Iterator

from playwright.sync_api import Page

from tests.browser.conftest import HEIGHT, WIDE

NARROW = 390  # pixels
WIDTHS = (NARROW, WIDE)


def widths_of(page: Page) -> Iterator[int]:
    """Make the window as wide as a telephone's and then as a desk's."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.wait_for_function("width => window.innerWidth === width", arg=width)
        yield width


def fits(page: Page) -> bool:
    """Whether nothing of the page is out of sight to the right."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def too_wide(page: Page, addresses: Iterable[str] = ("",)) -> list[tuple[str, int]]:
    """Which of these pages, or this one, is wider than which window."""
    wider = []
    for address in addresses:
        if address:
            page.goto(address)
        wider += [(address, width) for width in widths_of(page) if not fits(page)]
    return wider
