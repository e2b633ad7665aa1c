"""What a person typed for a workflow to act on. The words stay here; workflows and their histories carry `words:17`."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.rules.words import REFERENCE


class TypedWords(models.Model):
    """A reason, a comment or a card's token, written by the web before a workflow hears of it."""

    text = models.TextField(_("text"))
    by = models.CharField(_("who"), max_length=60)
    at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("typed words")
        verbose_name_plural = _("typed words")

    def __str__(self) -> str:
        return f"words:{self.pk}"

    @classmethod
    def keep(cls, text: str, *, by: str) -> str:
        """Write down what somebody typed; returns how workflows carry it, nothing where it is nothing."""
        return str(cls.objects.create(text=text, by=by)) if text.strip() else ""

    @classmethod
    def forget(cls, reference: str) -> None:
        """Delete words that no workflow has taken."""
        if found := REFERENCE.fullmatch(reference):
            cls.objects.filter(pk=int(found[1])).delete()

    @classmethod
    def spoken(cls, text: str) -> str:
        """The words behind a reference; what is none, as from a machine or an older history, is the words itself."""
        found = REFERENCE.fullmatch(text)
        words = cls.objects.filter(pk=int(found[1])).values_list("text", flat=True).first() if found else None
        return text if words is None else words
