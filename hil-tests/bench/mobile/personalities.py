"""The table of modem personalities.

Sources: SIM800 Series AT Command Manual V1.09 §3.2.5 (inactive ``0,7``; only reason and mode with modes 0 to 2 and 4;
times in multiples of 5; queries with reasons 0 to 3 only; 15 s); Telit LE910 V2 AT Commands r0 (class default 7, time
rounded to 5 s, reasons 4 and 5 not with query); Quectel EC25 AT Commands Manual §11 (classes, type default by ``+``);
Siemens MC35 V05.00 §4.6 and Cinterion EHS6 V03.001 §9.5 (the time follows the class directly; queries of 4 and 5 are
"operation not supported"; star-hash codes report ``^SCCFC``); Huawei MU509 issue 4 §10.2 and trackers (``0,255``, the
text COMMAND NOT SUPPORT, ATI and ``^ICCID?`` answers). For u-blox (no line at all) and for the Quectel spelling of
"inactive" no manual page was found: they stand for spellings seen in trackers whose modem is not named.

AT+CNMI: the ranges of the Cinterion entry are those a Cinterion MC75i printed (gammu #1206), those of u-blox, with
the memory "SR" counted from 0, of modems that are not named (gammu #408, #759). The others stand for what TS 27.005
§3.4.1 allows: reports handed over at once, only stored, not at all, and no answer to the test command.
"""

from __future__ import annotations

from bench.mobile.personality import CcfcDialect, Personality, SmsDialect

_LTE = ("+CREG", "+CGREG", "+CEREG")
_LABELLED = ("Manufacturer: {manufacturer}", "Model: {model}", "Revision: {firmware}", "IMEI: {imei}")

_TABLE = (
    Personality(
        name="generic",
        manufacturer="Generic",
        model="GSM modem",
        firmware="1.0",
        ati=("{manufacturer}", "{model}", "Revision: {firmware}"),
        iccid={"+CCID": "+CCID: {iccid}"},
        usb=False,
    ),
    Personality(
        name="huawei",
        manufacturer="huawei",
        model="E3372",
        firmware="21.200.07.00.00",
        ati=(*_LABELLED, "+GCAP: +CGSM,+DS,+ES"),
        iccid={"^ICCID?": "^ICCID: {iccid}"},
        pin_counter={"^CPIN?": "^CPIN: {cpin},{puk},{puk},{pin},10,3"},
        unknown="COMMAND NOT SUPPORT",
        boot=((2.0, "^SIMST:1"), (2.1, "^SRVST:2"), (2.2, "^MODE:5,4"), (3.0, "^RSSI:18")),
        registrations=_LTE,
        act=2,
        noise=("^RSSI:18", '^HCSQ:"WCDMA",44,35,47', "^BOOT:20096657,0,0,0,20"),
        call_progress=True,
        extra=frozenset({"^CURC", "^PORTSEL", "^USSDMODE"}),
        ccfc=CcfcDialect(default_class=255, inactive="+CCFC: 0,255"),
    ),
    Personality(
        name="quectel-ec25",
        manufacturer="Quectel",
        model="EC25",
        firmware="EC25EFAR06A06M4G",
        ati=("{manufacturer}", "{model}", "Revision: {firmware}"),
        iccid={"+QCCID": "+QCCID: {iccid}", "+ICCID": "+ICCID: {iccid}"},
        pin_counter={'+QPINC="SC"': '+QPINC: "SC",{pin},{puk}'},
        boot=((2.0, "RDY"), (2.2, "+CPIN: {cpin}"), (3.0, "+QUSIM: 1"), (3.2, "+CFUN: 1"), (4.0, "+QIND: SMS DONE")),
        default_cmee=1,
        registrations=_LTE,
        act=7,
        noise=('+QIND: "csq",17,99', '+QIND: "act","LTE"'),
        ccfc=CcfcDialect(inactive='+CCFC: 0,0,"",129,,,'),
    ),
    Personality(
        name="simcom-sim7600",
        manufacturer="SIMCOM INCORPORATED",
        model="SIMCOM_SIM7600E-H",
        firmware="LE20B04SIM7600M22",
        ati=(*_LABELLED, "+GCAP: +CGSM"),
        iccid={"+CICCID": "+ICCID: {iccid}"},
        pin_counter={"+SPIC": "+SPIC: {pin},{puk},3,10"},
        boot=((2.0, "RDY"), (2.3, "+CPIN: {cpin}"), (3.0, "SMS DONE"), (3.5, "PB DONE")),
        registrations=_LTE,
        act=7,
        noise=("+CGEV: NW DETACH", "+CGEV: ME PDN ACT 1"),
        ccfc=CcfcDialect(inactive="+CCFC: 0,255"),
    ),
    Personality(
        name="simcom-sim800",
        manufacturer="SIMCOM_Ltd",
        model="SIMCOM_SIM800L",
        firmware="Revision:1418B05SIM800L24",
        ati=("SIM800 R14.18",),
        iccid={"+CCID": "{iccid}"},
        pin_counter={"+SPIC": "+SPIC: {pin},{puk},3,10"},
        boot=((2.0, "RDY"), (2.1, "+CFUN: 1"), (2.3, "+CPIN: {cpin}"), (3.0, "Call Ready"), (3.2, "SMS Ready")),
        usb=False,
        act=0,
        noise=("+CSQN: 17,0", "*PSUTTZ: 2025,1,1,12,0,0"),
        ccfc=CcfcDialect(bare_modes=True, inactive="+CCFC: 0,7", guard_timer_s=15.0),
    ),
    Personality(
        name="telit-le910",
        manufacturer="Telit",
        model="LE910-EUG",
        firmware="17.01.573",
        ati=("332",),
        iccid={"#CCID": "#CCID: {iccid}", "+CCID": "+CCID: {iccid}"},
        pin_counter={"#PCT": "#PCT: {counter}"},
        registrations=_LTE,
        act=7,
        noise=("#CSURV", "#QSS: 3"),
        ccfc=CcfcDialect(time_steps="round", inactive="+CCFC: 0,7", group_query_error=4),
        sms=SmsDialect(cnmi=("(0-3)", "(0-3)", "(0,2,3)", "(0,1)", "(0,1)")),
    ),
    Personality(
        name="ublox-sara",
        manufacturer="u-blox",
        model="SARA-U201",
        firmware="23.60",
        ati=("{model}-03S-00",),
        iccid={"+CCID": "+CCID: {iccid}"},
        pin_counter={"+UPINCNT": "+UPINCNT: {pin},3,{puk},10"},
        registrations=_LTE,
        act=2,
        noise=("+UUSOCL: 0", "+CIEV: 2,4"),
        ccfc=CcfcDialect(inactive=None),
        sms=SmsDialect(cnmi=("(0-2)", "(0-1)", "(0-3)", "(0,2)", "(0-1)")),
    ),
    Personality(
        name="siemens-tc35",
        manufacturer="SIEMENS",
        model="TC35i",
        firmware="REVISION 03.01",
        ati=("{manufacturer}", "{model}", "{firmware}"),
        iccid={"^SCID": "^SCID: {iccid}", "+CCID": "+CCID: {iccid}"},
        pin_counter={"^SPIC": "^SPIC: {counter}"},
        boot=((2.0, "^SYSSTART"),),
        usb=False,
        registrations=("+CREG",),
        noise=("^SCKS: 1", "+CIEV: service,1"),
        mmi_report="sccfc",
        ccfc=CcfcDialect(
            class_required=True,
            time_steps="round",
            time_index=5,
            time_after_type=True,
            inactive="+CCFC: 0,1",
        ),
        sms=SmsDialect(cnmi=("(0-3)", "(0,1)", "(0,2,3)", "(0,2)", "(1)"), tells_ranges=False),
    ),
    Personality(
        name="cinterion",
        manufacturer="Cinterion",
        model="EHS6",
        firmware="REVISION 03.001",
        ati=("{manufacturer}", "{model}", "{firmware}"),
        iccid={"+CCID": "+CCID: {iccid}", "^SCID": "^SCID: {iccid}"},
        pin_counter={"^SPIC": "^SPIC: {counter}"},
        boot=((2.0, "^SYSSTART"), (2.5, "+CIEV: prov,0,fallb3gpp")),
        registrations=("+CREG", "+CGREG"),
        act=2,
        noise=("+CIEV: service,1", "^SYSSTART AIRPLANE MODE"),
        mmi_report="sccfc",
        ccfc=CcfcDialect(time_steps="round", time_index=5, inactive="+CCFC: 0,1", data_first=True),
        sms=SmsDialect(cnmi=("(0-3)", "(0,1)", "(0,2,3)", "(0,2)", "(1)"), report_memory="SM"),
    ),
    Personality(
        name="multitech",
        manufacturer="MULTITECH",
        model="MTSMC-G2",
        firmware="7.03",
        ati=("{manufacturer}", "{model}"),
        iccid={"+CCID": '+CCID: "{iccid}"'},
        ccfc=CcfcDialect(default_class=1, class_combinations=False, inactive="+CCFC: 0,{class}"),
        sms=SmsDialect(cnmi=("(0-2)", "(0-3)", "(0,2)", "(0)", "(0,1)")),
    ),
)

PERSONALITIES = {personality.name: personality for personality in _TABLE}


def personality(name: str) -> Personality:
    """The personality of that name. Raises ``KeyError`` naming those there are."""
    try:
        return PERSONALITIES[name]
    except KeyError:
        raise KeyError(f"{name!r} is none of {', '.join(PERSONALITIES)}") from None
