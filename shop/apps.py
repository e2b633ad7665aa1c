"""The admin's configuration: Django's own, with the site of this shop."""

from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.signals import user_logged_in


class ShopAdminConfig(AdminConfig):
    default_site = "shop.admin.ShopAdminSite"

    def ready(self) -> None:
        super().ready()
        from shop.sessions import begin  # users can be imported from here on

        user_logged_in.connect(begin, dispatch_uid="shop.sessions")
