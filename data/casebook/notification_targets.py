"""Where messages go: an address as `apprise` writes it. Its passwords and tokens are never shown or logged."""

import re
from urllib.parse import unquote, urlsplit

from data.errors import InvalidInputError

SERVICES = {
    "mailto": "E-mail",
    "mailtos": "E-mail",
    "json": "Webhook",
    "jsons": "Webhook",
    "form": "Webhook",
    "forms": "Webhook",
    "slack": "Slack",
    "workflow": "Microsoft Teams",
    "workflows": "Microsoft Teams",
    "wecombot": "WeCom",
    "dingtalk": "DingTalk",
    "feishu": "Feishu",
    "lark": "Lark",
    "gchat": "Google Chat",
    "discord": "Discord",
    "tgram": "Telegram",
    "mmost": "Mattermost",
    "mmosts": "Mattermost",
    "ntfy": "ntfy",
    "ntfys": "ntfy",
    "rocket": "Rocket.Chat",
    "rockets": "Rocket.Chat",
}
"""What an address may begin with; `apprise` knows many more, some of which would run things on this machine."""

OWN_SERVERS = frozenset({"mailto", "mailtos", "json", "jsons", "form", "forms", "mmost", "mmosts", "ntfys", "rockets"})
"""Services whose address begins with the name of a server; in all others that place holds a token."""

HIDDEN = "••••"
MAX_LENGTH = 2000
SHORTEST_SECRET = 4


def scheme(target: str) -> str:
    """Return what an address begins with, lower case."""
    return target.partition("://")[0].strip().lower()


def check_target(target: str) -> str:
    """Return an address without surrounding space; raise `InvalidInputError`, naming nothing secret, if it is none."""
    target = target.strip()
    if "://" not in target or scheme(target) not in SERVICES or not target.isprintable() or len(target) > MAX_LENGTH:
        known = ", ".join(f"{name}://" for name in SERVICES)
        raise InvalidInputError(f"An address begins with one of {known}.")
    if not target.partition("://")[2]:
        raise InvalidInputError("The address ends after its service.")
    return target


def masked(target: str) -> str:
    """Return what may be shown of an address: its service, and the server where that is no secret."""
    service = scheme(target)
    host = (urlsplit(f"//{target.partition('://')[2]}").hostname or "") if service in OWN_SERVERS else ""
    return f"{service}://{host}/{HIDDEN}" if host else f"{service}://{HIDDEN}"


def without_secrets(text: str, target: str) -> str:
    """Return a text, e.g. an error of the service, with every part of the address blotted out."""
    rest = target.partition("://")[2]
    host = urlsplit(f"//{rest}").hostname if scheme(target) in OWN_SERVERS else None
    parts = {part for whole in (rest, unquote(rest)) for part in re.split(r"[/?&=@:#,\s]+", whole)}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= SHORTEST_SECRET and part.lower() != host:
            text = text.replace(part, HIDDEN)
    return text
