from __future__ import annotations

import pytest

from appliance.modem.at_guard import refusal, request
from appliance.modem.redact import redact


@pytest.mark.parametrize(
    "command",
    [
        "AT", "ATI", "ati", "ATE0", "AT+CSQ", "AT+COPS?", "AT+COPS=?", "AT+CPIN?", "AT+CFUN?", "AT+CLCC", "AT+CCFC=?",
        "AT+CCFC=0,2", "AT+CCFC=2,2,,,1", 'AT+CLCK="SC",2', "AT+QENG=\"servingcell\"", "AT+CREG=2;+CREG?", "ATS3?",
        "AT^HCSQ?", "AT+CGMM;+CGMR", "AT+CGSN", 'AT+QCFG="nwscanmode",1',
    ],
)  # fmt: skip
def test_what_passes(command: str) -> None:
    assert refusal(command) is None


@pytest.mark.parametrize(
    "command",
    [
        'AT+CPIN="1234"', "at+cpin=1234", "AT +CPIN = 1234", 'AT+CPIN="12345678","1234"', 'AT+CLCK="SC",0,"1234"',
        'AT+CPWD="SC","1","2"', "AT+CFUN=0", "AT+CFUN=1,1", "AT+CFUN", 'AT+CCFC=0,3,"+420777",145', "AT+CCFC=4,4",
        "AT+CCFC=0,4", "AT+CCFC=0,2x", "ATD112;", "ATDT112", "ATD**21*1#;", "ATA", "ATH", "ATO", "ATZ", "AT&F",
        "AT&W", "ATV0", "ATQ1", "A/", "+++", "", "CSQ", "AT+CUSD=1,\"##21#\"", "AT+CMGS=12", "AT+CSQ;+CPIN=1234",
        'AT+CSQ;D112;', "AT+CRSM=214,1", "AT+CSIM=10,\"0\"", "AT+CHUP", "AT+QPOWD=1", "AT+COPS=2", "AT+IPR=9600",
        "AT+CSQ\rATD112;", "AT+CSQ\x1a", "AT+CSQ\u0130", "AT" + "+CSQ;" * 200, "ATE0+CPIN=1234", "AT^CPIN=1",
        "AT+CMUX=0", "ATE1D112;",
    ],
)  # fmt: skip
def test_what_is_refused_and_the_reason_is_for_people(command: str) -> None:
    reason = refusal(command)
    assert reason
    assert reason.isprintable()


def test_a_quoted_semicolon_does_not_hide_and_does_not_split() -> None:
    assert refusal('AT+QENG="a;D112"') is None
    assert refusal('AT+QENG="a";D112;') is not None


def test_the_reply_of_a_persons_command() -> None:
    asked = request(" AT+CGMM;+CSQ ", 5.0)
    assert asked.text == "AT+CGMM;+CSQ"
    assert asked.owns("+CSQ: 20,99")
    assert asked.owns("EC25")
    assert not asked.owns("+CREG: 1")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('AT+CPIN="1234"', "AT+CPIN=***"),
        ('at+clck="SC",0,"1234"', "at+clck=***"),
        ('AT+CPWD="SC","1111","2222"', "AT+CPWD=***"),
        ("AT+CPIN?", "AT+CPIN?"),
        ("AT+CLCK=?", "AT+CLCK=?"),
        ("AT+CSQ", "AT+CSQ"),
    ],
)
def test_secrets_are_not_shown(text: str, shown: str) -> None:
    assert redact(text) == shown
