"""`manage.py seed_demo`: people and products to try the shop with."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from orders.authorization.roles import set_up_roles
from orders.management.demo.people import PASSWORD, PEOPLE, add_people
from orders.management.demo.products import add_products


class Command(BaseCommand):
    help = "Add demo staff for each role, two customers and products. Leaves what is there as it is."

    def handle(self, *args: object, **options: object) -> None:
        if not (settings.DEBUG or settings.DEMO):
            raise CommandError("seed_demo makes users whose password everybody knows; it needs DJANGO_DEBUG=true.")
        with transaction.atomic():
            set_up_roles()
            people, products = add_people(), add_products()
        names = ", ".join(person.username for person in PEOPLE)
        self.stdout.write(f"Added {people} people and {products} products.")
        self.stdout.write(f"Sign in as {names}; the password is {PASSWORD!r}.")
