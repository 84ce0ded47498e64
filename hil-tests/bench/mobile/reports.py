"""What a modem does with a delivery report from the network (3GPP TS 27.005 §3.4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.mobile.sms import StoredMessage

if TYPE_CHECKING:
    from bench.mobile.modem import SimulatedModem

DROPPED, DIRECT, STORED = 0, 1, 2


def hand_over(modem: SimulatedModem, pdu: str) -> bool:
    """Take a report as AT+CNMI says; ``False`` without network: the service centre keeps it."""
    if not (modem.powered and modem.registration.on_network):
        return False
    kind = modem.settings.cnmi[3]
    if kind == DIRECT:
        # both lines go out as one, whatever else the modem says
        modem.urc(f"+CDS: {StoredMessage(pdu).tpdu_length}\r\n{pdu}")
    elif kind == STORED:
        memory = modem.personality.sms.report_memory
        index = modem.store(memory).add(pdu)
        modem.urc(f'+CDSI: "{memory}",{index}')
    return True
