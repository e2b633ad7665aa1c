"""One journey through separate processes: `manage.py dev` on SQLite, orders of every approval tier."""

import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from tests.journeys.reading import read
from tests.management.running import dev_stack

SAMPLE = Path(__file__).parent / "sample"


def test_orders_of_every_tier_go_through_the_running_shop_to_the_doorstep(tmp_path):
    with dev_stack(tmp_path) as stack:
        about = stack.about()

        command = [sys.executable, "-m", "tests.journeys.northwind", str(SAMPLE), "--base-url", about["base_url"]]
        journey = subprocess.run(
            [*command, "--data-dir", str(tmp_path)],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=240,
        )
        ended = stack.interrupt(signal.SIGTERM)

    assert ended == 0
    assert journey.returncode == 0, journey.stdout + journey.stderr
    figures = dict(line.rsplit(maxsplit=1) for line in journey.stdout.splitlines() if line[-1:].isdigit())
    assert figures["delivered"] == "4"
    tiers = ("no approval", "manager", "manager, director", "manager, director, vp")
    assert [figures[tier] for tier in tiers] == ["1", "1", "1", "1"]


def test_an_order_is_worth_the_price_of_its_day():
    orders = {order.order_id: order for order in read(SAMPLE).orders}

    assert orders["1"].total == Decimal("100.50")
    assert orders["3"].total == Decimal("4005.60")


def test_an_address_that_was_exported_with_a_comma_finds_back_to_its_columns():
    orders = {order.order_id: order for order in read(SAMPLE).orders}

    assert orders["2"].address == {
        "name": "Bob & Søn",
        "street": "Rua do Paço, 67",
        "city": "Rio de Janeiro",
        "postal_code": "05454-876",
        "country": "Unknown",
    }


def test_customers_of_countries_without_postal_codes_type_zeros():
    orders = {order.order_id: order for order in read(SAMPLE).orders}

    assert orders["4"].address["postal_code"] == "0000"
