"""Names of people, companies and products, English and Chinese."""

import numpy as np

FIRST = (
    "Amy Ben Clara David Emma Frank Grace Harry Isla Jack Kate Liam Maria Noah Olivia Paul Ruth Sam Tara Will "
    "Alice Brian Chloe Daniel Ellen Fiona George Hannah Ian Julia"
).split()
LAST = (
    "Harper Collins Whitfield Marsh Bennett Doyle Fletcher Grant Hughes Ingram Jarvis Keane Lawson Mercer Norton "
    "Osborne Parker Quinn Reid Sutton Turner Usher Vaughan Walsh Yates Ashton Barlow Carver Dalton Ellis Foster "
    "Gibson Holt Irving Jennings Kirby Langley Moss Nash Oakley Preston Rowe Shaw Thorne Underwood Vincent Webb"
).split()
TRADES = (
    "Catering;Foods;Hardware;Supplies;Stores;Trading;Bakery;Hotels;Kitchens;Wholesale;Interiors;Engineering;"
    "Cash & Carry;Stationers;Services"
).split(";")
FORMS = ("Ltd", "Ltd", "Ltd", "Limited", "LLP", "Group Ltd")

SURNAMES = list("王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓冯")
GIVEN = list("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建文辉志鹏宇浩欣怡梓涵晨晓")
BRAND = list("恒瑞永丰隆昌华盛兴泰嘉德信诚鼎元宏达金源安康乐佳美百利东方天海润佑铭博远航星辰晟")
INDUSTRY = "餐饮管理 食品 五金 商贸 贸易 酒店用品 包装材料 文具 日用品 供应链 电子 实业".split()
FORMS_ZH = ("有限公司", "有限公司", "有限责任公司", "股份有限公司")

CATEGORIES = {
    "Coffee and tea": (
        "Arabica beans;Espresso blend;Green tea;Jasmine tea;Filter coffee;Oolong tea",
        "kg",
        14.0,
        "WH-SOUTH",
    ),
    "Dry food": ("Basmati rice;Bread flour;Brown sugar;Red lentils;Pasta;Sea salt", "kg", 3.2, "WH-SOUTH"),
    "Cleaning": ("Surface cleaner;Hand soap;Bleach;Descaler;Sponge;Floor polish", "case", 26.0, "WH-NORTH"),
    "Kitchenware": ("Chef knife;Saute pan;Mixing bowl;Chopping board;Ladle;Stock pot", "each", 19.0, "WH-NORTH"),
    "Packaging": ("Paper cup;Pizza box;Carrier bag;Cling film;Foil tray;Napkin", "case", 18.0, "WH-SOUTH"),
    "Stationery": ("Copy paper;Ballpoint pen;Ring binder;Marker;Notebook;Till roll", "each", 4.5, "WH-NORTH"),
    "Tools": ("Cordless drill;Socket set;Claw hammer;Spirit level;Hex key set;Tape measure", "each", 38.0, "WH-EAST"),
    "Safety": ("Nitrile gloves;Safety boots;Ear defenders;Hi-vis vest;First aid kit;Goggles", "each", 12.0, "WH-EAST"),
    "Electronics": ("USB cable;Card reader;Desk lamp;Power strip;Label printer;Webcam", "each", 24.0, "WH-EAST"),
}
QUALITIES = "Classic Premium Eco Pro Basic Select Plus Compact Heavy-duty Royal Nordic Harvest Silver Prime".split()
SIZES = {
    "kg": ("1 kg bag", "5 kg bag", "loose"),
    "case": ("12 x 1 l", "12 x 500 ml", "12 packs"),
    "each": ("small", "medium", "large", "XL"),
}


def person(rng: np.random.Generator, is_chinese: bool) -> str:
    """Return a person's name."""
    if is_chinese:
        count = 1 if rng.random() < 0.3 else 2
        return SURNAMES[rng.integers(len(SURNAMES))] + "".join(GIVEN[k] for k in rng.integers(0, len(GIVEN), count))
    return f"{FIRST[rng.integers(len(FIRST))]} {LAST[rng.integers(len(LAST))]}"


def company(rng: np.random.Generator, is_chinese: bool, city: str) -> str:
    """Return a company's name."""
    if is_chinese:
        brand = "".join(BRAND[k] for k in rng.integers(0, len(BRAND), 2))
        place = city.removesuffix("市")
        return f"{place}{brand}{INDUSTRY[rng.integers(len(INDUSTRY))]}{FORMS_ZH[rng.integers(len(FORMS_ZH))]}"
    name = LAST[rng.integers(len(LAST))]
    if rng.random() < 0.4:
        name = f"{name} & {LAST[rng.integers(len(LAST))] if rng.random() < 0.7 else 'Sons'}"
    return f"{name} {TRADES[rng.integers(len(TRADES))]} {FORMS[rng.integers(len(FORMS))]}"


def product(rng: np.random.Generator, category: str) -> tuple[str, str]:
    """Return a product's name and its specification."""
    nouns, unit, _, _ = CATEGORIES[category]
    noun = nouns.split(";")[rng.integers(6)]
    sizes = SIZES[unit]
    return f"{QUALITIES[rng.integers(len(QUALITIES))]} {noun}", sizes[rng.integers(len(sizes))]
