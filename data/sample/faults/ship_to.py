"""Wrong ship-to and contact data: missing, cut off, misspelt, or not what the customer master says."""

from typing import Any

import numpy as np
import pandas as pd

from data.sample.faults.picking import one_per_order, quota, some_orders, split
from data.sample.frames import counted, records
from data.sample.places import CITIES, postal_code
from data.sample.timeline import DAY, date_text
from data.sample.world import EMAIL, PHONE, WEB, World

VARIANTS = {
    "missing_address": 1.6,
    "missing_city": 1.0,
    "missing_postal_code": 1.0,
    "missing_name": 0.6,
    "truncated_address": 1.4,
    "garbled_text": 0.8,
    "malformed_postal_code": 1.4,
    "postal_code_of_another_city": 1.4,
    "city_of_another_region": 1.2,
    "phone_digit_missing": 1.6,
    "phone_of_nobody": 0.8,
    "name_of_another_customer": 0.8,
    "placeholder": 0.8,
    "old_address_after_move": 0.8,
}
EASY = ("missing_address", "missing_city", "missing_name", "garbled_text", "placeholder")
HARD = (
    "postal_code_of_another_city",
    "city_of_another_region",
    "name_of_another_customer",
    "old_address_after_move",
)
STALE = ("old_address_after_move",)
ALSO_OK = {
    "city_of_another_region": "stale_master_data",
    "name_of_another_customer": "stale_master_data",
    "postal_code_of_another_city": "stale_master_data",
    "garbled_text": "system_fault",
}
FORM_DAY = 320  # from here on a better address form prevents many
FORM_FACTOR = 0.45

Row = dict[str, Any]


def plant_ship_tos(world: World) -> None:
    """Spoil the ship-to data of some orders."""
    rng = world.rng("ship-to faults")
    for name, count in counted(split(rng, quota(world, "customer_info"), VARIANTS)):
        rows = _suited(world, some_orders(world, rng), name)
        weight = np.where(rows["channel"].isin([PHONE, EMAIL, WEB]), 2.0, 1.0)
        weight *= np.where(rows["at"] > FORM_DAY * DAY, FORM_FACTOR, 1.0)
        chosen = one_per_order(rng, rows, count, weight)
        changes = pd.DataFrame([_spoilt(world, rng, row, name) for row in records(chosen)], dtype=object)
        for column in changes:
            world.orders.loc[chosen.index, column] = changes[column].to_numpy(object)
        level = "easy" if name in EASY else "hard" if name in HARD else "medium"
        cause = "stale_master_data" if name in STALE else "data_entry"
        also_ok = ALSO_OK.get(name, "data_entry" if name in STALE else "")
        world.truth.plant(chosen["uid"], "customer_info", cause, level, name, also_ok=also_ok)
    why = "a better address form"
    world.truth.trend("shifts", kind="customer_info", date=date_text(FORM_DAY), factor=FORM_FACTOR, why=why)


def _suited(world: World, rows: pd.DataFrame, variant: str) -> pd.DataFrame:
    """Return the orders on which this can go wrong and be seen."""
    known = (rows["ship_to_name"].notna() & rows["ship_to_address"].notna() & rows["ship_to_city"].notna()).to_numpy()
    if "postal" in variant:
        known &= (rows["ship_to_postal_code"].notna() & rows["ship_to_country"].isin(["CN", "GB", "DE"])).to_numpy()
    if "phone" in variant:
        known &= rows["ship_to_phone"].notna().to_numpy()
    if variant == "truncated_address":
        known &= (rows["ship_to_address"].str.len() >= 14).to_numpy()
    if variant == "city_of_another_region":
        known &= rows["ship_to_country"].isin(["CN", "GB"]).to_numpy()
    if variant == "garbled_text":
        known &= np.array([not f"{text}".isascii() for text in rows["ship_to_address"]], dtype=bool)
    if variant == "old_address_after_move":
        book = world.clientele.ship_tos.iloc[rows["ship_to"].to_numpy(np.int64)]
        since = book["since"].to_numpy(np.int64)
        known &= (since > 0) & (book["sort"] == "own").to_numpy() & (rows["at"].to_numpy() > (since + 20) * DAY)
    return rows[known]


def _outdated(world: World, row: Row) -> Row:
    """Return the address the customer has left; it stands in the row after its own."""
    old = world.clientele.ship_tos.iloc[int(row["ship_to"]) + 1]
    return {f"ship_to_{column}": old[column] for column in ("address", "city", "region", "postal_code")}


def _spoilt(world: World, rng: np.random.Generator, row: Row, variant: str) -> Row:
    """Return the columns that are wrong, with what stands there now; for one variant always the same columns."""
    if variant == "old_address_after_move":
        return _outdated(world, row)
    if variant.startswith("missing_"):
        return {f"ship_to_{variant.removeprefix('missing_')}": None}
    name, address, country = str(row["ship_to_name"]), str(row["ship_to_address"]), str(row["ship_to_country"])
    others = [city for city in CITIES if city.country == country and city.name != row["ship_to_city"]] or list(CITIES)
    other = others[int(rng.integers(len(others)))]
    if variant == "truncated_address":
        return {"ship_to_address": address[: int(rng.integers(4, max(5, len(address) // 2)))]}
    if variant == "garbled_text":
        is_lost = rng.random() < 0.5
        return {f"ship_to_{key}": _garbled(text, is_lost) for key, text in (("name", name), ("address", address))}
    if variant == "malformed_postal_code":
        return {"ship_to_postal_code": _malformed(rng, str(row["ship_to_postal_code"]))}
    if variant == "postal_code_of_another_city":
        return {"ship_to_postal_code": postal_code(rng, other)}
    if variant == "city_of_another_region":
        return {"ship_to_city": other.name}
    if variant == "phone_digit_missing":
        phone = str(row["ship_to_phone"])
        digits = [k for k, sign in enumerate(phone) if sign.isdigit()][4:]
        place = digits[int(rng.integers(len(digits)))]
        return {"ship_to_phone": phone[:place] + phone[place + 1 :]}
    if variant == "phone_of_nobody":
        return {"ship_to_phone": ("00000000", "12345678", "N/A", "11111111111")[int(rng.integers(4))]}
    if variant == "name_of_another_customer":
        masters = world.clientele.customers["name"]
        return {"ship_to_name": masters.iat[int(rng.integers(2, len(masters)))]}
    return {"ship_to_address": ("test", "xxx", "as before", "待补充", "-")[int(rng.integers(5))]}


def _garbled(text: str, is_lost: bool) -> str:
    """Return a text read in the wrong encoding, or with question marks for what the encoding lacks."""
    if is_lost:
        return "".join(sign if sign.isascii() else "?" for sign in text)
    return text.encode().decode("cp1252", errors="replace")


def _malformed(rng: np.random.Generator, code: str) -> str:
    """Return a postal code with a digit lost, a letter for a digit, or a part missing."""
    sort = rng.integers(3)
    if sort == 0 or " " not in code:
        place = int(rng.integers(1, len(code)))
        return code[:place] + code[place + 1 :] if rng.random() < 0.6 else code[:place] + code[place] + code[place:]
    if sort == 1:
        return code.split(" ")[0]
    return code[::-1]
