"""How somebody who acts, or whom a mail is for, is written: `user:17`, `customer:42`, `system`; no personal data."""

import re

SYSTEM = "system"
GUEST = "customer:guest"
USER, CUSTOMER, WEBHOOK, SCHEDULE, STATEMENT, ROLE = "user", "customer", "webhook", "schedule", "statement", "role"
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def user(user_id: int) -> str:
    """A member of staff."""
    return f"{USER}:{user_id}"


def customer(user_id: int | None) -> str:
    """A customer; a guest has no number."""
    return f"{CUSTOMER}:{user_id}" if user_id else GUEST


def webhook(provider: str) -> str:
    """A payment provider that reports by itself."""
    return f"{WEBHOOK}:{provider}"


def schedule(name: str) -> str:
    """A schedule that starts something by itself."""
    return f"{SCHEDULE}:{name}"


def statement(statement_id: int) -> str:
    """An account statement that somebody uploaded."""
    return f"{STATEMENT}:{statement_id}"


def role(name: str) -> str:
    """Everybody in a role, as recipients of mail."""
    return f"{ROLE}:{name}"


def split(actor: str) -> tuple[str, str]:
    """The kind of an actor and which one: `user:17` is `("user", "17")`, `system` is `("system", "")`."""
    kind, _colon, which = actor.partition(":")
    return kind, which


def is_a(kind: str, actor: str) -> bool:
    """Whether an actor is of this kind."""
    return split(actor)[0] == kind


def user_id(actor: str) -> int | None:
    """The number of a member of staff; None for everybody else."""
    kind, _which = split(actor)
    return person_id(actor) if kind == USER else None


def customer_id(actor: str) -> int | None:
    """The number of a signed-in customer; None for everybody else."""
    kind, _which = split(actor)
    return person_id(actor) if kind == CUSTOMER else None


def person_id(actor: str) -> int | None:
    """The number of a person with an account, staff or customer; None for everybody else."""
    kind, which = split(actor)
    return int(which) if kind in (USER, CUSTOMER) and _NUMBER.fullmatch(which) else None


def same_person(one: str, other: str) -> bool:
    """Whether two actors are the same person with an account: `user:17` and `customer:17` are."""
    return person_id(one) is not None and person_id(one) == person_id(other)
