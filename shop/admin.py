"""The admin's site: Unfold's, with pages of our own."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import BadRequest
from django.core.paginator import InvalidPage
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

if TYPE_CHECKING:  # Unfold ships no types; its site is Django's with other looks
    from django.contrib.admin import AdminSite

    class UnfoldAdminSite(AdminSite):
        def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse: ...
else:
    from unfold.sites import UnfoldAdminSite


class ShopAdminSite(UnfoldAdminSite):
    """Unfold's site. The tables in it are registered by `orders.admin`, which needs this class to exist before."""

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [path("", include("orders.admin.urls")), *super().get_urls()]

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Unfold's search over everything; a page that is none is a bad request."""
        try:
            return super().search(request, extra_context)
        except InvalidPage as error:
            raise BadRequest(str(error)) from error
