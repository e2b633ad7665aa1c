"""The built-in carrier."""

from orders.shipping import carrier


def test_booking_twice_under_one_key_is_one_booking() -> None:
    bookings = {carrier().book(order_number="ORD-2026-000001", key="ORD-2026-000001:book:1") for _time in range(3)}

    other = carrier().book(order_number="ORD-2026-000001", key="ORD-2026-000001:book:2")

    assert len(bookings) == 1
    assert other not in bookings


def test_a_booking_whose_answer_was_lost_is_found_by_its_key() -> None:
    booking = carrier().book(order_number="ORD-2026-000001", key="ORD-2026-000001:book:1")

    found = [carrier().find(order_number="ORD-2026-000001", key=f"ORD-2026-000001:book:{turn}") for turn in (1, 2)]

    assert found[0] == booking != found[1]
