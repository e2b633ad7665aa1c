from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Shop")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from orders.authorization.roles import set_up_roles  # models can be imported from here on

        post_migrate.connect(set_up_roles, sender=self, dispatch_uid="orders.roles")
