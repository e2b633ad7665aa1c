"""People of the staff, and the customers who sign in."""

from django.contrib.auth.models import Group, User

PASSWORD = "correct horse battery"


def make_user(name: str, *roles: str, **columns: object) -> User:
    """A member of staff with these roles."""
    user = User.objects.create_user(name, f"{name}@example.test", PASSWORD, **{"is_staff": True, **columns})
    user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
    return user
