"""The admin's configuration: Django's own, with the site of this shop."""

from django.contrib.admin.apps import AdminConfig


class ShopAdminConfig(AdminConfig):
    default_site = "shop.admin.ShopAdminSite"
