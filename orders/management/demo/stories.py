"""The orders of the demo shop: three weeks in which everything happened that can happen to an order.

Times are days before now. What stands still today stands there for each role: to approve, to pay, to match, to ship,
to pay back, to settle.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from orders.management.demo.customers import ANNA, BEN, EVERYBODY, GUESTS, Customer
from orders.management.demo.steps import (
    Step,
    approve,
    cancel,
    card,
    card_that_closes,
    declined,
    deliver,
    lapse,
    late,
    refund,
    reject,
    reported,
    ship,
    transferred,
)
from orders.rules.approvals import DAY
from orders.rules.status import WaitingFor

HOUR = 3600
CARRIERS = (("DHL", "00340434{:012d}"), ("DPD", "0150{:010d}"), ("Hermes", "H10{:011d}"))
Basket = tuple[tuple[str, int], ...]

ESPRESSO: Basket = (("COF-HOUSE-1000", 2), ("CAR-DESCALE", 1))
FILTER: Basket = (("COF-FILTER-500", 3), ("BRW-POUR", 1))
TEA: Basket = (("POT-GLASS-12", 1), ("TEA-ASSAM-250", 2), ("TEA-SENCHA-100", 1))
CUPS: Basket = (("CUP-MUG-04", 2), ("CUP-ESP-06", 1))
PRESS: Basket = (("BRW-PRESS-1L", 1), ("COF-HOUSE-1000", 1))
COLD: Basket = (("COF-COLD-06", 2), ("GLS-WATER-06", 1))
KETTLE: Basket = (("KET-GOOSE", 1), ("COF-DECAF-500", 2))
GRINDER: Basket = (("GRN-HAND", 1), ("COF-FILTER-500", 2), ("CAR-BRUSH", 1))
HERBS: Basket = (("TEA-HERB-200", 4), ("GLS-WATER-06", 1))
TRAY: Basket = (("TRY-OAK", 1), ("CUP-ESP-06", 1))
CARE: Basket = (("CAR-SERVICE", 3),)  # all there are: sold out
EVERYDAY = (ESPRESSO, TEA, FILTER, PRESS, CUPS, HERBS, KETTLE, COLD, GRINDER, TRAY)
OFFICE: Basket = (("MCH-FILTER", 1), ("COF-HOUSE-1000", 4))  # a manager approves
BENCH: Basket = (("GRN-BENCH", 1),)
HOME: Basket = (("MCH-HOME", 1), ("CUP-ESP-06", 1))  # and a director
CAFE: Basket = (("MCH-CAFE", 1), ("GRN-BENCH", 2))
ROASTERY: Basket = (("MCH-ROAST-5", 1), ("COF-HOUSE-1000", 10))  # and a vice president


@dataclass(frozen=True)
class Story:
    """One order, placed `days` ago. `lapses` is the wait that runs out; `undo_tries` are as in an order's input."""

    key: str
    days: float
    basket: Basket
    customer: Customer
    steps: tuple[Step, ...] = ()
    method: str = "sandbox"
    lapses: WaitingFor = WaitingFor.NOTHING
    undo_tries: int = 10

    @property
    def cart_id(self) -> str:
        """Tells whether the order is there already."""
        return f"demo-{self.key}"

    @property
    def ended(self) -> float:
        """How many days ago the last of it happened."""
        return min([self.days, *(step.days for step in self.steps)])

    def seconds_left(self, waiting_for: WaitingFor, allowed: int) -> int:
        """How much is left of a wait; an hour at least, so that what is over by now can come to its end."""
        if self.lapses == waiting_for:
            return 1
        begun = [step.days for step in self.steps if step.then == waiting_for]
        return max(round(allowed - (begun[-1] if begun else self.days) * DAY), HOUR)


def parcel(days: float, number: int) -> Step:
    """A parcel of any of the carriers."""
    carrier, pattern = CARRIERS[number % len(CARRIERS)]
    return ship(days, carrier, pattern.format(7391004 * (number + 1)))


def stories() -> list[Story]:
    """All of them, the oldest first."""
    found = [*_gone_well(), *_to_approve(), *_to_pay(), *_to_match(), *_to_ship(), *_under_way(), *_gone_wrong()]
    return sorted(found, key=lambda story: -story.days)


def _gone_well() -> Iterator[Story]:
    """Paid, sent, delivered: most of the three weeks."""
    for number in range(20):
        placed = round(20.8 - number * 0.84, 2)
        paid, gone, there = placed - 0.03, placed - 1.1, placed - 3.4
        by_bank = number % 4 == 3
        paid = placed - 0.9 if by_bank else paid
        steps = (transferred(paid) if by_bank else card(paid), parcel(gone, number), deliver(there))
        method = "bank_transfer" if by_bank else "sandbox"
        customer = EVERYBODY[number * 5 % len(EVERYBODY)]
        yield Story(f"well-{number:02}", placed, EVERYDAY[number % len(EVERYDAY)], customer, steps, method)
    both = (approve(17.6, "manager"), approve(17.2, "director", last=True), card(17.0))
    yield Story("machine", 17.9, HOME, GUESTS[3], (*both, parcel(15.9, 31), deliver(13.8)))
    manager = (approve(11.9, "manager", last=True), card(11.5))
    yield Story("office", 12.1, OFFICE, GUESTS[7], (*manager, parcel(10.6, 32), deliver(8.4)))


def _to_approve() -> Iterator[Story]:
    """For a manager, a director, a vice president."""
    yield Story("grinder", 0.31, BENCH, GUESTS[0])
    yield Story("flasks", 1.12, OFFICE, GUESTS[4])
    yield Story("two-groups", 0.83, CAFE, GUESTS[8])
    yield Story("one-group", 2.24, HOME, BEN, (approve(1.62, "manager"),))
    yield Story("roaster", 3.13, ROASTERY, GUESTS[5], (approve(2.71, "manager"), approve(1.42, "director")))


def _to_pay() -> Iterator[Story]:
    """Just now, for days, on the last day, in part, and with a card that was declined."""
    yield Story("unpaid-new", 0.09, PRESS, GUESTS[10])
    yield Story("unpaid-old", 5.07, KETTLE, ANNA)
    yield Story("unpaid-last-day", 13.2, TEA, GUESTS[6], method="bank_transfer")
    yield Story("approved-unpaid", 4.4, BENCH, GUESTS[2], (approve(3.9, "manager", last=True),))
    yield Story("declined", 1.41, TRAY, GUESTS[9], (declined(1.4),))
    yield Story("in-part", 6.2, GRINDER, GUESTS[11], (transferred(2.3, times="0.4"),), "bank_transfer")


def _to_match() -> Iterator[Story]:
    """Too much, twice, and after the end."""
    yield Story("too-much", 3.6, CUPS, GUESTS[1], (reported(2.8, "too-much", more="10.00"),))
    paid_twice = (card(4.9), parcel(3.7, 33), deliver(1.2), reported(1.1, "again"))
    yield Story("twice", 5.0, FILTER, BEN, paid_twice)
    after_the_end = (cancel(7.4, "Ordered twice by mistake"), transferred(6.1))
    yield Story("after-the-end", 8.3, ESPRESSO, GUESTS[4], after_the_end, "bank_transfer")


def _to_ship() -> Iterator[Story]:
    """The warehouse's queue, with one that has waited too long."""
    yield Story("late", 33.4, TRAY, GUESTS[8], (card(33.2), late(3.2)))
    for number, (placed, basket) in enumerate(((2.9, CARE), (1.9, TEA), (1.2, ESPRESSO), (0.62, CUPS), (0.2, HERBS))):
        yield Story(f"to-ship-{number}", placed, basket, EVERYBODY[number * 3 + 1], (card(placed - 0.04),))
    yield Story("to-ship-transfer", 3.4, PRESS, GUESTS[3], (transferred(1.5),), "bank_transfer")
    manager = (approve(1.8, "manager", last=True), card(1.6))
    yield Story("to-ship-office", 2.1, OFFICE, GUESTS[9], manager)


def _under_way() -> Iterator[Story]:
    """On the road to their customers."""
    for number, (placed, basket) in enumerate(((3.9, HERBS), (2.6, FILTER), (2.0, KETTLE), (1.3, COLD))):
        steps = (card(placed - 0.03), parcel(placed - 1.15, 40 + number))
        yield Story(f"on-the-road-{number}", placed, basket, EVERYBODY[number * 4], steps)


def _gone_wrong() -> Iterator[Story]:
    """Rejected, lapsed, cancelled, returned, and one that could not be undone."""
    yield Story("rejected", 9.3, CAFE, GUESTS[5], (reject(8.2, "director", "No credit beyond 5,000 here"),))
    yield Story("nobody-approved", 16.5, BENCH, GUESTS[0], (lapse(9.5),), lapses=WaitingFor.APPROVAL)
    yield Story("nobody-paid", 15.8, CUPS, GUESTS[7], (lapse(1.8),), lapses=WaitingFor.PAYMENT)
    yield Story("cancelled", 10.2, GRINDER, GUESTS[2], (card(10.1), cancel(9.7, "Found it cheaper elsewhere")))
    support = cancel(6.6, "Customer asked by phone", by="support")
    yield Story("by-support", 7.1, COLD, GUESTS[11], (support,))
    to_pay_back = (transferred(4.2), cancel(1.9, "Does not need it any more"))
    yield Story("to-pay-back", 5.3, KETTLE, GUESTS[6], to_pay_back, "bank_transfer")
    returned = (card(14.1), parcel(12.9, 51), deliver(10.7), refund(6.4, "One arrived broken", goods_return=True))
    yield Story("returned", 14.2, CUPS, ANNA, returned)
    much = (approve(13.0, "manager", last=True), card(12.8), parcel(11.5, 52), deliver(9.2))
    asked = refund(0.9, "Does not grind fine enough, sent back", goods_return=True)
    yield Story("much-returned", 13.3, BENCH, GUESTS[10], (*much, asked))
    not_undone = (card_that_closes(4.5), cancel(2.2, "Delivery takes too long"))
    yield Story("not-undone", 4.6, TRAY, GUESTS[1], not_undone, undo_tries=1)
