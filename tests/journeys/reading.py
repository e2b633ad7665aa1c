"""Reading a folder of Northwind's orders (CSV), as the shop's customers, products and orders.

The data is real and not clean: addresses with a comma in them were exported without quotes, which moves the columns
behind one to the right, and `NULL` means empty.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

NO_POSTAL_CODE = "0000"  # what customers of countries without postal codes type


@dataclass(frozen=True)
class Line:
    """So many pieces of a product at the price of that day; one SKU for each price a product ever had."""

    product_id: str
    unit_price: Decimal
    quantity: int

    @property
    def sku(self) -> str:
        return f"NW-{self.product_id}-{self.unit_price}"


@dataclass(frozen=True)
class PastOrder:
    """One order as it was: whose it was, what was in it, and where it went."""

    order_id: str
    customer_id: str
    address: dict[str, str]
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.unit_price * line.quantity for line in self.lines), Decimal("0.00"))


@dataclass(frozen=True)
class Northwind:
    """Everything in the folder: names by id, and the orders."""

    products: dict[str, str]
    customers: dict[str, str]
    orders: tuple[PastOrder, ...]

    def by_customer(self) -> dict[str, list[PastOrder]]:
        """The orders of each customer, in their order."""
        found = defaultdict(list)
        for order in self.orders:
            found[order.customer_id].append(order)
        return found


def read(folder: Path) -> Northwind:
    """Read the folder's files."""
    lines = defaultdict(list)
    for row in _rows(folder / "order-details.csv"):
        lines[row["orderID"]].append(Line(row["productID"], Decimal(row["unitPrice"]), int(row["quantity"])))
    customers = _rows(folder / "customers.csv")
    countries = {row["customerID"]: row["country"] for row in customers if row["country"].isalpha()}
    return Northwind(
        products={row["productID"]: row["productName"] for row in _rows(folder / "products.csv")},
        customers={row["customerID"]: row["contactName"] for row in customers},
        orders=tuple(
            PastOrder(row["orderID"], row["customerID"], _address(row, countries), tuple(lines[row["orderID"]]))
            for row in _rows(folder / "orders.csv")
        ),
    )


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        rows = csv.DictReader(text)
        return [{name: "" if value == "NULL" else value for name, value in row.items() if name} for row in rows]


def _address(row: dict[str, str], countries: dict[str, str]) -> dict[str, str]:
    street, city, region = row["shipAddress"], row["shipCity"], row["shipRegion"]
    postal_code, country = row["shipPostalCode"], row["shipCountry"]
    if city.startswith(" "):  # the comma was part of the street: everything behind it is one column too far
        street, city, postal_code = f"{street},{city}", region, country
        country = countries.get(row["customerID"], "Unknown")
    return {
        "name": row["shipName"],
        "street": street,
        "city": city,
        "postal_code": postal_code or NO_POSTAL_CODE,
        "country": country or "Unknown",
    }
