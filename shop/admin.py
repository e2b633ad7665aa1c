"""The admin's site: Unfold's, with pages of our own."""

from typing import TYPE_CHECKING

from django.urls import URLPattern, URLResolver, include, path

if TYPE_CHECKING:  # Unfold ships no types; its site is Django's with other looks
    from django.contrib.admin import AdminSite as UnfoldAdminSite
else:
    from unfold.sites import UnfoldAdminSite


class ShopAdminSite(UnfoldAdminSite):
    """Unfold's site. The tables in it are registered by `orders.admin`, which needs this class to exist before."""

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [path("", include("orders.admin.urls")), *super().get_urls()]
