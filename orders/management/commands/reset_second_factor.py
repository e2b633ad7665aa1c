"""`manage.py reset_second_factor NAME`: for who lost phone and codes, where no superuser can do it in the admin."""

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from orders.authorization import devices


class Command(BaseCommand):
    help = "Takes away somebody's second factor; they set up a new one when they sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="under which they sign in")

    def handle(self, *args: object, **options: str) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError("nobody signs in under this name")
        had_one = devices.forget(user)
        self.stdout.write("taken away" if had_one else "there was none")
