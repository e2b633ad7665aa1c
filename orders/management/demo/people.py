"""People of the demo shop. They all share one password that everybody knows, so they exist nowhere else."""

from dataclasses import dataclass

from django.contrib.auth.models import Group, User

from orders.rules.approvals import Role

PASSWORD = "demo"  # noqa: S105 # nosec B105 # meant to be known


@dataclass(frozen=True)
class Person:
    """Somebody to sign in as; without a role a customer."""

    username: str
    first_name: str
    last_name: str
    role: Role | None = None
    superuser: bool = False


PEOPLE = (
    Person("admin", "Ada", "Brandt", superuser=True),
    Person("manager", "Maya", "Keller", Role.MANAGER),
    Person("manager2", "Marek", "Nowak", Role.MANAGER),
    Person("director", "Dora", "Lindqvist", Role.DIRECTOR),
    Person("vp", "Victor", "Okafor", Role.VP),
    Person("warehouse", "Wanda", "Petrov", Role.WAREHOUSE),
    Person("finance", "Finn", "Albers", Role.FINANCE),
    Person("support", "Sina", "Haddad", Role.SUPPORT),
    Person("anna", "Anna", "Schuster"),
    Person("ben", "Ben", "Moreau"),
)


def add_people() -> int:
    """Make the people who are missing; how many there were to make."""
    return sum(_add(person) for person in PEOPLE)


def _add(person: Person) -> bool:
    user, new = User.objects.get_or_create(
        username=person.username,
        defaults={
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": f"{person.username}@example.org",
            "is_staff": bool(person.role or person.superuser),
            "is_superuser": person.superuser,
        },
    )
    if new:
        User.objects.filter(pk=user.pk).update(password=_hashed())
        if person.role:
            user.groups.add(Group.objects.get(name=person.role))
    return new


def _hashed() -> str:
    scratch = User()
    scratch.set_password(PASSWORD)
    return scratch.password
