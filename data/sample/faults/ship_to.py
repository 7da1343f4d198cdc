"""Wrong ship-to and contact data: missing, cut off, misspelt, or not what the customer master says."""

import numpy as np
import pandas as pd

from data.sample.faults.picking import free_orders, one_per_order, quota, split
from data.sample.places import CITIES, phone_number, postal_code
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
}
LEVELS = {
    "missing_address": "easy", "missing_city": "easy", "missing_postal_code": "medium", "missing_name": "easy", "truncated_address": "medium",
    "garbled_text": "easy", "malformed_postal_code": "medium", "postal_code_of_another_city": "hard", "city_of_another_region": "hard",
    "phone_digit_missing": "medium", "phone_of_nobody": "medium", "name_of_another_customer": "hard", "placeholder": "easy",
}  # fmt: skip
STALE = ("city_of_another_region", "name_of_another_customer", "postal_code_of_another_city")
FORM_DAY = 320  # from here on a better address form halves the number


def plant_ship_tos(world: World) -> None:
    """Spoil the ship-to data of some orders."""
    rng = world.rng("ship-to faults")
    wanted = pd.Series(split(rng, quota(world, "customer_info"), VARIANTS)).value_counts()
    for variant, count in wanted.items():
        rows = free_orders(world)
        rows = _suited(rows, str(variant))
        typed = rows["channel"].isin([PHONE, EMAIL, WEB]).to_numpy()
        weight = np.where(typed, 2.0, 1.0) * np.where(rows["at"] > FORM_DAY * 86_400, 0.45, 1.0)
        chosen = one_per_order(rng, rows, int(count), weight)
        for place, row in zip(chosen.index, chosen.to_dict("records"), strict=True):
            for column, value in _spoilt(world, rng, row, str(variant)).items():
                world.orders.loc[place, column] = value
        cause = "data_entry"
        also_ok = "stale_master_data" if variant in STALE else ("system_fault" if variant == "garbled_text" else "")
        world.truth.plant(chosen["uid"], "customer_info", cause, LEVELS[str(variant)], variant, also_ok=also_ok)
    world.trends["address_form"] = {"kind": "customer_info", "day": FORM_DAY, "factor": 0.45}


def _suited(rows: pd.DataFrame, variant: str) -> pd.DataFrame:
    known = rows["ship_to_name"].notna() & rows["ship_to_address"].notna() & rows["ship_to_city"].notna()
    if "postal" in variant:
        known &= rows["ship_to_postal_code"].notna() & rows["ship_to_country"].isin(["CN", "GB", "DE"])
    if "phone" in variant:
        known &= rows["ship_to_phone"].notna()
    if variant == "truncated_address":
        known &= rows["ship_to_address"].str.len() >= 14
    if variant == "city_of_another_region":
        known &= rows["ship_to_country"].isin(["CN", "GB"])
    if variant == "garbled_text":
        known &= rows["ship_to_country"].isin(["CN", "DE"]) & (rows["ship_to_name"] + rows["ship_to_address"]).map(
            lambda text: not text.isascii()
        )
    return rows[known]


def _spoilt(world: World, rng: np.random.Generator, row: dict[str, object], variant: str) -> dict[str, object]:
    """Return the columns that are wrong, with what stands there now."""
    if variant.startswith("missing_"):
        return {f"ship_to_{variant.removeprefix('missing_')}": None}
    address, country = str(row["ship_to_address"]), str(row["ship_to_country"])
    if variant == "truncated_address":
        return {"ship_to_address": address[: int(rng.integers(4, max(5, len(address) // 2)))]}
    if variant == "garbled_text":
        column = "ship_to_address" if not address.isascii() else "ship_to_name"
        return {
            column: str(row[column]).encode().decode("latin-1") if rng.random() < 0.5 else "?" * len(str(row[column]))
        }
    others = [city for city in CITIES if city.country == country and city.name != row["ship_to_city"]]
    other = others[rng.integers(len(others))] if others else CITIES[0]
    if variant == "malformed_postal_code":
        return {"ship_to_postal_code": _malformed(rng, str(row["ship_to_postal_code"]))}
    if variant == "postal_code_of_another_city":
        return {"ship_to_postal_code": postal_code(rng, other)}
    if variant == "city_of_another_region":
        return {"ship_to_city": other.name}
    if variant == "phone_digit_missing":
        phone = str(row["ship_to_phone"])
        digits = [k for k, sign in enumerate(phone) if sign.isdigit()][4:]
        place = digits[rng.integers(len(digits))]
        return {"ship_to_phone": phone[:place] + phone[place + 1 :]}
    if variant == "phone_of_nobody":
        return {"ship_to_phone": ("00000000", "12345678", "N/A", "11111111111")[rng.integers(4)]}
    if variant == "name_of_another_customer":
        customers = world.clientele.customers["name"]
        return {"ship_to_name": customers[rng.integers(2, len(customers))]}
    return {
        "ship_to_address": ("test", "xxx", "as before", "待补充", "-")[rng.integers(5)],
        "ship_to_phone": phone_number(rng, other) if rng.random() < 0.2 else row["ship_to_phone"],
    }


def _malformed(rng: np.random.Generator, code: str) -> str:
    """Return a postal code with a digit lost, a letter for a digit, or a part missing."""
    sort = rng.integers(3)
    if sort == 0 or " " not in code:
        place = int(rng.integers(1, len(code)))
        return code[:place] + code[place + 1 :] if rng.random() < 0.6 else code[:place] + code[place] + code[place:]
    if sort == 1:
        return code.split(" ")[0]
    return code[::-1]
