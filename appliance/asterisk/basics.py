"""The smaller files: directories, interfaces, log, RTP, music, and what is switched off."""

from __future__ import annotations

from urllib.parse import urlsplit

from appliance.asterisk.site import ACCOUNT, Site
from appliance.asterisk.text import NO, YES, section
from appliance.config import Config

SESSIONS = 1000  # the default of 100 is used up by a hundred calls at once; then connections are refused
_OFF = section("general", ("enable", NO))


def asterisk_conf(config: Config, site: Site) -> str:
    """asterisk.conf: where everything is."""
    places = config.exchange.directories
    directories = {
        "astetcdir": site.directory,
        "astmoddir": site.modules,
        "astvarlibdir": places.lib,
        "astdbdir": places.lib,
        "astkeydir": places.lib,
        "astdatadir": places.data,
        "astagidir": places.data / "agi-bin",
        "astspooldir": places.spool,
        "astrundir": places.run,
        "astlogdir": places.log,
        "astcachedir": places.lib / "cache",
    }
    lines = "".join(f"{key} => {path}\n" for key, path in directories.items())
    return f"[directories]\n{lines}\n" + section(
        "options",
        ("systemname", config.exchange.name),  # so that no two exchanges give a call the same id
        ("transmit_silence", YES),
        ("sounds_search_custom_dir", YES),  # a prompt of the same name below sounds/custom stands above ours
        ("hideconnect", YES),
        ("live_dangerously", NO),
    )


def http_conf(config: Config) -> str:
    """http.conf: ARI, on loopback only, which the configuration has seen to."""
    url = urlsplit(config.exchange.ari)
    return section(
        "general",
        ("servername", "Hotline"),
        ("enabled", YES),
        ("bindaddr", _address(url.hostname or "")),
        ("bindport", url.port or 80),
        ("enable_static", NO),
        ("enable_status", NO),
        ("sessionlimit", SESSIONS),
    )


def ari_conf(site: Site) -> str:
    """ari.conf. A reader that is slow for a moment (a loaded box) must not be cut off after the default of 0.1 s."""
    return section("general", ("enabled", YES), ("pretty", NO), ("websocket_write_timeout", 3000)) + section(
        ACCOUNT, ("type", "user"), ("read_only", NO), ("password", site.credentials.ari)
    )


def manager_conf(config: Config, site: Site) -> str:
    """manager.conf: on loopback, and only what the exchange asks for."""
    host, _, port = config.exchange.manager.rpartition(":")
    address = _address(host.strip("[]"))
    return section(
        "general",
        ("enabled", YES),
        ("webenabled", NO),
        ("bindaddr", address),
        ("port", port),
        ("displayconnects", NO),
        ("authtimeout", 10),
    ) + section(
        ACCOUNT,
        ("secret", site.credentials.manager),
        ("deny", "0.0.0.0/0.0.0.0"),
        ("deny", "::/0"),
        ("permit", "127.0.0.0/255.0.0.0"),
        ("permit", "::1/128"),
        ("read", "system"),
        ("write", "system,reporting,call"),  # DBPut and DBGet, registrations and contacts, Setvar
        ("eventfilter", "!Event: .*"),
    )


def rtp_conf(config: Config) -> str:
    """rtp.conf."""
    first, last = config.exchange.rtp_ports
    return section("general", ("rtpstart", first), ("rtpend", last), ("strictrtp", YES), ("icesupport", NO))


def musiconhold_conf(config: Config) -> str:
    """musiconhold.conf: the music that Asterisk's packages bring."""
    return section(
        "default", ("mode", "files"), ("directory", str(config.exchange.directories.data / "moh")), ("sort", "random")
    )


def logger_conf() -> str:
    """logger.conf: to the journal, which keeps itself small. A file of its own would grow for good where there is no
    logrotate: a trunk that cannot be reached writes four lines a minute. Queues are ours, not ``app_queue``'s."""
    return section("general", ("dateformat", "%F %T.%3q"), ("queue_log", NO)) + section(
        "logfiles", ("console", "warning,error"), ("syslog.daemon", "warning,error")
    )


def empty_files() -> dict[str, str]:
    """Files that Asterisk looks for, and what is to be in them: nothing, or that the part is off."""
    general = section("general")
    return {
        "cdr.conf": _OFF,
        "cel.conf": _OFF,
        "features.conf": general,
        "udptl.conf": general,
        "ccss.conf": general,
        "dnsmgr.conf": section("general", ("enable", YES), ("refreshinterval", 300)),
        "acl.conf": "",
        "pjproject.conf": section("startup", ("log_level", 2)),
        "stasis.conf": "",
        "websocket_client.conf": "",
        "codecs.conf": "",
        "cli.conf": "",
        "cli_permissions.conf": section("general", ("default_perm", "permit")),
        "extconfig.conf": section("settings"),
        "dsp.conf": section("default"),
    }


def _address(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host
