"""Configuration: what stops a start, and that production is as safe as Django can check."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

PRODUCTION = {
    "DJANGO_SECRET_KEY": "0123456789abcdef" * 4,
    "PAYMENT_WEBHOOK_SECRET": "whsec-" + "y" * 40,
    "ALLOWED_HOSTS": "shop.example.org",
    "PAYMENT_METHODS": "bank_transfer",
    "BANK_IBAN": "DE89370400440532013000",
    "DATABASE_URL": "sqlite:////tmp/shop-tests-never-opened/shop.sqlite3",
}


SWEET = "$HOME-sweet-home-0123456789abcdef"


def manage(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run manage.py with exactly this environment."""
    return subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_production_settings_pass_the_deployment_check() -> None:
    result = manage("check", "--deploy", "--fail-level", "WARNING", env=PRODUCTION)

    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_production_pages_find_their_collected_static_files(tmp_path: Path) -> None:
    env = {**PRODUCTION, "STATIC_ROOT": str(tmp_path), "PYTHONPATH": str(settings.BASE_DIR)}
    ask = (
        "from django.test import Client;"
        "page = Client(headers={'host': 'shop.example.org'}).get('/accounts/login/', secure=True);"
        "print(page.content.decode())"
    )

    collected = manage("collectstatic", "--no-input", env=env)
    page = manage("shell", "--no-imports", "-c", ask, env=env)

    assert collected.returncode == 0, collected.stderr
    sheets = re.findall(r'href="/static/([^"]+[.]css)"', page.stdout)
    assert sheets, page.stdout + page.stderr
    assert all((tmp_path / sheet).exists() for sheet in sheets)


def test_every_setting_is_explained() -> None:
    read = re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (settings.BASE_DIR / "shop" / "settings.py").read_text())
    explained = (settings.BASE_DIR / "docs" / "configuration.md").read_text()

    missing = [name for name in read if f"`{name}`" not in explained]

    assert len(read) > 20
    assert not missing


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.parametrize("secret", ["DJANGO_SECRET_KEY", "PAYMENT_WEBHOOK_SECRET"])
def test_a_missing_secret_outside_debug_stops_the_start_with_one_line(secret: str) -> None:
    env = {name: value for name, value in PRODUCTION.items() if name != secret}

    result = manage("check", env=env)

    assert result.returncode == 1
    assert result.stderr.startswith(f"configuration error: {secret} is not set")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DJANGO_DEBUG", "maybe"),
        ("PAYMENT_DEADLINE", "-1"),
        ("APPROVAL_DEADLINE", "0"),
        ("SHIPMENT_DEADLINE", "30 days"),
        ("CART_LIFETIME", "1.5"),
        ("DELIVERY_AFTER", "99999999999"),
        ("CART_ON_EXPIRY", "burn"),
        ("PAYMENT_METHODS", "sandbox,paypal"),
        ("PAYMENT_METHODS", ","),
        ("PAYMENT_METHODS", "stripe"),
        ("PAYMENT_METHODS", "bank_transfer,sandbox"),
        ("TEMPORAL_ADDRESS", "temporal.example.org:7233"),
        ("TEMPORAL_PAYLOAD_KEYS", "a:hidden-password"),
        ("DJANGO_SECRET_KEY", "y"),
        ("DJANGO_SECRET_KEY", "y" * 64),
        ("PAYMENT_WEBHOOK_SECRET", "short"),
        ("BANK_IBAN", "DE00"),
        ("BANK_BIC", "???"),
        ("SHOP_BASE_URL", "nonsense"),
        ("STRIPE_API_BASE", "nonsense"),
        ("DATABASE_URL", "sqlite:////proc/nope/shop.sqlite3"),
        ("DATABASE_URL", "mysql://u:hidden-password@host/db"),
        ("DATABASE_URL", "postgresql://u:hidden-password@host:port/db"),
        ("EMAIL_URL", "carrier-pigeon://coop"),
        ("DATABASE_TIMEOUT", "-1"),
        ("WORKER_THREADS", "0"),
        ("DEMO", "true"),
    ],
)
def test_a_bad_value_stops_the_start_with_one_line_that_names_it(name: str, value: str) -> None:
    result = manage("check", env={**PRODUCTION, name: value})

    assert result.returncode == 1
    assert result.stderr.startswith("configuration error: ")
    assert name in result.stderr
    assert result.stderr.count("\n") == 1
    assert "hidden-password" not in result.stderr


def test_a_secret_may_start_with_a_dollar_sign() -> None:
    asked = "from django.conf import settings; print(settings.PAYMENT_WEBHOOK_SECRET)"

    result = manage("shell", "--no-imports", "-c", asked, env={**PRODUCTION, "PAYMENT_WEBHOOK_SECRET": SWEET})

    assert result.stdout.strip() == SWEET


@pytest.mark.parametrize(("timeout", "limit"), [("20", "-c statement_timeout=20s"), ("0", "None")])
def test_postgresql_is_told_when_to_give_a_statement_up(timeout: str, limit: str) -> None:
    asked = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'].get('options'))"
    database = {"DATABASE_URL": "postgresql://u:p@host/db", "DATABASE_TIMEOUT": timeout}

    result = manage("shell", "--no-imports", "-c", asked, env={**PRODUCTION, **database})

    assert result.stdout.strip() == limit


def test_uploads_are_kept_where_the_environment_says() -> None:
    env = {
        **PRODUCTION,
        "UPLOAD_STORAGE": "django.core.files.storage.InMemoryStorage",
        "UPLOAD_STORAGE_OPTIONS": '{"base_url": "/kept/"}',
    }
    ask = "from django.core.files.storage import default_storage as kept; print(kept.base_url)"

    result = manage("shell", "-c", ask, env=env)

    assert "/kept/" in result.stdout, result.stderr


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("UPLOAD_STORAGE", "storages.backends.nowhere.Storage", "there is no storages.backends.nowhere.Storage here"),
        ("UPLOAD_STORAGE", "nonsense", "there is no nonsense here"),
        ("UPLOAD_STORAGE_OPTIONS", "[1]", "must be a JSON object"),
        ("UPLOAD_STORAGE_OPTIONS", "{", "must be a JSON object"),
    ],
)
def test_a_storage_of_uploads_that_cannot_be_is_one_clear_line(variable: str, value: str, problem: str) -> None:
    result = manage("check", env={**PRODUCTION, variable: value})

    assert result.returncode == 1
    assert problem in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
