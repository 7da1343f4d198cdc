"""Every setting: one row with its name, default and help.

A setting comes from an ``ORDERLENS_*`` variable, else from ``settings.yaml`` in the home folder, else from its default.
"""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from data.errors import InvalidInputError

DEFAULT_HOME = Path("orderlens-home")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SCHEDULE = rf"^$|^({'|'.join(WEEKDAYS)}) ([01]\d|2[0-3]):[0-5]\d$"


class Settings(BaseSettings):
    """The settings of one home folder."""

    model_config = SettingsConfigDict(env_prefix="ORDERLENS_", extra="forbid", env_ignore_empty=True)

    time_zone: str = Field("UTC", description="Time zone of timestamps that come without an offset.")
    language: str = Field("en", description="Language of the app before a visitor chose one: en or zh.")
    casebook_url: str = Field("", description="Database URL of the casebook; empty means SQLite in the home folder.")
    keep_versions: int = Field(3, ge=1, description="How many published analytics versions to keep.")
    memory_limit: str = Field("2GB", description="Memory that DuckDB may use while building, e.g. 2GB.")
    threads: int = Field(2, ge=1, description="Threads that DuckDB may use.")
    address: str = Field("127.0.0.1", description="Address that the dashboard listens on.")
    port: int = Field(8501, ge=1, le=65535, description="Port that the dashboard listens on.")
    public_url: str = Field("", description="Address at which people reach the dashboard, for links in messages.")
    sign_in: Literal["accounts", "proxy", "oidc"] = Field(
        "accounts", description="Who vouches for people: accounts (name and password here), proxy, or oidc."
    )
    proxy_addresses: str = Field(
        "", description="Addresses of reverse proxies whose headers are believed, with commas."
    )
    proxy_user_header: str = Field(
        "X-Forwarded-User", description="With sign_in proxy: the header in which the proxy names the account."
    )
    oidc_metadata_url: str = Field("", description="With sign_in oidc: the provider's openid-configuration address.")
    oidc_client_id: str = Field("", description="With sign_in oidc: this application's client id.")
    oidc_client_secret: str = Field("", description="With sign_in oidc: this application's client secret.")
    oidc_claim: str = Field("email", description="With sign_in oidc: the claim that holds the account's name.")
    session_idle_minutes: int = Field(60, ge=1, description="A sign-in ends after this many idle minutes.")
    mask_operators: bool = Field(
        False, description="Show numbers in place of the names of who entered orders, on the pages for managers."
    )
    session_hours: int = Field(12, ge=1, description="A sign-in ends after this many hours at the latest.")

    work_country: str = Field(
        "", description="Whose public holidays count in due times, e.g. CN or DE-BY; empty means weekends only."
    )
    work_hours: str = Field("09:00-18:00", description="Working hours of a day, in the time zone, for due times.")
    cool_down_days: int = Field(
        7,
        ge=0,
        le=365,
        description="Days for which the queue leaves out what comes again after its like (check, customer and product) "
        "was judged, unless it is worse; 0 shows it at once.",
    )
    exploration_share: float = Field(
        0.1,
        ge=0,
        le=0.5,
        description="Share of the queue's places for alerts below 50%, drawn by lot each week to learn what the checks "
        "miss; 0 means none.",
    )
    boosted_forecasts: bool = Field(
        False,
        description="Try gradient boosting over all products for demand, too, where 200 and more have 38 weeks of it; "
        "used where it was better on past weeks. Takes longer.",
    )
    attachment_mb: int = Field(10, ge=1, le=500, description="Largest file that may be attached to a case, in MB.")
    report_schedule: str = Field(
        "", pattern=SCHEDULE, description="When the server writes the weekly report, e.g. mon 07:00; empty means never."
    )
    report_folder: str = Field("", description="Folder of those reports; empty means reports in the home folder.")
    report_target: str = Field(
        "", description="Where their figures are sent, as apprise writes addresses; empty means nowhere."
    )
    erp_webhook_url: str = Field("", description="Address that approved changes are sent to; empty means files only.")
    erp_webhook_secret: str = Field("", description="Key that signs what is sent there (HMAC-SHA256).")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the home folder's ``settings.yaml``."""
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls)


def home_folder(given: Path | None = None) -> Path:
    """Return the home folder: as given, else ``ORDERLENS_HOME``, else ``./orderlens-home``."""
    return given or Path(os.environ.get("ORDERLENS_HOME") or DEFAULT_HOME)


def load_settings(home: Path, **overrides: Any) -> Settings:
    """Return the settings of ``home``; raise `InvalidInputError` in one line if one is wrong."""

    class HomeSettings(Settings):
        model_config = SettingsConfigDict(yaml_file=home / "settings.yaml", yaml_file_encoding="utf-8")

    try:
        return HomeSettings(**overrides)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        raise InvalidInputError(
            f"Setting {'.'.join(map(str, first['loc']))}: {first['msg']} (got {first['input']!r})."
        ) from None
