"""The admin's configuration: Django's own, with the site of this shop."""

from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.checks import Tags, register


class ShopAdminConfig(AdminConfig):
    default_site = "shop.admin.ShopAdminSite"

    def ready(self) -> None:
        super().ready()
        from shop import second_factor, security_log, sessions  # users can be imported from here on

        user_logged_in.connect(sessions.begin, dispatch_uid="shop.sessions")
        user_logged_in.connect(second_factor.begin, dispatch_uid="shop.second_factor")
        user_logged_in.connect(security_log.signed_in, dispatch_uid="shop.security_log.in")
        user_logged_out.connect(security_log.signed_out, dispatch_uid="shop.security_log.out")
        user_login_failed.connect(security_log.sign_in_failed, dispatch_uid="shop.security_log.failed")
        register(second_factor.asked_for, Tags.security, deploy=True)
