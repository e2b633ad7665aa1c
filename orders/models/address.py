"""An address, as every table that holds one has it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Address(models.Model):
    """Whom to write to and where to deliver: the only personal data of an order."""

    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"))
    street = models.CharField(_("street and number"), max_length=200)
    postal_code = models.CharField(_("postal code"), max_length=20)
    city = models.CharField(_("city"), max_length=100)
    country = models.CharField(_("country"), max_length=60)

    class Meta:
        abstract = True

    @classmethod
    def address_fields(cls) -> list[str]:
        """Names of the columns that make an address."""
        return [field.name for field in Address._meta.get_fields()]

    def address(self) -> dict[str, str]:
        """The address alone, by column name."""
        return {name: getattr(self, name) for name in self.address_fields()}
