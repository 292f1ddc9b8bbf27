"""Where a session stands, for every start and stop point: one table, worked out by hand from E01 and E06."""

from __future__ import annotations

import itertools

import pytest

from conformance.peers.session import START_POINTS, Session

LOCAL = ("plug", "authorize", "charge", "stop", "unplug")
"""A driver plugs in first, authorizes, charges, stops by his token, unplugs."""
TOKEN_FIRST = ("authorize", "plug", "charge", "stop", "unplug")


def events(start: str, stop: str, acts: tuple[str, ...]) -> list[str]:
    """The event type that each act owes."""
    session = Session(frozenset(start.split()), frozenset(stop.split()))
    owed = []
    for act in acts:
        now, ceased = {
            "bay": (("ParkingBayOccupancy",), ()),
            "leave": ((), ("ParkingBayOccupancy",)),
            "plug": (("EVConnected",), ()),
            "authorize": (("Authorized",), ()),
            "charge": (("EnergyTransfer",), ()),
            "suspend": ((), ("EnergyTransfer",)),
            "stop": ((), ("Authorized", "EnergyTransfer")),
            "unplug": ((), ("EVConnected",)),
        }[act]
        owed.append(session.advance(*now, ceased=ceased))
    return owed


@pytest.mark.parametrize(
    ("start", "stop", "acts", "owed"),
    [
        # the usual pair: starts at the plug, ends at the plug
        ("EVConnected", "EVConnected", LOCAL, ["Started", "Updated", "Updated", "Updated", "Ended"]),
        ("EVConnected", "EVConnected", TOKEN_FIRST, ["", "Started", "Updated", "Updated", "Ended"]),
        # any of several start points is enough; the first counts
        ("EVConnected Authorized", "EVConnected", LOCAL, ["Started", "Updated", "Updated", "Updated", "Ended"]),
        ("EVConnected Authorized", "EVConnected", TOKEN_FIRST, ["Started", "Updated", "Updated", "Updated", "Ended"]),
        # starts by the token
        ("Authorized", "Authorized", LOCAL, ["", "Started", "Updated", "Ended", ""]),
        ("Authorized", "EVConnected", LOCAL, ["", "Started", "Updated", "Updated", "Ended"]),
        # PowerPathClosed is both at once, whatever comes first
        ("PowerPathClosed", "PowerPathClosed", LOCAL, ["", "Started", "Updated", "Ended", ""]),
        ("PowerPathClosed", "PowerPathClosed", TOKEN_FIRST, ["", "Started", "Updated", "Ended", ""]),
        ("PowerPathClosed", "EVConnected", TOKEN_FIRST, ["", "Started", "Updated", "Updated", "Ended"]),
        # energy
        ("EnergyTransfer", "EnergyTransfer", LOCAL, ["", "", "Started", "Ended", ""]),
        ("EnergyTransfer", "EVConnected", LOCAL, ["", "", "Started", "Updated", "Ended"]),
        (
            "EVConnected",
            "EnergyTransfer",
            ("plug", "authorize", "charge", "suspend"),
            ["Started", "Updated", "Updated", "Ended"],
        ),
        # the bay
        (
            "ParkingBayOccupancy",
            "ParkingBayOccupancy",
            ("bay", "plug", "authorize", "charge", "stop", "unplug", "leave"),
            ["Started", "Updated", "Updated", "Updated", "Updated", "Updated", "Ended"],
        ),
        ("EVConnected", "ParkingBayOccupancy", ("bay", "plug", "unplug", "leave"), ["", "Started", "Updated", "Ended"]),
        # a stop point that never held ends nothing; several do at the first that ceases
        ("EVConnected", "ParkingBayOccupancy", LOCAL, ["Started", "Updated", "Updated", "Updated", "Updated"]),
        ("EVConnected", "Authorized EVConnected", LOCAL, ["Started", "Updated", "Updated", "Ended", ""]),
        # an EV that leaves takes the power path and the energy with it
        (
            "EVConnected",
            "PowerPathClosed",
            ("plug", "authorize", "charge", "unplug"),
            ["Started", "Updated", "Updated", "Ended"],
        ),
        (
            "EVConnected",
            "EnergyTransfer",
            ("plug", "authorize", "charge", "unplug"),
            ["Started", "Updated", "Updated", "Ended"],
        ),
        # stopped and authorized again while the EV is still there: a new transaction
        (
            "EVConnected",
            "Authorized",
            ("plug", "authorize", "stop", "authorize"),
            ["Started", "Updated", "Ended", "Started"],
        ),
    ],
)
def test_table(start: str, stop: str, acts: tuple[str, ...], owed: list[str]) -> None:
    assert events(start, stop, acts) == owed


PAIRS = [(a, b) for a in START_POINTS for b in START_POINTS]


@pytest.mark.parametrize(("start", "stop"), PAIRS)
def test_whatever_the_points_a_transaction_is_started_once_and_ended_once(start: str, stop: str) -> None:
    """In every order of the acts: Started first, then only Updated, then Ended, and nothing after it but a new one."""
    for acts in itertools.permutations(("bay", "plug", "authorize", "charge")):
        after = (*acts, "suspend", "stop", "unplug", "leave")
        running = False
        for kind in events(start, stop, after):
            assert kind in (("Updated", "Ended") if running else ("Started", "")), (acts, kind)
            running = {"Started": True, "Ended": False}.get(kind, running)


def test_no_points_no_transaction() -> None:
    assert events("", "", LOCAL) == [""] * 5


def test_what_is_due_is_due_once() -> None:
    session = Session()
    session.request_start("TOKEN", 7)
    assert session.remote
    assert session.take_due() == {"idToken": "TOKEN", "triggerReason": "RemoteStart", "remoteStartId": 7}
    assert session.take_due() == {}
    session.authorize("OTHER")
    assert not session.remote and session.token == "OTHER"
    assert session.take_due() == {"idToken": "OTHER"}


def test_ended_is_not_the_same_as_never_begun() -> None:
    session = Session()
    assert not session.ended
    session.advance("EVConnected")
    assert session.started and not session.ended
    session.advance(ceased=("EVConnected",))
    assert session.ended


def test_an_authorization_that_ends_untold_is_not_due_any_more() -> None:
    session = Session(start_points=frozenset({"EVConnected"}))
    session.request_start("TOKEN", 7)
    session.advance("Authorized")
    session.advance(ceased=("Authorized",))
    assert session.advance("EVConnected") == "Started"
    assert session.take_due() == {}
