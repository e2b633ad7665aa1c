"""How the admin looks: names, colours, and what Unfold loads besides its own."""

from typing import Any

from django.templatetags.static import static

TEAL = {  # lightness and chroma of the shop's own colour, from the palest to the darkest
    "50": "97.5% .012", "100": "94.5% .025", "200": "89% .045", "300": "81% .07", "400": "70% .09", "500": "57% .09",
    "600": "46% .08", "700": "39.5% .07", "800": "34% .055", "900": "29% .045", "950": "22% .035",
}  # fmt: skip


def unfold(shop_name: str) -> dict[str, Any]:
    """Unfold's settings."""
    return {
        "SITE_TITLE": shop_name,
        "SITE_HEADER": shop_name,
        "SITE_SYMBOL": "local_shipping",
        "COLORS": {"primary": {step: f"oklch({shade} 205)" for step, shade in TEAL.items()}},
        "SITE_URL": "/",
        "SHOW_HISTORY": True,
        "SHOW_VIEW_ON_SITE": False,
        "SHOW_LANGUAGES": True,
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("shop/mark.svg")}],
        "STYLES": [lambda request: static("admin_shop/admin.css")],
        "SCRIPTS": [lambda request: static("admin_shop/dialogs.js")],
        "DASHBOARD_CALLBACK": "orders.admin.dashboard.dashboard",
        "ACCOUNT": {"navigation": "orders.admin.sessions.account"},
        "SIDEBAR": {"navigation": "orders.admin.sidebar.navigation"},
    }
