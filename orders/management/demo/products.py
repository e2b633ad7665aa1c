"""Products of the demo shop: from small change to orders that the vice president must approve."""

from decimal import Decimal

from orders.models import Product

# SKU, name, category, price, pieces on hand, description
PRODUCTS = (
    ("COF-HOUSE-1000", "House espresso, 1 kg", "Coffee", "24.90", 140, "Dark roast, cocoa and hazelnut. Whole beans."),
    ("COF-FILTER-500", "Morning filter, 500 g", "Coffee", "14.50", 120, "Light roast from Ethiopia, notes of peach."),
    ("COF-DECAF-500", "Decaf, 500 g", "Coffee", "15.90", 60, "Washed with spring water; all taste, no haste."),
    ("COF-COLD-06", "Cold brew, six bottles", "Coffee", "19.80", 48, "Steeped for 18 hours, ready over ice."),
    ("TEA-ASSAM-250", "Assam leaf, 250 g", "Tea", "11.90", 90, "Malty black tea that takes milk well."),
    ("TEA-SENCHA-100", "Sencha, 100 g", "Tea", "13.40", 75, "First spring picking, fresh and grassy."),
    ("TEA-HERB-200", "Meadow herbs, 200 g", "Tea", "9.80", 80, "Mint, lemon balm and verbena. Without caffeine."),
    ("CUP-ESP-06", "Espresso cups, set of six", "Tableware", "42.00", 40, "Thick porcelain that keeps 60 ml hot."),
    ("CUP-MUG-04", "Stoneware mugs, set of four", "Tableware", "36.00", 55, "Glazed by hand, dishwasher safe, 350 ml."),
    ("GLS-WATER-06", "Water glasses, set of six", "Tableware", "21.50", 70, "Stackable and hard to break."),
    ("POT-GLASS-12", "Glass teapot, 1.2 l", "Tableware", "38.50", 25, "With a strainer of stainless steel."),
    ("TRY-OAK", "Serving tray, oiled oak", "Tableware", "54.00", 18, "Solid oak with brass handles."),
    ("KET-GOOSE", "Gooseneck kettle", "Brewing", "89.00", 30, "Holds its temperature to the degree, 0.9 l."),
    ("BRW-POUR", "Pour-over set", "Brewing", "49.90", 45, "Dripper, jug and one hundred filters."),
    ("BRW-PRESS-1L", "French press, 1 l", "Brewing", "34.90", 50, "Double-walled steel with a fine double sieve."),
    ("GRN-HAND", "Hand grinder", "Brewing", "119.00", 22, "Steel burrs, thirty steps from espresso to press."),
    ("GRN-BENCH", "Bench grinder", "Machines", "429.00", 14, "Doses by weight, quiet enough for an office."),
    ("MCH-HOME", "Espresso machine, one group", "Machines", "1290.00", 9, "Two boilers, steam wand, 3 l tank."),
    ("MCH-CAFE", "Espresso machine, two groups", "Machines", "4850.00", 5, "For a café or an office of eighty."),
    ("MCH-ROAST-5", "Shop roaster, 5 kg", "Machines", "11900.00", 2, "Drum roaster that records its profiles."),
    ("MCH-FILTER", "Filter brewer with flasks", "Machines", "385.00", 12, "Brews 2.2 l into flasks in six minutes."),
    ("CAR-DESCALE", "Descaler, 1 l", "Care", "12.90", 100, "Citric acid; for kettles and machines."),
    ("CAR-BRUSH", "Group brush", "Care", "8.50", 65, "Angled, with a splash guard."),
    ("CAR-SERVICE", "Care parcel for a year", "Care", "74.00", 3, "Gaskets, sieves, cleaner and a calendar."),
)  # fmt: skip


def add_products() -> int:
    """Make the products that are missing, with their first stock; how many there were to make."""
    return sum(_add(*row) for row in PRODUCTS)


def _add(sku: str, name: str, category: str, price: str, on_hand: int, description: str) -> bool:
    _product, new = Product.objects.get_or_create(
        sku=sku,
        defaults={
            "name": name,
            "category": category,
            "price": Decimal(price),
            "on_hand": on_hand,
            "description": description,
        },
    )
    return new
