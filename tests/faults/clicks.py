"""Every form and action that people send, each in a world of its own, ready to be clicked."""

import re
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from orders.models import ExpenseRequest, Order, RefundTask
from temporal_app import client
from tests.admin.browsing import dialog_url, fields_of, hidden_fields
from tests.factories.camt import Entry, camt
from tests.factories.orders import ADDRESS, CARD, pay, place_order, ship, wait_until
from tests.factories.products import make_product
from tests.factories.reversals import left_to_people
from tests.factories.rows import make_order
from tests.factories.unmatched import report, waiting_order
from tests.faults.world import Click, World

numbers = count(1)


def _add(world: World, role: str, model: str, **typed: str) -> Click:
    browser, url = world.at(role), reverse(f"admin:orders_{model}_add")
    return world.post(browser, url, {**fields_of(browser.get(url)), **typed})


def _form(page: Any, path: str) -> dict[str, str]:
    """The hidden fields of the form on a page that is sent to this path."""
    forms = re.findall(r"<form[^>]*>.*?</form>", page.content.decode(), flags=re.DOTALL)
    here = page.request["PATH_INFO"] == path
    mine = [form for form in forms if f'action="{path}"' in form or (here and "action=" not in form)]
    return hidden_fields(mine[-1] if mine else forms[-1])


def _cancelled() -> Order:
    order = waiting_order(("TEA", 1))
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    wait_until(order, status="cancelled")
    return order


def _paid() -> Order:
    order = waiting_order(("TEA", 1))
    pay(order)
    wait_until(order, waiting_for="shipment")
    return order


def _shipped() -> Order:
    order = _paid()
    ship(order)
    wait_until(order, waiting_for="delivery")
    return order


def _to_approve() -> Order:
    order = place_order(("POT", 1))
    wait_until(order, waiting_for="approval")
    return order


def _of_customer(action: str, **typed: Any) -> Callable[[World], Click]:
    def build(world: World) -> Click:
        order, browser = _cancelled() if action == "again" else waiting_order(("TEA", 1)), Browser()
        path = f"{order.get_absolute_url()}{action}/"
        return world.post(browser, path, {**_form(browser.get(order.get_absolute_url()), path), **typed})

    return build


def _in_shop(path: str, **typed: Any) -> Callable[[World], Click]:
    """A form of the shop, by somebody with one tea in the cart."""

    def build(world: World) -> Click:
        browser = Browser()
        browser.post("/cart/items/", {"sku": "TEA", "quantity": 1, "request_id": f"{next(numbers):032x}"})
        page = browser.get(
            "/checkout/" if path == "/checkout/" else "/cart/" if "change" in typed else "/products/TEA/"
        )
        return world.post(browser, path, {**_form(page, path), **typed})

    return build


def _on_order(role: str, action: str, ready: Callable[[], Order], **typed: str) -> Callable[[World], Click]:
    return lambda world: world.dialog(role, dialog_url("order", action, ready().pk), **typed)


def _on_approval(decision: str) -> Callable[[World], Click]:
    return lambda world: world.dialog(
        "manager", dialog_url("approvalrequest", decision, _to_approve().approval.pk), comment="so be it"
    )


def _on_money(way: str, **typed: str) -> Callable[[World], Click]:
    def build(world: World) -> Click:
        order = _cancelled() if way == "reopen" else waiting_order(("TEA", 1))
        money = report(order, amount=order.total + (0 if way == "reopen" else Decimal(1)))
        mine = {"other": order.number} if way == "assign" else {}
        if way == "assign":
            money = report(amount=order.total)
        return world.dialog("finance", dialog_url("paymentevent", way, money.pk), reason="by phone", **mine, **typed)

    return build


def _shared_out(world: World) -> Click:
    orders = [waiting_order(("TEA", 1)) for _order in range(2)]
    money = report(amount=sum(order.total for order in orders))
    shares = {f"number_{row}": order.number for row, order in enumerate(orders, start=1)}
    shares |= {f"share_{row}": str(order.total) for row, order in enumerate(orders, start=1)}
    return world.dialog("finance", dialog_url("paymentevent", "allocate", money.pk), reason="by phone", **shares)


def _bulk(world: World) -> Click:
    url, browser = reverse("admin:approvals-bulk"), world.at("manager")
    chosen = [_to_approve().approval.pk for _one in range(2)]
    page = browser.get(url, [("decision", "approve"), *(("id", one) for one in chosen)])
    return world.post(browser, url, {**fields_of(page), "id": chosen})


def _chosen(how: str) -> Callable[[World], Click]:
    def build(world: World) -> Click:
        url, browser = reverse("admin:payment-checks-chosen"), world.at("finance")
        order = waiting_order(("TEA", 1))
        return world.post(browser, url, {**fields_of(browser.get(url, {"id": order.pk})), "how": how})

    return build


def _refund_made(world: World) -> Click:
    task = RefundTask.objects.create(
        key=f"r{next(numbers)}", order_number="ORD-2026-000001", amount=5, currency="EUR", purpose="Refund"
    )
    return world.dialog("finance", dialog_url("refundtask", "made", task.pk))


def _expense_submitted(world: World) -> Click:
    typed = {"amount": "129.90", "category": "Travel", "description": "Train"}
    expense = ExpenseRequest.objects.create(requester=world.staff["support"], **typed)
    return world.dialog("support", dialog_url("expenserequest", "submit", expense.pk))


def _on_reversal(action: str, **typed: str) -> Callable[[World], Click]:
    def build(world: World) -> Click:
        failure = left_to_people().compensation_failures.get()
        mine = {"owner": str(world.staff["finance"].pk)} if action == "take_care" else typed
        return world.dialog("finance", dialog_url("compensationfailure", action, failure.pk), **mine)

    return build


def _adjusted(world: World) -> Click:
    return world.dialog("warehouse", dialog_url("product", "adjust", _tea()), delta="5", reason="Delivery")


def _tea() -> int:
    return int(apps.get_model("orders", "Product").objects.get(sku="TEA").pk)


def _delegation(world: World) -> Click:
    begin = timezone.localtime() + timezone.timedelta(days=10 * next(numbers))
    times = {"starts_at": begin, "ends_at": begin + timezone.timedelta(days=5)}
    typed = {
        f"{name}_{part}": f"{at:{form}}"
        for name, at in times.items()
        for part, form in enumerate(("%Y-%m-%d", "%H:%M:%S"))
    }
    return _add(world, "manager", "delegation", delegate=str(world.staff["director"].pk), **typed)


def _policy(world: World) -> Click:
    days = {"deadline_seconds_0": "2", "deadline_seconds_1": "0"}
    days |= {"remind_before_seconds_0": "1", "remind_before_seconds_1": "0"}
    return _add(
        world,
        "finance",
        "approvalpolicy",
        kind="order",
        from_amount=str(20_000 + next(numbers)),
        roles="manager",
        at_deadline="reject",
        escalate_to="",
        **days,
    )


def _statement(world: World) -> Click:
    content, browser = camt(Entry(purpose=f"gift {next(numbers)}", bank_reference=f"B{next(numbers)}")), Browser()
    browser.cookies = world.at("finance").cookies

    def click() -> Any:
        file = SimpleUploadedFile("march.xml", content, content_type="text/xml")
        return world.post(browser, reverse("admin:orders_bankstatement_add"), {"file": file})()

    return click


def _product(world: World) -> Click:
    number = next(numbers)
    return _add(world, "manager", "product", name=f"Cup {number}", sku=f"CUP-{number}", price="5.00", active="on")


def _schedule(step: str, *, exists: bool, **typed: str) -> Callable[[World], Click]:
    def build(world: World) -> Click:
        if exists:
            client.sync_schedule()
        return world.dialog("finance", reverse(f"admin:orders_paymentcheck_{step}"), **typed)

    return build


def _checked_out(world: World) -> Click:
    return _in_shop("/checkout/", **ADDRESS, payment_method="sandbox")(world)


def _paid_by_hand(world: World) -> Click:
    order = waiting_order(("TEA", 1))
    typed = {"amount": str(order.total), "reference": "Kontoauszug 12", "received": timezone.localdate().isoformat()}
    return world.dialog("finance", dialog_url("order", "mark_paid", order.pk), **typed)


FORMS: dict[str, Callable[[World], Click]] = {
    "put into the cart": _in_shop("/cart/items/", sku="TEA", quantity=2),
    "change the cart": _in_shop("/cart/items/", sku="TEA", quantity=5, change="1"),
    "check out": _checked_out,
    "pay by card": _of_customer("pay", amount="100.00", card_token=CARD),
    "add to the order": _of_customer("items", sku="TEA", quantity=1),
    "cancel as customer": _of_customer("cancel", reason="changed_mind"),
    "choose a language": _of_customer("language", language="de"),
    "order again": _of_customer("again"),
    "approve": _on_approval("approve"),
    "reject": _on_approval("reject"),
    "approve several": _bulk,
    "mark as shipped": _on_order("warehouse", "ship", _paid, carrier="DHL", tracking_number="0034 1"),
    "mark as delivered": _on_order("warehouse", "deliver", _shipped),
    "cancel as support": _on_order("support", "cancel", lambda: waiting_order(("TEA", 1)), reason="changed_mind"),
    "mark as paid": _paid_by_hand,
    "accept a difference": _on_money("accept"),
    "assign to an order": _on_money("assign"),
    "send money back": _on_money("refund"),
    "place anew": _on_money("reopen"),
    "share out among orders": _shared_out,
    "send what is too much back": _on_money("give_back"),
    "put aside": _on_money("ignore"),
    "refund made": _refund_made,
    "retry a reversal": _on_reversal("retry"),
    "settle a reversal by hand": _on_reversal("settle", text="ticket 4711"),
    "ask to write a reversal off": _on_reversal("write_off", text="lost"),
    "take care of a reversal": _on_reversal("take_care"),
    "adjust stock": _adjusted,
    "file an expense": lambda world: _add(
        world, "support", "expenserequest", amount="129.90", category="Travel", description=f"Train {next(numbers)}"
    ),
    "submit an expense": _expense_submitted,
    "a delegation": _delegation,
    "an approval policy": _policy,
    "a product": _product,
    "upload a statement": _statement,
    "check all payments": lambda world: world.dialog("finance", reverse("admin:orders_paymentcheck_check_all")),
    "check chosen orders": _chosen("hybrid"),
    "watch chosen orders": _chosen("coordinator"),
    "watch each order": _chosen("monitor"),
    "run the schedule now": _schedule("trigger", exists=True),
    "set the schedule up": _schedule("sync", exists=False),
    "pause the schedule": _schedule("pause", exists=True, note="month-end"),
    "unpause the schedule": _schedule("unpause", exists=True, note="done"),
    "remove the schedule": _schedule("remove", exists=True),
}


def stock_up() -> None:
    """What the forms are about."""
    make_product(on_hand=100_000)
    make_product("POT", price="300.00", on_hand=100_000)
    make_order("1.00")
