from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.forwarding import INACTIVE, Registration, Service
from appliance.domain.phone import PhoneNumber
from appliance.modem import ccfc
from appliance.modem.ccfc import TimeField

CN = PhoneNumber("+8613604944916")
CZ = PhoneNumber("+420226000100")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # Cinterion: sent with type 129, answered with 145
        (['+CCFC: 1,1,"+8613604944916",145'], Registration(True, CN)),
        # disabled, number kept
        (['+CCFC: 0,1,"+8613604944916",145'], Registration(False, CN)),
        # data first, voice second
        (['+CCFC: 1,2,"+420226000999",145', '+CCFC: 1,1,"+420226000100",145'], Registration(True, CZ)),
        # a particular line counts for more than a sum of classes
        (["+CCFC: 0,7", '+CCFC: 1,1,"+420226000100",145'], Registration(True, CZ)),
        (['+CCFC: 1,255,"+420226000100",145'], Registration(True, CZ)),
        (['+CCFC: 1,5,"+420226000100",145'], Registration(True, CZ)),
        # only data is forwarded
        (['+CCFC: 1,2,"+420226000100",145'], INACTIVE),
        # with ring time
        (['+CCFC: 1,1,"+420226000100",145,,,25'], Registration(True, CZ, 25)),
        # Siemens: the time right behind the type
        (['+CCFC: 1,1,"+420226000100",145,25'], Registration(True, CZ, 25)),
        # international digits with type 129, national digits, an international prefix
        (['+CCFC: 1,1,"420226000100",145'], Registration(True, CZ)),
        (['+CCFC: 1,1,"226000100",129'], Registration(True, CZ)),
        (['+CCFC: 1,1,"00420226000100",129'], Registration(True, CZ)),
        # without quotes
        (["+CCFC: 1,1,+420226000100,145"], Registration(True, CZ)),
        # a dialled interrogation on Siemens
        (['^SCCFC: 0,1,1,"+420226000100",145'], Registration(True, CZ)),
        (["^SCCFC: 2,0,1"], INACTIVE),
        # voicemail of the operator: somewhere, and nowhere we sent it
        (['+CCFC: 1,1,"4603",129'], Registration(True, None)),
        # "inactive" in every spelling
        (["+CCFC: 0,7"], INACTIVE),
        (["+CCFC: 0,255"], INACTIVE),
        (["+CCFC: 0,1"], INACTIVE),
        (['+CCFC: 0,0,"",129,,,'], INACTIVE),
        (["+CCFC: 0"], INACTIVE),
        ([], INACTIVE),
        # ofono-phonesim
        (["+CCFC: 0,1,,129", "+CCFC: 0,2,", "+CCFC: 0,4,", "+CCFC: 0,8,"], INACTIVE),
        (["+CCFC: 0,1,,129,,,20", "+CCFC: 0,2,"], Registration(False, None, 20)),
        (['+CCFC: 1,1,"+420226000100",145,,,20', "+CCFC: 0,2,"], Registration(True, CZ, 20)),
    ],
)
def test_what_an_answer_says_of_voice(lines: list[str], expected: Registration) -> None:
    assert ccfc.voice(lines, "CZ") == expected


@pytest.mark.parametrize(
    "lines", [["+CCFC: x,1"], ["+CCFC: 2,1"], ["+CCFC:"], ["+CCFC: 1,1"], ['+CCFC: 1,1,""'], ['+CCFC: 1,?,"12"']]
)
def test_what_cannot_be_read_is_not_taken_for_inactive(lines: list[str]) -> None:
    with pytest.raises(ccfc.UnreadableError):
        ccfc.voice(lines, "CZ")


def test_a_readable_voice_line_counts_though_another_line_is_garbled() -> None:
    assert ccfc.voice(["+CCFC: ?", '+CCFC: 1,1,"+420226000100",145'], "CZ") == Registration(True, CZ)


@given(st.lists(st.text(max_size=30).map(lambda text: f"+CCFC: {text}"), max_size=4))
def test_any_answer_is_read_or_refused(lines: list[str]) -> None:
    try:
        registration = ccfc.voice(lines, "CZ")
    except ccfc.UnreadableError:
        return
    assert registration.target is None or registration.active


def test_commands() -> None:
    assert ccfc.query(Service.CFU, None) == "AT+CCFC=0,2"
    assert ccfc.query(Service.CFU, 255) == "AT+CCFC=0,2,,,255"
    assert ccfc.erase(Service.CFNRC, 1) == "AT+CCFC=3,4,,,1"
    assert ccfc.erase(Service.CFNRC, None) == "AT+CCFC=3,4"
    assert ccfc.register(Service.CFU, CN, 129, 1) == 'AT+CCFC=0,3,"+8613604944916",129,1'
    assert ccfc.register(Service.CFB, CZ, 145, None) == 'AT+CCFC=1,3,"+420226000100",145'
    assert ccfc.register(Service.CFNRY, CZ, 145, 1, 20) == 'AT+CCFC=2,3,"+420226000100",145,1,,,20'
    assert ccfc.register(Service.CFNRY, CZ, 145, None, 20) == 'AT+CCFC=2,3,"+420226000100",145,,,,20'
    after = ccfc.register(Service.CFNRY, CZ, 145, 1, 20, TimeField.AFTER_CLASS)
    assert after == 'AT+CCFC=2,3,"+420226000100",145,1,20'
    assert ccfc.register(Service.CFNRY, CZ, 145, 1, 20, TimeField.OMITTED) == 'AT+CCFC=2,3,"+420226000100",145,1'


def test_mmi_codes() -> None:
    assert ccfc.mmi_query(Service.CFU) == "ATD*#21#;"
    assert ccfc.mmi_register(Service.CFU, CZ, 1, None) == "ATD**21*+420226000100*11#;"
    assert ccfc.mmi_register(Service.CFB, CZ, None, None) == "ATD**67*+420226000100#;"
    assert ccfc.mmi_register(Service.CFNRY, CZ, 1, 20) == "ATD**61*+420226000100*11*20#;"
    assert ccfc.mmi_register(Service.CFNRY, CZ, None, 20) == "ATD**61*+420226000100**20#;"
    assert ccfc.mmi_erase(Service.CFNRC, None) == "ATD##62#;"
    assert ccfc.mmi_erase(Service.CFNRC, 1) == "ATD##62**11#;"
