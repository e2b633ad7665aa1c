"""Whose data it is."""

import pytest
from django.contrib.auth.models import User


@pytest.fixture
def maria(db: None) -> User:
    return User.objects.create_user("maria", "maria@example.test", "correct horse", first_name="Maria")
