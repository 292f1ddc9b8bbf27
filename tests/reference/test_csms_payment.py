"""The payment page of the reference CSMS: what it takes out of a QR code's URL, and what it does not take at all."""

from __future__ import annotations

import time

import pytest

from conformance.peers import payment
from conformance.reference.csms_payment import SECRET, VALIDITY, PageError, Visit, one_time_password, read_page
from conformance.reference.csms_tokens import TokenBook


def url(password: str | None = None, **limit: object) -> str:
    right = payment.one_time_password(SECRET, time.time())
    return payment.page("https://pay.example.com/x", "CS 1/2", 1, password or right, **limit)


def test_the_one_time_password_is_the_same_on_both_sides() -> None:
    for seconds in (0, 29, 30, 1_764_150_000):
        assert payment.one_time_password(SECRET, seconds) == one_time_password(seconds // VALIDITY)
    assert len({one_time_password(interval) for interval in range(50)}) == 50


def test_a_password_counts_in_its_interval_and_in_those_beside_it() -> None:
    now = time.time()
    for step, taken in ((-2, False), (-1, True), (0, True), (1, True), (3, False)):
        text = url(payment.one_time_password(SECRET, now + step * VALIDITY))
        if taken:
            assert read_page(text) == Visit("CS 1/2", 1, {})
        else:
            with pytest.raises(PageError, match="the one-time password is not valid"):
                read_page(text)


def test_limits_come_from_the_query() -> None:
    limit = read_page(url(maxenergy=20000, maxcost="12.5", colour="red")).limit
    assert limit == {"maxEnergy": 20000, "maxCost": 12.5}


@pytest.mark.parametrize(
    "text",
    [
        "https://pay.example.com/",
        "https://pay.example.com/CS/1/password/v2",
        "https://pay.example.com//1/password/v1",
        "https://pay.example.com/CS/one/password/v1",
        url(maxcost="a lot"),
        url(maxtime="-1"),
        url(maxtime="1e400"),
    ],
)
def test_a_url_that_is_not_as_its_template_is_told_so(text: str) -> None:
    with pytest.raises(PageError):
        read_page(text)


def test_a_card_without_credit() -> None:
    book = TokenBook.read(
        {"FULL": {"credit": 12.5}, "EMPTY": {"credit": 0}, "LOST": {"credit": 5, "status": "Blocked"}}
    )
    assert [book.judge(one, broke="NoCredit").status for one in ("full", "EMPTY", "LOST")] == [
        "Accepted",
        "NoCredit",
        "Blocked",
    ]
    with pytest.raises(ValueError, match="token 'X': credit 'much' is no number"):
        TokenBook.read({"X": {"credit": "much"}})


def test_where_a_token_may_charge() -> None:
    book = TokenBook.read({"X": {"evses": [2]}, "Y": {"status": "NotAtThisLocation"}})
    assert book.judge("x").evses == (2,)
    assert book.judge("Y").status == "NotAtThisLocation"
    with pytest.raises(ValueError, match="token 'X': evses 'first' is no list of numbers"):
        TokenBook.read({"X": {"evses": "first"}})
