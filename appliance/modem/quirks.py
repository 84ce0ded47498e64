"""What makes modems differ, as one table. Nothing else in this room knows a vendor's name.

Sources: the vendors' AT command manuals and published transcripts of AT+CCFC on live networks. The table holds
first guesses only: what works for a SIM and a firmware is learned (``learned.py``) and then comes first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

VOICE = 1  # <classx> of 3GPP TS 27.007 §7.11


@dataclass(frozen=True, slots=True)
class PinCounter:
    """The query that tells how many tries the PIN has left: the field ``index`` behind ``prefix``."""

    command: str
    prefix: str
    index: int


@dataclass(frozen=True, slots=True)
class Quirks:
    """One family of modems.

    ``*_classes``: values of ``<classx>`` to try, best first; ``None`` leaves the field out. ``ring_time_step_s`` and
    the limits round ``<time>`` of CFNRy; ``time_after_class``: it stands right behind the class, where others have
    the subaddress. ``init`` are commands sent after opening, whatever they answer.
    ``radio_off``: the ``<fun>`` that switches the radio off without switching the modem off.
    """

    name: str
    pattern: re.Pattern[str]
    iccid_commands: tuple[str, ...]
    pin_counter: PinCounter | None = None
    query_classes: tuple[int | None, ...] = (None, VOICE)
    register_classes: tuple[int | None, ...] = (VOICE, None)
    erase_classes: tuple[int | None, ...] = (VOICE, None)
    number_types: tuple[int, ...] = (145, 129)
    ring_time_step_s: int = 5
    ring_time_min_s: int = 5
    ring_time_max_s: int = 30
    time_after_class: bool = False
    init: tuple[str, ...] = ()
    radio_off: int = 0

    def ring_time_s(self, wanted_s: int) -> int:
        """The nearest ``<time>`` the modem takes."""
        rounded = round(wanted_s / self.ring_time_step_s) * self.ring_time_step_s
        return min(max(rounded, self.ring_time_min_s), self.ring_time_max_s)


def _family(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


GENERIC = Quirks(
    name="generic",
    pattern=_family(""),
    iccid_commands=("AT+CCID", "AT+ICCID", "AT+CICCID"),
    pin_counter=PinCounter("AT+CPINR", "+CPINR:", 1),
)

# First match counts; the pattern is searched in "manufacturer model".
FAMILIES: tuple[Quirks, ...] = (
    Quirks(
        # The default class of the HiSilicon Balong is 255.
        name="Huawei E-series/Balong",
        pattern=_family(r"huawei|hisilicon|balong|\b(?:E1\d{2,3}|E3\d{3}|ME909|MU709)"),
        iccid_commands=("AT^ICCID?", "AT+CCID", "AT+ICCID"),
        pin_counter=PinCounter("AT^CPIN?", "^CPIN:", 3),
        query_classes=(None, VOICE, 255),
        init=("AT^CURC=1",),
    ),
    Quirks(
        name="Quectel EC25/EC21",
        pattern=_family(r"quectel|\bE[CG]\d{2}"),
        iccid_commands=("AT+QCCID", "AT+CCID"),
        pin_counter=PinCounter('AT+QPINC="SC"', "+QPINC:", 1),
        init=('AT+QURCCFG="urcport","all"', "AT+QSIMSTAT=1"),
    ),
    Quirks(
        # Modes 0-2 and 4 take the reason and the mode only; <time> in steps of 5 s.
        name="SIMCom SIM800",
        pattern=_family(r"SIM(?:COM_)?(?:SIM)?[89]00"),
        iccid_commands=("AT+CCID", "AT+CICCID"),
        pin_counter=PinCounter("AT+SPIC", "+SPIC:", 0),
        query_classes=(None,),
        erase_classes=(None,),
    ),
    Quirks(
        name="SIMCom SIM7600",
        pattern=_family(r"simcom|SIM7\d{3}|A76\d{2}"),
        iccid_commands=("AT+CICCID", "AT+CCID"),
        pin_counter=PinCounter("AT+SPIC", "+SPIC:", 0),
    ),
    Quirks(
        # Default class 7; times are rounded to 5 s.
        name="Telit LE910",
        pattern=_family(r"telit|\bLE9\d{2}|\bHE9\d{2}"),
        iccid_commands=("AT#CCID", "AT+CCID"),
        pin_counter=PinCounter("AT#PCT", "#PCT:", 0),
        init=("AT#QSS=1",),
        radio_off=4,  # AT+CFUN=0 is a power saving mode there, not a switched-off radio
    ),
    Quirks(
        name="u-blox SARA",
        pattern=_family(r"u-?blox|\bSARA|\bLARA|\bTOBY"),
        iccid_commands=("AT+CCID", "AT+CCID?"),
        pin_counter=PinCounter("AT+UPINCNT", "+UPINCNT:", 0),
        radio_off=4,  # AT+CFUN=0 resets some firmware
    ),
    Quirks(
        # The class is essential, in queries too; 255 answers for every class. There is no subaddress: the time
        # follows the class (Siemens MC35 V05.00 §4.6, Cinterion EHS6 V03.001 §9.5).
        name="Siemens/Cinterion",
        pattern=_family(r"siemens|cinterion|gemalto|thales|\b(?:TC35|MC55|BGS|EHS|PLS|ELS)"),
        iccid_commands=("AT^SCID", "AT+CCID"),
        pin_counter=PinCounter("AT^SPIC", "^SPIC:", 0),
        query_classes=(VOICE, 255, None),
        time_after_class=True,
        radio_off=4,  # AT+CFUN=0 is the sleep mode of old firmware
    ),
)


def quirks_for(manufacturer: str | None, model: str | None) -> Quirks:
    """The family of a modem by what it says of itself; :data:`GENERIC` for an unknown one."""
    name = f"{manufacturer or ''} {model or ''}".strip()
    return next((family for family in FAMILIES if name and family.pattern.search(name)), GENERIC)
