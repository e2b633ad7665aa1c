"""Choosing a person in a form."""

from typing import Any

from orders.admin.base import people
from orders.admin.base.typed import ModelChoiceField


class PersonField(ModelChoiceField):
    """A choice of people by their names."""

    def label_from_instance(self, user: Any) -> str:
        return people.name(user)
