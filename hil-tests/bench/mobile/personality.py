"""What differs between modems of different makers, as data. The table itself is ``personalities.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class CcfcDialect:
    """How a modem takes and answers AT+CCFC.

    default_class: the class meant where none is given.
    class_required: set commands (modes 0, 1, 3, 4) without a class are refused.
    class_combinations: sums of classes are understood.
    bare_modes: modes 0, 1, 2 and 4 take reason and mode only; anything more is an error.
    query_groups: reasons 4 and 5 can be queried.
    time_steps: what happens to a time that is no multiple of 5 s: rounded up by the modem, or refused by it.
    time_index: where the time stands among the parameters: 7 after ``<subaddr>,<satype>``, 5 right after the class.
    time_after_type: the answer puts the time right after ``<type>`` instead of ``,,,<time>``.
    inactive: the line for "not active for any class"; ``{class}`` is the class asked for; ``None`` is no line at all.
    data_first: lines of several classes come in the order data, fax, voice.
    """

    default_class: int = 7
    class_required: bool = False
    class_combinations: bool = True
    bare_modes: bool = False
    query_groups: bool = False
    time_steps: Literal["round", "refuse"] = "refuse"
    time_index: int = 7
    time_after_type: bool = False
    inactive: str | None = "+CCFC: 0,7"
    data_first: bool = False
    group_query_error: int = 4
    guard_timer_s: float = 160.0


@dataclass(frozen=True, slots=True)
class SmsDialect:
    """What AT+CNMI takes (the answer to its test command, field by field), and where stored reports go.

    report_memory: the memory named in +CDSI; "SM" is shared with received messages.
    tells_ranges: whether the test command is answered at all.
    """

    cnmi: tuple[str, str, str, str, str] = ("(0-2)", "(0-3)", "(0,2)", "(0-2)", "(0,1)")
    report_memory: Literal["SR", "SM"] = "SR"
    tells_ranges: bool = True

    def takes(self, values: tuple[int, ...]) -> bool:
        """Whether AT+CNMI with these values is within the ranges."""
        return all(value in _range(text) for value, text in zip(values, self.cnmi, strict=True))


def _range(text: str) -> set[int]:
    values: set[int] = set()
    for piece in text.strip("()").split(","):
        low, _, high = piece.partition("-")
        values.update(range(int(low), int(high or low) + 1))
    return values


@dataclass(frozen=True, slots=True)
class Personality:
    """One make of modem.

    ati: the answer to ATI; ``{manufacturer}``, ``{model}``, ``{firmware}``, ``{imei}`` are filled in.
    iccid, pin_counter: command as written after AT (``+QCCID``, ``^ICCID?``) and the line it answers, with
        ``{iccid}`` or ``{pin}``/``{puk}`` (tries left).
    unknown: the final result for a command that is not known; an int is a +CME ERROR code.
    boot: (seconds after power-up, line) in order; ``{cpin}`` becomes the SIM's state.
    boot_s, register_s: power-up to the first command taken; SIM ready to network registration.
    usb: the port vanishes during a restart.
    registrations: which of CREG, CGREG, CEREG exist; act: ``<AcT>`` reported.
    noise: unsolicited lines this make sends by itself.
    mmi_report: how an interrogation by star-hash code is answered.
    extra: further set-up commands that exist here and answer OK.
    """

    name: str
    manufacturer: str
    model: str
    firmware: str
    ati: tuple[str, ...]
    iccid: Mapping[str, str]
    pin_counter: Mapping[str, str] = field(default_factory=dict)
    unknown: str | int = "ERROR"
    boot: tuple[tuple[float, str], ...] = ()
    boot_s: float = 2.0
    register_s: float = 1.0
    usb: bool = True
    default_cmee: int = 0
    registrations: tuple[str, ...] = ("+CREG", "+CGREG")
    act: int = 0
    noise: tuple[str, ...] = ()
    mmi_report: Literal["ccfc", "sccfc"] = "ccfc"
    call_progress: bool = False
    extra: frozenset[str] = frozenset()
    ccfc: CcfcDialect = field(default_factory=CcfcDialect)
    sms: SmsDialect = field(default_factory=SmsDialect)
