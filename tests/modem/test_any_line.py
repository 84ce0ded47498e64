"""Whatever a modem says, nothing that reads it fails: these run inside the event loop's own callbacks."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.modem import calls, identity, network, sim, sms
from appliance.modem.quirks import FAMILIES
from appliance.modem.tokens import Final, FinalKind

PREFIXES = [
    "", "+CREG: ", "+CEREG: ", "+CSQ: ", "+CESQ: ", "+COPS: ", "+CCLK: ", "+CLCC: ", "+CSSI: ", "+CSSU: ", "+CPIN: ",
    "+CRSM: ", "+CMGL: ", "+CGSN: ", "^SCCFC: ", "+CPINR: ", "+SPIC: ", "RING",
]  # fmt: skip
field = st.one_of(st.integers(-5, 10**20).map(str), st.text(max_size=12), st.just(""), st.just('"'))
line = st.builds(
    lambda prefix, fields: prefix + ",".join(fields), st.sampled_from(PREFIXES), st.lists(field, max_size=6)
)
OK = Final(FinalKind.OK, "OK")
READERS: list[Callable[[list[str]], object]] = [
    network.query_report,
    network.rssi_dbm,
    network.operator,
    network.clock,
    identity.iccid,
    identity.imei,
    identity.first_text,
    calls.live_voice_calls,
    sms.listed,
    lambda lines: sim.sim_state(lines, OK),
    lambda lines: [sim.tries_left(family.pin_counter, lines) for family in FAMILIES if family.pin_counter],
    lambda lines: [network.unsolicited_report(line) for line in lines],
    lambda lines: [calls.notification(line) for line in lines],
]


@given(st.lists(line, max_size=4))
@settings(max_examples=200)
def test_any_lines_are_read(lines: list[str]) -> None:
    for read in READERS:
        read(lines)
