"""Customers of the demo shop who order as guests, and where their parcels go."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Customer:
    """Somebody who orders; `username` where the demo has an account for them."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str = "Germany"
    language: str = "de"
    username: str = ""

    @property
    def email(self) -> str:
        local = self.username or self.name.lower().replace(" ", ".").encode("ascii", "ignore").decode()
        return f"{local}@example.org"

    def address(self) -> dict[str, str]:
        """By column of a table with an address."""
        columns = ("name", "email", "street", "postal_code", "city", "country")
        return {column: getattr(self, column) for column in columns}


ANNA = Customer("Anna Schuster", "Kastanienallee 12", "10435", "Berlin", username="anna")
BEN = Customer("Ben Moreau", "24 place Kléber", "67000", "Strasbourg", "France", "en", username="ben")
GUESTS = (
    Customer("Maria Anders", "Obere Str. 57", "12209", "Berlin"),
    Customer("Hanna Moos", "Forsterstr. 57", "68306", "Mannheim"),
    Customer("Thomas Hardy", "120 Hanover Sq.", "WA1 1DP", "London", "United Kingdom", "en"),
    Customer("Christina Berglund", "Berguvsvägen 8", "958 22", "Luleå", "Sweden", "en"),
    Customer("Sven Ottlieb", "Walserweg 21", "52066", "Aachen"),
    Customer("Roland Mendel", "Kirchgasse 6", "8010", "Graz", "Austria"),
    Customer("Pascale Cartrain", "Boulevard Tirou 255", "6000", "Charleroi", "Belgium", "en"),
    Customer("Peter Franken", "Berliner Platz 43", "80805", "Munich"),
    Customer("Paolo Accorti", "Via Monte Bianco 34", "10100", "Torino", "Italy", "en"),
    Customer("Jytte Petersen", "Vinbæltet 34", "1734", "Copenhagen", "Denmark", "en"),
    Customer("Philip Cramer", "Maubelstr. 90", "14776", "Brandenburg"),
    Customer("Renate Messner", "Magazinweg 7", "60528", "Frankfurt"),
)
EVERYBODY = (ANNA, *GUESTS[:6], BEN, *GUESTS[6:])
