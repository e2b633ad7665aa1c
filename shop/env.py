"""Settings from the environment, read strictly: a bad value is one clear line, never a silent default."""

import json
import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from temporal_app.codec import parse_keys

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
SECRET_LENGTH, SECRET_VARIETY = 32, 5
TEN_YEARS = 10 * 365 * 24 * 3600


class Misconfigured(SystemExit):
    """Ends the process with one line on standard error and exit code 1, whoever imported the settings."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"configuration error: {problem}")


class Env(environ.Env):
    """django-environ without its two surprises: `$` at the start of a value, and bad booleans taken as False."""

    def get_value(
        self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, parse_default: bool = False
    ) -> Any:
        """The value of `var`, cast. Raises Misconfigured if it is missing without a default, or cannot be cast."""
        raw = self.ENVIRON.get(var, "")
        try:
            if raw.startswith("$"):  # a password may; the parent would look up a variable of that name
                return self.parse_value(raw, cast)
            return super().get_value(var, cast=cast, default=default, parse_default=parse_default)
        except (ValueError, ImproperlyConfigured) as error:
            raise Misconfigured(f"{var}: {error}") from None

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> Any:
        """True or False; only the usual words for them are understood."""
        word = str(self.get_value(var, cast=str, default=str(default))).strip().lower()
        if word not in TRUE | FALSE:
            raise Misconfigured(f"{var} must be true or false, not {word!r}")
        return word in TRUE

    def seconds(self, var: str, default: int) -> int:
        """A duration in whole seconds, from 1 to ten years."""
        return self.whole(var, default, 1, TEN_YEARS)

    def whole(self, var: str, default: int, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        raw = self.str(var, default=str(default)).strip()
        if not (raw.isascii() and raw.isdecimal() and low <= int(raw) <= high):
            raise Misconfigured(f"{var} must be a whole number from {low} to {high}, not {raw!r}")
        return int(raw)

    def options(self, var: str) -> dict[str, Any]:
        """What something is made with: a JSON object, by default an empty one."""
        try:
            options = json.loads(self.str(var, default="{}"))
        except ValueError:
            options = None
        if not isinstance(options, dict):
            raise Misconfigured(f"{var} must be a JSON object")
        return options

    def installed(self, var: str, default: str) -> str:
        """The dotted name of a class whose module is there."""
        name = self.str(var, default=default)
        try:
            found = find_spec(name.rpartition(".")[0])
        except (ImportError, ValueError):
            found = None
        if found is None:
            raise Misconfigured(f"{var}: there is no {name} here; is its package installed?")
        return str(name)

    def choice(self, var: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of the `allowed` words."""
        word = self.str(var, default=default)
        if word not in allowed:
            raise Misconfigured(f"{var} must be one of {', '.join(allowed)}, not {word!r}")
        return word

    def choices(self, var: str, default: list[str], allowed: tuple[str, ...]) -> list[str]:
        """At least one of the `allowed` words, separated by commas."""
        words = [word.strip() for word in self.list(var, default=default)]
        if not words or set(words) - set(allowed):
            raise Misconfigured(f"{var} must name one or more of {', '.join(allowed)}, not {', '.join(words)!r}")
        return words

    def address(self, var: str, default: str) -> str:
        """Where something is on the web, without a slash at its end."""
        url = self.str(var, default=default)
        if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url):
            raise Misconfigured(f"{var} must be an address such as https://example.org, not {url!r}")
        return url.rstrip("/")

    def secret(self, var: str, *, optional: Any) -> str:
        """A secret that must be set, unless it is `optional` as in debug, where everybody may know it."""
        value = self.str(var, default="")
        if not (value or optional):
            raise Misconfigured(
                f"{var} is not set; set it to a long random string (or DJANGO_DEBUG=true to try things out)"
            )
        if value and not optional and (len(value) < SECRET_LENGTH or len(set(value)) < SECRET_VARIETY):
            raise Misconfigured(
                f"{var} is too easy to guess; it needs {SECRET_LENGTH} characters, {SECRET_VARIETY} of them different"
            )
        return value or f"insecure-{var.lower().replace('_', '-')}-for-debug-only"

    def payload_keys(self, var: str) -> dict[str, bytes]:
        """Keys by their ids, the first of which encrypts; none where nothing is set. Weak ones are refused."""
        try:
            return parse_keys(self.str(var, default=""))
        except ValueError as problem:
            raise Misconfigured(f"{var}: {problem}") from None

    def database(self, var: str, default: str) -> dict[str, Any]:
        """Django's settings for the database at a URL."""
        return self._parsed(var, default, self.db_url_config, "sqlite:", "postgres:", "postgresql:")

    def mail(self, var: str, default: str) -> dict[str, Any]:
        """Django's e-mail settings for a URL, by their names."""
        return self._parsed(var, default, self.email_url_config, *(f"{scheme}:" for scheme in self.EMAIL_SCHEMES))

    def _parsed(self, var: str, default: str, parse: Callable[[str], dict[str, Any]], *schemes: str) -> dict[str, Any]:
        # the URL may hold a password, so it is not repeated
        url = self.str(var, default=default)
        if not url.startswith(schemes):
            raise Misconfigured(f"{var} must start with one of {' '.join(schemes)}")
        try:
            return parse(url)
        except (ValueError, ImproperlyConfigured):
            raise Misconfigured(f"{var} is not a well-formed URL") from None
