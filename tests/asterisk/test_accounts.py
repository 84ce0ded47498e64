"""Phones' accounts, pushed into a real Asterisk while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

import aiohttp
import pytest

from appliance.asterisk.accounts import Accounts, wanted
from appliance.roster.models import Roster
from tests.asterisk.world import STRANGER, TRUNK_A, RealAsterisk, SipPeer

Peers = Callable[[int], Awaitable[SipPeer]]
SECRET = "correct horse; battery"


def roster(*people: Mapping[str, Any]) -> Roster:
    filled = [
        {"id": f"p{n}", "name": f"Person {n}", "mobile": f"+42077700011{n}", **one} for n, one in enumerate(people)
    ]
    return Roster.model_validate({"duty": {"default": "p0"}, "person": filled})


class Pushes:
    """The ARI client's part that is needed, and what went through it."""

    def __init__(self, asterisk: RealAsterisk) -> None:
        self._url = f"http://{asterisk.address}:8088/ari/"
        self._headers = {"Authorization": aiohttp.encode_basic_auth("hotline", asterisk.credentials.ari)}
        self.done: list[str] = []
        self.refuse_after: int | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(headers=self._headers)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def put(self, path: str, body: Mapping[str, Any], /) -> None:
        await self._ask("PUT", path, body)

    async def delete(self, path: str, /) -> None:
        await self._ask("DELETE", path, None)

    async def get(self, path: str, /) -> Any:
        async with self._session.get(self._url + path) as answer:
            return await answer.json()

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> None:
        if self.refuse_after is not None and len(self.done) >= self.refuse_after:
            raise OSError("away")
        async with self._session.request(method, self._url + path, json=body) as answer:
            if answer.status >= 300 and (method, answer.status) != ("DELETE", 404):
                raise OSError(f"{method} {path}: {answer.status} {await answer.text()}")
        self.done.append(f"{method} {path.rpartition('res_pjsip/')[2]}")


async def _registers(phone: SipPeer, asterisk: RealAsterisk, name: str, password: str) -> bool:
    status, _, _ = await phone.ask(
        asterisk.address, "REGISTER", "", sender=name, account=(name, password), more="Expires: 120\r\n"
    )
    assert status in (200, 401, 404)
    return status == 200


async def test_a_phone_registers_with_the_rosters_password_and_only_with_it(
    asterisk: RealAsterisk, peer: Peers
) -> None:
    phone = await peer(STRANGER)
    async with Pushes(asterisk) as ari:
        accounts = Accounts(asterisk.config, ari)
        assert await accounts.sync(roster({"sip": "eva", "sip_password": SECRET})) == ()
        assert await _registers(phone, asterisk, "eva", SECRET)
        assert not await _registers(phone, asterisk, "eva", "something else")
        assert not await _registers(phone, asterisk, "adam", SECRET)

        await accounts.sync(roster({"sip": "eva", "sip_password": "another secret"}))
        assert not await _registers(phone, asterisk, "eva", SECRET)
        assert await _registers(phone, asterisk, "eva", "another secret")

        await accounts.sync(roster({}))
        assert not await _registers(phone, asterisk, "eva", "another secret")


async def test_a_phone_reaches_the_exchange_only_and_without_one_nobody(asterisk: RealAsterisk, peer: Peers) -> None:
    phone, trunk = await peer(STRANGER), await peer(TRUNK_A)
    async with Pushes(asterisk) as ari:
        await Accounts(asterisk.config, ari).sync(roster({"sip": "eva", "sip_password": SECRET}))
    status, _, _ = await phone.call(asterisk.address, "+4790000000", sender="eva")
    assert status == 401
    for number in ("+4790000000", "112", "*21*1#", "s", "eva"):
        status, _, _ = await phone.call(asterisk.address, number, sender="eva", account=("eva", SECRET))
        assert status >= 400
        assert status != 401
    assert trunk.invited == []


async def test_only_the_difference_is_written_and_all_of_it_after_a_restart(asterisk: RealAsterisk) -> None:
    eva, adam = {"sip": "eva", "sip_password": SECRET}, {"sip": "adam", "sip_password": SECRET}
    async with Pushes(asterisk) as ari:
        accounts = Accounts(asterisk.config, ari)
        await accounts.sync(roster(eva))
        await accounts.sync(roster(eva))
        assert ari.done == ["PUT auth/eva", "PUT aor/eva", "PUT endpoint/eva"]
        ari.done.clear()
        await accounts.sync(roster(eva, adam))
        assert ari.done == ["PUT auth/adam", "PUT aor/adam", "PUT endpoint/adam"]
        ari.done.clear()
        await accounts.sync(roster({}, adam))
        assert ari.done == ["DELETE endpoint/eva", "DELETE aor/eva", "DELETE auth/eva"]
        ari.done.clear()
        await asterisk.process.kill()
        await asterisk.start()
        accounts.forget()
        await accounts.sync(roster({}, adam))
        assert len(ari.done) == 3


async def test_what_an_earlier_run_left_is_taken_over_or_removed(asterisk: RealAsterisk, peer: Peers) -> None:
    phone = await peer(STRANGER)
    eva, adam = {"sip": "eva", "sip_password": SECRET}, {"sip": "adam", "sip_password": SECRET}
    async with Pushes(asterisk) as ari:
        await Accounts(asterisk.config, ari).sync(roster(eva, adam))
        await Accounts(asterisk.config, ari).sync(roster({}, adam))
    assert not await _registers(phone, asterisk, "eva", SECRET)
    assert await _registers(phone, asterisk, "adam", SECRET)


@pytest.mark.parametrize("done", range(3))
async def test_what_failed_half_way_is_done_by_the_next_call(asterisk: RealAsterisk, peer: Peers, done: int) -> None:
    phone = await peer(STRANGER)
    async with Pushes(asterisk) as ari:
        accounts = Accounts(asterisk.config, ari)
        ari.refuse_after = done
        with pytest.raises(OSError, match="away"):
            await accounts.sync(roster({"sip": "eva", "sip_password": SECRET}))
        assert not await _registers(phone, asterisk, "eva", SECRET)
        ari.refuse_after = None
        await accounts.sync(roster({"sip": "eva", "sip_password": SECRET}))
        assert await _registers(phone, asterisk, "eva", SECRET)
        ari.done.clear()
        ari.refuse_after = done
        with pytest.raises(OSError, match="away"):
            await accounts.sync(roster({}))
        ari.refuse_after = None
        await accounts.sync(roster({}))
        assert not await _registers(phone, asterisk, "eva", SECRET)


def test_who_gets_no_account_and_why() -> None:
    accounts, refused = wanted(
        roster(
            {"sip": "eva", "sip_password": SECRET, "name": 'Eva "the\\ boss" <x>'},
            {"sip": "eva", "sip_password": "not as long"},
            {"sip": "adam"},
            {"sip": "trunk-a", "sip_password": SECRET},
            {"sip": "sip:desk@192.0.2.50"},
        ),
        frozenset({"trunk-a"}),
    )
    assert list(accounts) == ["eva"]
    assert accounts["eva"].caller_id == '"Eva the boss x" <+420777000110>'
    assert SECRET not in repr(accounts)
    assert [one.partition(":")[0] for one in refused] == ["p1", "p2", "p3"]
