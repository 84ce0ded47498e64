from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from bench.asterisk.data import link_data

DOCUMENTATION = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE docs SYSTEM "appdocsxml.dtd">
<docs xmlns:xi="http://www.w3.org/2001/XInclude">
<application name="Dial" language="en_US"><synopsis>Calls.</synopsis><description>Long.</description></application>
<configInfo name="res_pjsip" language="en_US"><synopsis>SIP</synopsis>
<configFile name="pjsip.conf"><configObject name="endpoint">
<matchInfo><category match="true">.*</category></matchInfo>
</configObject></configFile></configInfo>
</docs>
"""


def test_all_is_there_but_what_is_left_out_and_what_nobody_reads(tmp_path: Path) -> None:
    real, own = tmp_path / "real", tmp_path / "own"
    for folder in ("documentation/thirdparty", "keys", "moh"):
        (real / folder).mkdir(parents=True)
    (real / "documentation/core-en_US.xml").write_text(DOCUMENTATION)
    (real / "documentation/appdocsxml.xslt").write_text("style")
    (real / "keys/key").write_text("key")
    for _ in range(2):  # an Asterisk that is started again has it already
        link_data(real, own, without=("moh",))
    assert sorted(one.name for one in own.iterdir()) == ["documentation", "keys"]
    assert (own / "keys/key").read_text() == "key"
    assert (own / "documentation/appdocsxml.xslt").read_text() == "style"
    dial, pjsip = ElementTree.parse(own / "documentation/core-en_US.xml").getroot()
    assert (dial.tag, dial.get("name"), [one.tag for one in dial]) == ("application", "Dial", ["synopsis"])
    assert pjsip.find(".//category[@match='true']") is not None
    assert (real / "documentation/core-en_US.xml").read_text() == DOCUMENTATION
