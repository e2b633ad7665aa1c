"""The admin's site: Unfold's, with pages of our own."""

from django.urls import URLPattern, URLResolver, include, path
from unfold.sites import UnfoldAdminSite


class ShopAdminSite(UnfoldAdminSite):
    """Unfold's site. The tables in it are registered by `orders.admin`, which needs this class to exist before."""

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [path("", include("orders.admin.urls")), *super().get_urls()]
