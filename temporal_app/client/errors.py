"""What a client function says instead of an answer: refused, and why; or not available right now."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _
from temporalio.exceptions import ApplicationError, FailureError

from orders.rules.refusals import SENTENCES, Refusal


class ClientError(Exception):
    """A client function did not do what it was asked."""

    @property
    def message(self) -> str:
        """A sentence for the person who asked, in their language."""
        raise NotImplementedError


class Refused(ClientError):
    """A rule of the shop forbids it; nothing was changed."""

    def __init__(self, code: Refusal, params: dict[str, str] | None = None) -> None:
        self.code = code
        self.params = params or {}
        super().__init__(code.value)

    @classmethod
    def of(cls, failure: BaseException | None) -> "Refused":
        """Read the broken rule out of the failure of an update; `UNKNOWN` where it is none, as when a provider says no
        or does not answer."""
        while failure is not None:
            if isinstance(failure, ApplicationError) and failure.type in list(Refusal):
                return cls(Refusal(failure.type), failure.details[0] if failure.details else {})
            failure = failure.cause if isinstance(failure, FailureError) else failure.__cause__
        return cls(Refusal.UNKNOWN)

    @property
    def message(self) -> str:
        return _(SENTENCES[self.code]) % self.params


class Unavailable(ClientError):
    """Temporal, or the worker behind it, does not answer."""

    @property
    def message(self) -> str:
        return _("The shop cannot take this right now. Nothing was changed; please try again in a minute.")


class StillWorking(Unavailable):
    """It was heard, and will be done or refused; only the answer is late."""

    @property
    def message(self) -> str:
        return _("The shop is still working on it. Please look again in a moment.")


class OutcomeUnknown(Unavailable):
    """Nobody answered, so it may have been heard or not; what was entered stays, and sent again it is done once."""

    @property
    def message(self) -> str:
        return _(
            "The shop does not answer right now. What you entered is kept. Please send it again in a minute; "
            "it is carried out once."
        )


@contextmanager
def kept() -> Iterator[None]:
    """Around a client function that carries out a row which a person wrote: the row stays where nobody answers.

    :raises OutcomeUnknown: instead of `Unavailable`
    """
    try:
        yield
    except Unavailable as away:
        raise OutcomeUnknown from away
