"""All addresses: the shop's pages, signing in, the admin, and two that load balancers ask."""

from django.contrib import admin
from django.urls import include, path

from shop import health

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("orders.urls")),
]
