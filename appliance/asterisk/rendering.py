"""From ``hotline.toml`` to the whole configuration directory of its Asterisk. Pure: text in, text out."""

from __future__ import annotations

from appliance.asterisk import basics
from appliance.asterisk.dialplan import extensions_conf
from appliance.asterisk.modules import modules_conf
from appliance.asterisk.pjsip import pjsip_conf, sorcery_conf
from appliance.asterisk.site import Site, UnfitError
from appliance.asterisk.tones import indications_conf
from appliance.config import Config

SECRET_FILES = frozenset({"ari.conf", "manager.conf", "pjsip.conf"})
CUSTOM = "custom"  # below the directory: local additions, one file each, kept over renderings
MARK = '; Made by "hotline asterisk render"'  # what each file begins with
_HEADER = f"""\
{MARK} from hotline.toml: changes here are lost with the next rendering.
; Local additions belong into {{custom}}

"""


def render(config: Config, site: Site) -> dict[str, str]:
    """Every file by its name. Raises :class:`UnfitError` for a configuration that no Asterisk should run with."""
    if not str(site.directory).isprintable() or any(one in str(site.directory) for one in '";'):
        raise UnfitError(f"{str(site.directory)!r} cannot stand in a configuration file; choose another directory")
    files = {
        "asterisk.conf": basics.asterisk_conf(config, site),
        "modules.conf": modules_conf(site.present),
        "sorcery.conf": sorcery_conf(),
        "pjsip.conf": pjsip_conf(config, site),
        "extensions.conf": extensions_conf(config),
        "http.conf": basics.http_conf(config),
        "ari.conf": basics.ari_conf(site),
        "manager.conf": basics.manager_conf(config, site),
        "rtp.conf": basics.rtp_conf(config),
        "musiconhold.conf": basics.musiconhold_conf(config),
        "logger.conf": basics.logger_conf(),
        "indications.conf": indications_conf(config.device.region),
        **basics.empty_files(),
    }
    return {name: _whole(name, text, site) for name, text in files.items()}


def _whole(name: str, text: str, site: Site) -> str:
    custom = site.directory / CUSTOM / name
    return f'{_HEADER.format(custom=custom)}{text.rstrip()}\n\n#tryinclude "{custom}"\n'
