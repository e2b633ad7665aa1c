"""What a browser calls itself, as people call it."""

from django.utils.translation import gettext as _

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def browser(agent: str) -> str:
    """`Firefox on Linux`, of a `User-Agent`; what is neither known is shown as it came."""
    called = next((name for part, name in BROWSERS.items() if part in agent), "")
    system = next((name for part, name in SYSTEMS.items() if part in agent), "")
    if called and system:
        return _("%(browser)s on %(system)s") % {"browser": called, "system": system}
    return called or system or agent[:60] or _("Unknown browser")
