from __future__ import annotations

from datetime import UTC, datetime

import pytest

from appliance.domain.modem import NetworkRegistration, SimState
from appliance.modem import calls, identity, network, sim
from appliance.modem.dialogue import Request
from appliance.modem.quirks import FAMILIES, GENERIC, quirks_for
from appliance.modem.tokens import as_final

HOME, ROAMING = NetworkRegistration.HOME, NetworkRegistration.ROAMING
SEARCHING, DENIED, NONE = NetworkRegistration.SEARCHING, NetworkRegistration.DENIED, NetworkRegistration.NONE


@pytest.mark.parametrize(
    ("manufacturer", "model", "family"),
    [
        ("huawei", "E3372", "Huawei E-series/Balong"),
        ("huawei", "E173", "Huawei E-series/Balong"),
        ("Quectel", "EC25", "Quectel EC25/EC21"),
        ("Quectel", "EC21", "Quectel EC25/EC21"),
        ("SIMCOM INCORPORATED", "SIMCOM_SIM7600E-H", "SIMCom SIM7600"),
        ("SIMCOM_Ltd", "SIMCOM_SIM800L", "SIMCom SIM800"),
        ("SIM800", "R14.18", "SIMCom SIM800"),
        ("Telit", "LE910-EUG", "Telit LE910"),
        ("u-blox", "SARA-U201", "u-blox SARA"),
        ("SIEMENS", "TC35i", "Siemens/Cinterion"),
        ("Cinterion", "EHS6", "Siemens/Cinterion"),
        ("MeeGo", "Synthetic Device", "generic"),
        ("MULTITECH", "MTSMC-G2", "generic"),
        (None, None, "generic"),
    ],
)
def test_families(manufacturer: str | None, model: str | None, family: str) -> None:
    assert quirks_for(manufacturer, model).name == family


@pytest.mark.parametrize("quirks", [*FAMILIES, GENERIC], ids=lambda quirks: quirks.name)
def test_every_family_can_work(quirks: object) -> None:
    assert quirks.iccid_commands
    assert quirks.query_classes
    assert quirks.register_classes
    assert [quirks.ring_time_s(wanted) for wanted in (1, 20, 22, 23, 60)] == [5, 20, 20, 25, 30]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["+CCID: 8942010000000000017F"], "8942010000000000017"),
        (['+CCID: "89420100000000000179"'], "89420100000000000179"),
        (["8942010000000000017f"], "8942010000000000017"),
        (["+ICCID: 8942010000000000017"], "8942010000000000017"),
        (["^ICCID: 8942010000000000017F"], "8942010000000000017"),
        (['+CRSM: 144,0,"982410000000000010F7"'], "8942010000000000017"),
        (["+CRSM: 106,130"], None),
        (["EC25 861234567890123"], None),
        ([], None),
    ],
)
def test_iccid(lines: list[str], expected: str | None) -> None:
    assert identity.iccid(lines) == expected


def test_the_iccid_answer_may_carry_any_of_the_known_prefixes() -> None:
    assert identity.iccid_request("AT+CICCID").owns("+ICCID: 8942010000000000017")
    assert not identity.iccid_request("AT+CICCID").owns("+CREG: 1")


def test_identity_lines() -> None:
    assert identity.first_text(['+CGMM: "EC25"']) == "EC25"
    assert identity.first_text(["", "MeeGo"]) == "MeeGo"
    assert identity.first_text([]) is None
    assert identity.imei(["SN: 17", "490154203237518"]) == "490154203237518"
    assert identity.imei(["+CGSN: 490154203237518"]) == "490154203237518"
    assert identity.imei(["1234567890"]) is None
    answer = ["Manufacturer: huawei", "Model: E173", "Revision: 11.126.85.00.209", "IMEI: 357784040123456"]
    assert identity.information_field(answer, "model") == "E173"
    assert identity.information_field(answer, "serial") is None


@pytest.mark.parametrize(
    ("line", "registration", "technology"),
    [
        ("+CREG: 2,1", HOME, None),
        ('+CREG: 2,5,"00A1","0001B2C3",2', ROAMING, "UMTS"),
        ('+CEREG: 2,1,"00A1","0001B2C3",7', HOME, "LTE"),
        ("+CREG: 0,3", DENIED, None),
        ("+CREG: 2,2", SEARCHING, None),
        ("+CREG: 2,0", NONE, None),
        ("+CREG: 2,4", NONE, None),
        ("+CEREG: 0,8", DENIED, None),
        ('+CGREG: 2,1,"00A1","0001B2C3",0', HOME, "GSM"),
    ],
)
def test_registration_asked_for(line: str, registration: NetworkRegistration, technology: str | None) -> None:
    report = network.query_report([line])
    assert report is not None
    assert (report.registration, report.technology) == (registration, technology)


def test_registration_told_unasked_and_its_difference_from_an_answer() -> None:
    report = network.unsolicited_report('+CREG: 5,"00A1","0001B2C3",7')
    assert report == network.DomainReport("+CREG", ROAMING, "LTE")
    assert network.unsolicited_report("+CREG: 2") == network.DomainReport("+CREG", SEARCHING)
    assert network.unsolicited_report("RING") is None
    assert network.unsolicited_report("+CREG: 77") is None
    creg = network.REGISTRATION_QUERIES[0]
    assert creg.owns('+CREG: 2,1,"00A1","0001B2C3",2')
    assert creg.owns("+CREG: 0,2")
    assert not creg.owns("+CREG: 1")
    assert not creg.owns('+CREG: 1,"00A1","0001B2C3",2')


def test_the_better_of_circuit_switched_and_lte_counts_and_packet_data_only_alone() -> None:
    def report(domain: str, registration: NetworkRegistration, technology: str | None = None) -> network.DomainReport:
        return network.DomainReport(domain, registration, technology)

    lte_only = [report("+CREG", NONE), report("+CEREG", HOME, "LTE"), report("+CGREG", NONE)]
    assert network.merged(lte_only) == (HOME, "LTE")
    assert network.merged([report("+CREG", DENIED), report("+CGREG", HOME, "UMTS")]) == (DENIED, None)
    assert network.merged([report("+CGREG", ROAMING, "UMTS")]) == (ROAMING, "UMTS")
    assert network.merged([]) == (NONE, None)


@pytest.mark.parametrize(
    ("line", "dbm"),
    [
        ("+CSQ: 0,99", -113),
        ("+CSQ: 20,99", -73),
        ("+CSQ: 31,0", -51),
        ("+CSQ: 99,99", None),
        ("+CSQ: 199,99", None),
        ("+CESQ: 99,99,255,255,20,60", -81),
        ("+CESQ: 99,99,50,30,255,255", -71),
        ("+CESQ: 40,0,255,255,255,255", -71),
        ("+CESQ: 99,99,255,255,255,255", None),
    ],
)
def test_signal(line: str, dbm: int | None) -> None:
    assert network.rssi_dbm([line]) == dbm


def test_operator() -> None:
    assert network.operator(['+COPS: 0,0,"Vodafone CZ",7']) == ("Vodafone CZ", "LTE")
    assert network.operator(["+COPS: 0"]) == (None, None)
    assert network.operator([]) == (None, None)


def test_clock_counts_quarters_of_an_hour() -> None:
    read = network.clock(['+CCLK: "26/07/01,14:05:06+08"'])
    assert read is not None
    assert read.astimezone(UTC) == datetime(2026, 7, 1, 12, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        '"70/01/01,00:00:08+00"',
        '"69/12/31,20:00:08-16"',
        '"80/01/06,00:00:05+00"',
        '"04/01/01,00:00:05"',
        '"26/13/01,00:00:00+08"',
        "",
        "x",
    ],
)
def test_a_clock_that_was_never_set_tells_nothing(text: str) -> None:
    assert network.clock([f"+CCLK: {text}"]) is None


@pytest.mark.parametrize(
    ("lines", "final", "state"),
    [
        (["+CPIN: READY"], "OK", SimState.READY),
        (["+CPIN: SIM PIN"], "OK", SimState.PIN),
        (["+CPIN: SIM PUK"], "OK", SimState.PUK),
        (["+CPIN: SIM PIN2"], "OK", SimState.READY),
        (["+CPIN: PH-NET PIN"], "OK", SimState.BLOCKED),
        (["+CPIN: NOT INSERTED"], "OK", SimState.ABSENT),
        ([], "+CME ERROR: 10", SimState.ABSENT),
        ([], "+CME ERROR: SIM not inserted", SimState.ABSENT),
        ([], "+CME ERROR: 11", SimState.PIN),
        ([], "+CME ERROR: 12", SimState.PUK),
        ([], "+CME ERROR: 13", SimState.ABSENT),
        ([], "+CME ERROR: 14", SimState.UNKNOWN),
        ([], "+CME ERROR: 15", SimState.BLOCKED),
        ([], "ERROR", SimState.UNKNOWN),
    ],
)
def test_sim_state(lines: list[str], final: str, state: SimState) -> None:
    result = as_final(final)
    assert result is not None
    assert sim.sim_state(lines, result) is state


@pytest.mark.parametrize(
    ("model", "line", "left"),
    [
        ("huawei E3372", "^CPIN: SIM PIN,3,10,2,10,3", 2),
        ("Quectel EC25", '+QPINC: "SC",3,10', 3),
        ("SIMCOM SIM7600", "+SPIC: 1,10,3,10", 1),
        ("SIMCOM_SIM800L", "+SPIC: 3,10,3,10", 3),
        ("Telit LE910", "#PCT: 3", 3),
        ("u-blox SARA", "+UPINCNT: 2,3,10,10", 2),
        ("Cinterion EHS6", "^SPIC: 3", 3),
        ("other", "+CPINR: SIM PIN,2,3", 2),
        ("other", "+CREG: 1", None),
    ],
)
def test_pin_counters(model: str, line: str, left: int | None) -> None:
    counter = quirks_for(None, model).pin_counter
    assert counter is not None
    assert sim.tries_left(counter, [line]) == left


def test_calls_and_notifications() -> None:
    assert calls.live_voice_calls(['+CLCC: 1,1,0,0,0,"+420777",145', "+CLCC: 2,0,0,1,0"]) == 1
    found = calls.notification("+CSSI: 0")
    assert found is not None
    assert "unconditional" in found.meaning
    assert calls.notification("+CSSU: 0") == calls.Notification("+CSSU: 0", "this is a forwarded call")
    assert calls.notification("RING") is None
    assert calls.is_ringing("RING")
    assert calls.is_ringing("+CRING: VOICE")
    assert calls.is_ended("NO CARRIER")
    assert not calls.is_ringing("RINGO")


def test_requests_have_no_line_ends_in_them() -> None:
    requests = [value for module in (identity, network, calls, sim) for value in vars(module).values()]
    texts = [request.text for request in requests if isinstance(request, Request)]
    assert len(texts) > 8
    assert all(text.isprintable() and text.startswith("AT") for text in texts)
