"""What of our environment a program that answers for a model may see: what it needs to run, and its own key."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

WORKER = "GITSKILLS_WORKER"
ROLE = "GITSKILLS_ROLE"

# Start and reach the network: search path, home, locale, temporary files, proxies, certificate authorities, and what
# no process on Windows starts without. Of keychains only what is needed to find them.
_BASE = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_*", "TZ", "TERM", "TMPDIR", "TEMP", "TMP"),
    *("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA", "REQUESTS_CA_BUNDLE"),
    *("CURL_CA_BUNDLE", "CODEX_CA_CERTIFICATE"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "HOMEDRIVE", "HOMEPATH"),
    *("APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "NUMBER_OF_PROCESSORS"),
)


def allowed(environ: Mapping[str, str], own: Iterable[str]) -> dict[str, str]:
    """Return the variables every program may see and those that match `own` (names, or globs such as `AWS_*`)."""
    exact = {one for one in (*_BASE, *own) if "*" not in one}
    globs = [one for one in (*_BASE, *own) if "*" in one]
    # Windows has variables in any case (`Path`); what a glob names is written in capitals everywhere.
    return {
        name: value
        for name, value in environ.items()
        if name in exact or name.upper() in exact or any(fnmatchcase(name, glob) for glob in globs)
    }


def marked(environ: Mapping[str, str], role: str) -> dict[str, str]:
    """Return `environ` with the marks of a call of ours: hooks that fire inside it do nothing, so nothing recurs."""
    return {**environ, WORKER: "1", ROLE: role}
