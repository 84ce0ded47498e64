"""Call progress tones by country (ITU-T E.180 Supplement 2): what a caller hears while a phone rings or is busy."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.asterisk.text import section


@dataclass(frozen=True, slots=True)
class Tones:
    """In Asterisk's notation: ``frequency[+frequency]/milliseconds``, a frequency of 0 is silence."""

    dial: str = "425"
    ring: str = "425/1000,0/4000"
    busy: str = "425/500,0/500"
    congestion: str = "425/250,0/250"


_NORTH_AMERICA = Tones("350+440", "440+480/2000,0/4000", "480+620/500,0/500", "480+620/250,0/250")
_BRITISH = Tones("350+440", "400+450/400,0/200,400+450/400,0/2000", "400/375,0/375", "400/400,0/350,400/225,0/525")
_BY_REGION = {
    "US": _NORTH_AMERICA,
    "CA": _NORTH_AMERICA,
    "GB": _BRITISH,
    "IE": _BRITISH,
    "AU": Tones("413+438", "413+438/400,0/200,413+438/400,0/2000", "425/375,0/375", "425/375,0/375"),
    "NZ": Tones("400", "400+450/400,0/200,400+450/400,0/2000", "400/500,0/500", "400/250,0/250"),
    "FR": Tones("440", "440/1500,0/3500", "440/500,0/500", "440/250,0/250"),
    "DE": Tones(busy="425/480,0/480", congestion="425/240,0/240"),
    "AT": Tones("420", "420/1000,0/5000", "420/400,0/400", "420/200,0/200"),
    "ES": Tones(ring="425/1500,0/3000", busy="425/200,0/200", congestion="425/200,0/200,425/200,0/600"),
    "BE": Tones(ring="425/1000,0/3000", congestion="425/167,0/167"),
    "SE": Tones(ring="425/1000,0/5000", busy="425/250,0/250", congestion="425/250,0/750"),
    "HU": Tones(ring="425/1250,0/3750", busy="425/300,0/300", congestion="425/300,0/300"),
    "RU": Tones(ring="425/800,0/3200", busy="425/400,0/400", congestion="425/200,0/200"),
    "JP": Tones("400", "400+15/1000,0/2000", "400/500,0/500", "400/500,0/500"),
}


def indications_conf(region: str) -> str:
    """indications.conf; a country that is not listed gets the tones ETSI recommends and most of Europe has."""
    tones, country = _BY_REGION.get(region, Tones()), region.lower()
    return section("general", ("country", country)) + section(
        country,
        ("description", region),
        ("ringcadence", "1000,4000"),
        ("dial", tones.dial),
        ("busy", tones.busy),
        ("ring", tones.ring),
        ("congestion", tones.congestion),
        ("callwaiting", "425/200,0/600,425/200,0/3000"),
        ("dialrecall", "!425/100,!0/100,!425/100,!0/100,!425/100,!0/100,425"),
        ("record", "1400/500,0/15000"),
        ("info", "950/330,1400/330,1800/330,0/1000"),
    )
