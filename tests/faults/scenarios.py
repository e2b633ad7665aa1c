"""What is done to a running shop: each function plays its rounds and returns rows for the table, and what is wrong."""

import random
import time
from collections import Counter
from contextlib import suppress

from django.contrib.auth import get_user_model

from orders.models import Order
from orders.rules import actors
from orders.rules.status import WaitingFor
from temporal_app import client
from temporal_app.client.errors import ClientError
from tests.faults import crowd as crowds
from tests.faults import impatient as asking_once
from tests.faults import people, points
from tests.faults.crowd import Crowd, settle
from tests.faults.moments import POINTS, SERVER_POINTS, recoveries
from tests.faults.probing import Probe
from tests.faults.run import say
from tests.faults.stack import Stack
from tests.faults.web_deaths import lines

__all__ = ["chaos", "database", "impatient", "lines", "moments", "outages"]

Played = tuple[list[list[object]], list[str]]
NONE_COMES = 600.0
FEW = 12  # moments
OUTAGES = (5, 5, 60, 5, 5, 5, 60, 5, 5, 60)
HANGS = 30
LOCKED = 60
ORDERS = 1_000
PARTS = ("worker", "worker", "web", "temporal", "postgres")


def moments(stack: Stack, chance: random.Random, rounds: int) -> Played:
    """The worker dies at every moment of the list, once a round, whichever order comes there first."""
    missed: list[str] = []

    def weather(_crowd: Crowd) -> None:
        for turn in range(rounds):
            wanted = [*POINTS, *(SERVER_POINTS if turn == 0 else [])]
            chance.shuffle(wanted)
            points.add(stack.points_file, wanted)
            left = _until_they_came(stack, but=FEW if turn + 1 < rounds else 0)  # the next round goes on with those
            say(f"round {turn + 1}: not yet {left}")
        missed.extend(left)
        points.write(stack.points_file, [])

    wrong = Crowd(stack, chance, at_once=24).carry(weather)
    say(crowds.summary())
    took, late = recoveries(stack.journal)
    deaths = sum(" died " in line for line in stack.journal)
    wrong += [f"the moment never came: {point}" for point in missed] + late
    told = f"killed at {len(POINTS)} moments a round, {deaths} deaths in all"
    held = f"no double charge, none stuck; back at the step after {max(took, default=0):.1f} s at most"
    return [[1, rounds, told, held]], wrong


def _until_they_came(stack: Stack, *, but: int = 0) -> list[str]:
    """Wait until somebody has died at each moment, or at all `but` a few, while payments are checked; returns the
    moments that have not come. Gives up where no moment comes any more."""
    patience, look, before = time.monotonic() + NONE_COMES, 0.0, -1
    while len(left := stack.points_file.read_text().splitlines()) > but and time.monotonic() < patience:
        if len(left) != before:
            before, patience = len(left), time.monotonic() + NONE_COMES
        if time.monotonic() > look:
            look = time.monotonic() + 15
            check_payments()
        time.sleep(0.05)
    return left


def check_payments() -> None:
    """Somebody in finance has all payments checked, and some of them watched, in every way there is."""
    with suppress(ClientError):
        waiting = people.persist(
            lambda: list(Order.objects.filter(waiting_for=WaitingFor.PAYMENT).values_list("number", flat=True)[:3])
        )
        client.check_all_payments(by=actors.SYSTEM)
        if waiting:
            client.check_payments_now(waiting, by=actors.SYSTEM)
            client.coordinate_payment_checks(waiting, by=actors.SYSTEM)


def outages(stack: Stack, chance: random.Random, rounds: int) -> Played:
    """Temporal is away, for 5 s and for 60 s, while people go on."""
    probe = Probe(stack.places.shop)

    def weather(crowd: Crowd) -> None:
        probe.path = an_order().get_absolute_url()
        for seconds in OUTAGES[:rounds]:
            goal = crowd.done + 4
            while crowd.done < goal:
                time.sleep(0.2)
            stack.kill("temporal")
            probe.while_away(seconds)
            stack.start("temporal")
            probe.send_again()
            say(f"Temporal was away for {seconds} s; {probe.told()}")

    wrong = Crowd(stack, chance).carry(weather) + probe.wrong
    say(crowds.summary())
    told = f"away for {', '.join(f'{OUTAGES[:rounds].count(n)} × {n} s' for n in sorted(set(OUTAGES[:rounds])))}"
    return [[2, rounds, f"{told} under load, {Order.objects.count()} orders", probe.told()]], wrong


def an_order(**columns: object) -> Order:
    """The latest order of a kind, as soon as there is one."""
    while not (found := people.persist(lambda: Order.objects.filter(**columns).order_by("pk").last())):
        time.sleep(0.05)
    return found


def database(stack: Stack, chance: random.Random, rounds: int) -> Played:
    """PostgreSQL is restarted at every step, says nothing, refuses to write, and keeps a row locked."""
    steps = [f"{point} database" for point in POINTS if not point.startswith("called")]
    processes = {part: child.pid for part, child in stack.parts.items()}
    wrong: list[str] = []

    def weather(_crowd: Crowd) -> None:
        for _round in range(rounds):
            stack.door.close()
            time.sleep(HANGS)
            stack.door.open()
            say("mute")
            stack.read_only(True)
            time.sleep(HANGS)
            stack.read_only(False)
            say("read-only")
            number = an_order(waiting_for=WaitingFor.PAYMENT).number
            with stack.locked("orders_order", "number", number), stack.locked("orders_product", "sku", "FAULT-CHEAP"):
                time.sleep(LOCKED)
            say("locked")
            points.write(stack.points_file, steps)
            left = _until_they_came(stack)
            say(f"restarted at {len(steps) - len(left)} steps; not {left}")
            points.write(stack.points_file, [])

    wrong += Crowd(stack, chance).carry(weather)
    say(crowds.summary())
    wrong += [f"{part} had to be started anew" for part, pid in processes.items() if stack.parts[part].pid != pid]
    wrong += paid_and_undone()
    held = "no process restarted, no paid order undone"
    return [
        [3, sum(" restarted " in line for line in stack.journal), f"restarted at {len(steps)} steps", held],
        [3, rounds, f"mute for {HANGS} s", held],
        [3, rounds, f"read-only for {HANGS} s", held],
        [3, rounds, f"rows of an order and a product locked for {LOCKED} s", held],
    ], wrong


def paid_and_undone() -> list[str]:
    """Orders that were paid and are undone, although nobody asked for it."""
    undone = Order.objects.filter(timeline__kind="paid", undo_started_at__isnull=False)
    asked = undone.filter(timeline__kind="undo_started", timeline__data__code="cancelled")
    return [f"{order} was paid and is undone" for order in undone.exclude(pk__in=asked.values("pk"))]


def chaos(stack: Stack, chance: random.Random, rounds: int) -> Played:
    """Worker, web server, Temporal and PostgreSQL die by chance under so many orders."""
    killed: Counter[str] = Counter()

    def weather(crowd: Crowd) -> None:
        while crowd.done < crowd.orders - crowd.at_once:
            time.sleep(chance.uniform(3, 12))
            part = chance.choice(PARTS)
            killed[part] += 1
            if part == "postgres":
                stack.restart_postgres()
            elif part == "temporal":
                stack.kill(part)
                time.sleep(chance.uniform(0, 3))
                stack.start(part)
            else:
                stack.kill_copies(part)
            say(f"killed {part}; {crowd.done} orders carried")

    wrong = Crowd(stack, chance, orders=rounds, at_once=40).carry(weather)
    say(crowds.summary())
    told = ", ".join(f"{part} {times} times" for part, times in sorted(killed.items()))
    return [[8, rounds, f"orders while {told} died", "all invariants"]], wrong


def impatient(stack: Stack, chance: random.Random, _rounds: int) -> Played:
    """Nobody asks a second time."""
    before = people.stock_up()
    manager = actors.user(get_user_model().objects.get(username="manager").pk)
    asking_once.ask_once(stack, people.Person(stack.places.shop, "", chance), manager)
    wrong = settle(stack, before)
    return [[2, 4, "killed as soon as an update has written; nobody asks again", "everything goes on"]], wrong
