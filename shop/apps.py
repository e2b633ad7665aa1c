"""The admin's configuration: Django's own, with the site of this shop."""

from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.signals import user_logged_in
from django.core.checks import Tags, register


class ShopAdminConfig(AdminConfig):
    default_site = "shop.admin.ShopAdminSite"

    def ready(self) -> None:
        super().ready()
        from shop import second_factor, sessions  # users can be imported from here on

        user_logged_in.connect(sessions.begin, dispatch_uid="shop.sessions")
        user_logged_in.connect(second_factor.begin, dispatch_uid="shop.second_factor")
        register(second_factor.asked_for, Tags.security, deploy=True)
