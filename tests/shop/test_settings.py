"""Configuration: what stops a start, and that production is as safe as Django can check."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

PRODUCTION = {
    "DJANGO_SECRET_KEY": "0123456789abcdef" * 4,
    "PAYMENT_WEBHOOK_SECRET": "whsec-" + "y" * 40,
    "ALLOWED_HOSTS": "shop.example.org",
    "DATABASE_URL": "sqlite:////tmp/shop-tests-never-opened/shop.sqlite3",
}


def manage(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run manage.py with exactly this environment."""
    return subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_production_settings_pass_the_deployment_check() -> None:
    result = manage("check", "--deploy", "--fail-level", "WARNING", env=PRODUCTION)

    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


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
        ("DATABASE_URL", "mysql://u:hidden-password@host/db"),
        ("DATABASE_URL", "postgresql://u:hidden-password@host:port/db"),
        ("EMAIL_URL", "carrier-pigeon://coop"),
        ("WORKER_THREADS", "0"),
        ("DEMO", "true"),
    ],
)
def test_a_bad_value_stops_the_start_with_one_line_that_names_it(name: str, value: str) -> None:
    result = manage("check", env={**PRODUCTION, name: value})

    assert result.returncode == 1
    assert result.stderr.startswith(f"configuration error: {name} ")
    assert result.stderr.count("\n") == 1
    assert "hidden-password" not in result.stderr


def test_a_secret_may_start_with_a_dollar_sign() -> None:
    asked = "from django.conf import settings; print(settings.PAYMENT_WEBHOOK_SECRET)"

    result = manage("shell", "--no-imports", "-c", asked, env={**PRODUCTION, "PAYMENT_WEBHOOK_SECRET": "$HOME-sweet"})

    assert result.stdout.strip() == "$HOME-sweet"
